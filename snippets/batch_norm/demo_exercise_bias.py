import torch
from torch import nn

torch.manual_seed(0)
linear, norm = nn.Linear(8, 4), nn.BatchNorm1d(4)
norm(linear(torch.randn(32, 8))).pow(3).sum().backward()
print("gradient of weight is zero:", linear.weight.grad.abs().max().item() < 1e-4)
print("gradient of bias is zero:  ", linear.bias.grad.abs().max().item() < 1e-4)
