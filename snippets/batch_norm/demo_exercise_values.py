import torch
from torch import nn

maps = nn.BatchNorm2d(16)
head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(16))
for size in (2, 1):
    x = torch.randn(size, 16, 32, 32)
    print(f"batch of {size}: {size * 32 * 32} values per channel in the maps")
    maps(x)
    try:
        head(x)
    except ValueError as error:
        print("in the head:", error)
