import torch
from torch import nn

maps = torch.randn(2, 6, 100, 100)  # 6 feature maps of 100 × 100
layer = nn.BatchNorm2d(6)
layer(maps)

print("activations of one sample:", maps[0].numel())
for name, value in layer.state_dict().items():
    print(f"{name:20}", tuple(value.shape))
