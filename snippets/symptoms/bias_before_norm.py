import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
batch = torch.randn(64, 8)
before = model(batch)
model(batch).square().mean().backward()
gradient = model[0].bias.grad.abs().max()
model[0].bias.data += 100 * torch.rand(16)
print("same output with any bias:", torch.allclose(model(batch), before, atol=1e-3))
print("its gradient is 0 up to rounding:", bool(gradient < 1e-6))
assert torch.allclose(model(batch), before, atol=1e-3)
assert gradient < 1e-6 * model[0].weight.grad.abs().max() * 1e3
