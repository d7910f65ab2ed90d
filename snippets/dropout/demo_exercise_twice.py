import torch
from torch import nn

torch.manual_seed(0)
twice = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.2))
y = twice(torch.ones(100_000))
print(f"kept: {(y != 0).float().mean():.2f}, value {y.max():.1f}, mean {y.mean():.2f}")
