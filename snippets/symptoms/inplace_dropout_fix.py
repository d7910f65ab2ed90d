import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Dropout(0.5))
batch = torch.randn(8, 4)
model(batch).sum().backward()
print("gradient:", tuple(model[0].weight.grad.shape))
assert model[0].weight.grad.abs().sum() > 0
