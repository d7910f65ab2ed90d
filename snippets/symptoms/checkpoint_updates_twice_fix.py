import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
plain = nn.BatchNorm1d(4)
model = nn.BatchNorm1d(4, momentum=1 - (1 - plain.momentum) ** 0.5)
for _ in range(20):
    batch = torch.randn(64, 4) + 10
    plain(batch).sum().backward()
    checkpoint(model, batch, use_reentrant=False).sum().backward()
print("same running_mean:", torch.allclose(model.running_mean, plain.running_mean))
print("same running_var:", torch.allclose(model.running_var, plain.running_var))
assert torch.allclose(model.running_mean, plain.running_mean)
assert torch.allclose(model.running_var, plain.running_var)
