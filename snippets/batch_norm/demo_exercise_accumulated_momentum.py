import torch
from torch import nn

torch.manual_seed(0)
x = 5 + torch.randn(64, 1)
smaller = 1 - (1 - 0.1) ** (1 / 4)
for size, momentum in ((64, 0.1), (16, 0.1), (16, smaller)):
    layer = nn.BatchNorm1d(1, momentum=momentum)
    for _ in range(10):  # updates of the weights
        for batch in x.split(size):
            layer(batch)
    way = (layer.running_mean / x.mean()).item()
    print(f"{64 // size} × {size}, momentum {momentum:.4f}: {way:.1%} of the way")
