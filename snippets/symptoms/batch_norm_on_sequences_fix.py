import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(64)
batch = torch.randn(8, 64, 64) + torch.arange(64)
output = model(batch.transpose(1, 2)).transpose(1, 2)  # channels to axis 1 and back
largest = output.mean((0, 1)).abs().max()
print("means of all features are 0:", bool(largest < 1e-4))
assert largest < 1e-4
assert output.shape == batch.shape
