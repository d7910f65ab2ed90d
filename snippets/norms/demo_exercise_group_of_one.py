import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(8, 32)  # behind a linear layer
for groups in (32, 16, 4):
    y = nn.GroupNorm(groups, 32)(x)
    ones = (y.abs() > 0.99).float().mean().item()
    print(f"{groups:2} groups of {32 // groups}: ", end="")
    print(f"std {y.std().item():.2f}, {ones:.0%} of the values near -1 or 1")
