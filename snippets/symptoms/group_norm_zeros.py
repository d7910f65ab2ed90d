import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(16, 32), nn.GroupNorm(32, 32))
batch = torch.randn(8, 16)  # (N, C): one value in each group
output = model(batch)
print("all outputs are 0 up to rounding:", bool(output.abs().max() < 1e-3))
assert output.abs().max() < 1e-3
