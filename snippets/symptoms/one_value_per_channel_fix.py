import torch
from torch import nn

pool = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
image = torch.randn(1, 3, 16, 16)
two = nn.Sequential(pool, nn.BatchNorm1d(8))(image.repeat(2, 1, 1, 1))
one = nn.Sequential(pool, nn.LayerNorm(8))(image)  # over the channels of one sample
print("batch of two:", tuple(two.shape))
print("layer norm, batch of one:", tuple(one.shape))
assert two.isfinite().all()
assert one.isfinite().all()
assert one.std() > 0.5  # something of the input is left
