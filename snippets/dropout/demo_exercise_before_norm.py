import torch
from torch import nn

torch.manual_seed(0)
x, p = 3 + torch.randn(100_000, 1), 0.5
norm = nn.BatchNorm1d(1, momentum=None)
norm(nn.Dropout(p)(x))
print(f"stored {norm.running_var.item():.1f}, met in eval {x.var().item():.1f}")
print(f"by the formula: {(1 + 3**2) / (1 - p) - 3**2:.0f}")
