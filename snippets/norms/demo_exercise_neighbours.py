import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(4, 6, 8, 8)
others = torch.cat([x[:1], torch.randn(3, 6, 8, 8)])  # the first sample stays
layers = [
    nn.BatchNorm2d(6),
    nn.LayerNorm([6, 8, 8]),
    nn.GroupNorm(2, 6),
    nn.InstanceNorm2d(6),
    nn.RMSNorm([6, 8, 8]),
]
for layer in layers:
    same = torch.allclose(layer(x)[0], layer(others)[0])
    print(f"{type(layer).__name__:14} the first output stays: {same}")
