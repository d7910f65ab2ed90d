import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(4, 3, 2, 2)  # (N, C, H, W): 4·2·2 = 16 values per channel
layer = nn.BatchNorm2d(3)  # a new layer is in training mode
y = layer(x)

mean = x.mean(dim=(0, 2, 3))  # (3,)
var = x.var(dim=(0, 2, 3), correction=0)  # (3,), divided by 16
x_hat = (x - mean.view(1, 3, 1, 1)) / torch.sqrt(var.view(1, 3, 1, 1) + layer.eps)

print("mean    ", mean)
print("variance", var)
print("the layer does the same:", torch.allclose(y, x_hat, atol=1e-6))
