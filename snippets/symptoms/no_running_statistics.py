import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(4, track_running_stats=False).eval()
batch = torch.randn(8, 4) + 3
whole, half = model(batch)[:4], model(batch[:4])
print(f"the same 4 samples in a batch of 8 and of 4: {(whole - half).abs().max():.2f}")
assert not torch.allclose(whole, half, atol=0.1)
try:
    model(batch[:1])
except ValueError as error:
    said = str(error)
print("one sample, in eval():", said)
assert "when training" in said
