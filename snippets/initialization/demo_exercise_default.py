import torch
from torch import nn

torch.manual_seed(0)
layer = nn.Linear(200, 200)
print(f"std {layer.weight.std():.4f}, 1 / sqrt(3 · 200) = {600**-0.5:.4f}")

x = torch.randn(500, 200)
for _ in range(10):
    x = torch.tanh(nn.Linear(200, 200, bias=False)(x))
print(f"after ten tanh layers: {x.std():.1e}")
