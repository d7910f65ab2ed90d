import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(64, 1)
layer = nn.BatchNorm1d(1, momentum=1.0)  # keeps the mean of the last batch
means = []
for part in x.split(4):
    layer(part)
    means.append(layer.running_mean.item())
print(f"{len(means)} means, from {min(means):.2f} to {max(means):.2f}")
layer(x)
print(f"the mean of all 64: {layer.running_mean.item():.2f}")
