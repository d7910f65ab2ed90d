import copy

import torch
from torch import nn

torch.manual_seed(0)
norm = nn.GroupNorm(4, 16)  # statistics of each sample for itself
model = nn.Sequential(nn.Linear(8, 16), norm, nn.ReLU(), nn.Linear(16, 1))
accumulated = copy.deepcopy(model)
batch = torch.randn(32, 8)
model(batch).square().mean().backward()
for part in batch.split(4):
    (accumulated(part).square().mean() / 8).backward()
whole, parts = model[0].weight.grad, accumulated[0].weight.grad
print("same gradient:", torch.allclose(whole, parts, atol=1e-6))
assert torch.allclose(whole, parts, atol=1e-6)
