import torch
from torch import nn

torch.manual_seed(0)
zeros = 1 + torch.randn(64, 1)  # a feature that tells two classes apart:
ones = 9 + torch.randn(64, 1)  # their means differ by 8 standard deviations
norm = nn.BatchNorm1d(1, affine=False)

mixed = norm(torch.cat([zeros, ones]))
print(f"mixed batch:      {mixed[:64].mean():5.2f} and {mixed[64:].mean():5.2f}")
apart = norm(zeros).mean().abs(), norm(ones).mean().abs()
print(f"one class a time: {apart[0]:5.2f} and {apart[1]:5.2f}")
