import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4))  # the first layers of a discriminator
real, fake = torch.randn(64, 4) + 2, torch.randn(64, 4)
gaps = []
for batches in ([real, fake], [torch.cat([real, fake])]):
    outputs = torch.cat([model(batch) for batch in batches])
    gaps.append((outputs[:64].mean() - outputs[64:].mean()).abs())
print(f"gap of real and fake: two batches {gaps[0]:.2f}, one batch {gaps[1]:.2f}")
assert gaps[0] < 1e-5
assert gaps[1] > 1
