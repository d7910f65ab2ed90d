import torch
from torch import nn

print("               learned  buffers  another size")
for layer in (
    nn.BatchNorm2d(6),
    nn.LayerNorm([6, 4, 4]),
    nn.GroupNorm(2, 6),
    nn.InstanceNorm2d(6),
):
    learned = sum(p.numel() for p in layer.parameters())
    buffers = len(list(layer.buffers()))
    try:
        layer(torch.randn(2, 6, 8, 8))
        other = "works"
    except RuntimeError:
        other = "error"
    print(f"{type(layer).__name__:14} {learned:7} {buffers:8}  {other}")
