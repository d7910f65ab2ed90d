import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 20)
linear, norm = nn.Linear(20, 8), nn.BatchNorm1d(8)
before = norm(linear(x))
with torch.no_grad():
    linear.weight *= 10  # a violent change below ...
    linear.bias += 5
after = norm(linear(x))
print(f"the same change everywhere: {(after - before).abs().max():.6f}")
with torch.no_grad():
    linear.weight += torch.randn_like(linear.weight)  # ... and a modest one
print(f"another direction:          {(norm(linear(x)) - before).abs().max():.1f}")
