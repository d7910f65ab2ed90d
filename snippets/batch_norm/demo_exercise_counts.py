import torch
from torch import nn

x = torch.randn(32, 64, 7, 7)
layer = nn.BatchNorm2d(64)
print("values per mean:", x.numel() // x.size(1))
print("learnable:      ", sum(p.numel() for p in layer.parameters()))
