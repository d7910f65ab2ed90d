import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(4)
batch = torch.randn(8, 4, 10) + 3  # (N, C, L): all positions valid
padded = nn.functional.pad(batch, (0, 30))  # the same data, longer batch
short, long = model(batch), model(padded)[:, :, :10]
print(f"the same positions: {(short - long).abs().max():.1f} apart")
mean = padded.mean((0, 2))
print(
    f"mean of the valid values {batch.mean():.1f}, with the padding {mean.mean():.1f}"
)
assert (short - long).abs().max() > 1
