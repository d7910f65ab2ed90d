import torch
from torch import nn

torch.manual_seed(0)
x = 5 + torch.randn(32, 1)
for momentum in (0.1, None):
    layer = nn.BatchNorm1d(1, momentum=momentum)
    for _ in range(10):
        layer(x)
    share = (layer.running_mean / x.mean()).item()
    print(f"momentum={momentum}: {share:.0%} of the way")
