import torch
from torch import nn

torch.manual_seed(0)
batch = torch.randn(2, 64, 8, 8)
over_channels = nn.LayerNorm(64)(batch.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
over_images = nn.GroupNorm(1, 64)(batch)
print("mean of each pixel is 0:", bool(over_channels.mean(1).abs().max() < 1e-5))
print("mean of each image is 0:", bool(over_images.mean((1, 2, 3)).abs().max() < 1e-5))
assert over_channels.mean(1).abs().max() < 1e-5
assert over_images.mean((1, 2, 3)).abs().max() < 1e-5
