import torch
from torch import nn

torch.manual_seed(0)
batches = (5 + 2 * torch.randn(3200, 1)).split(32)
m = 32
mean = torch.stack([x.mean(0) for x in batches]).mean(0)  # E[mu_B]
biased = torch.stack([x.var(0, correction=0) for x in batches]).mean(0)  # E[var_B]
variance = m / (m - 1) * biased

layer = nn.BatchNorm1d(1, momentum=None)
for x in batches:
    layer(x)
print(
    "momentum=None keeps E[mu_B]:          ", torch.allclose(layer.running_mean, mean)
)
print(
    "momentum=None keeps m/(m-1) E[var_B]: ",
    torch.allclose(layer.running_var, variance),
)
