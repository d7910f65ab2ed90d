import torch
from torch import nn

torch.manual_seed(0)
layer = nn.BatchNorm1d(1, momentum=0.1)
mean, var = torch.zeros(1), torch.ones(1)  # kept as Flax does, momentum=0.9
for _ in range(50):
    x = 5 + 2 * torch.randn(16, 1)
    layer(x)
    mean = 0.9 * mean + 0.1 * x.mean(0)
    var = 0.9 * var + 0.1 * x.var(0, correction=0)
print("means agree:", torch.allclose(layer.running_mean, mean))
print(f"PyTorch's variance / Flax's: {(layer.running_var / var).item():.3f}")
print(f"m / (m - 1) with m = 16:     {16 / 15:.3f}")
