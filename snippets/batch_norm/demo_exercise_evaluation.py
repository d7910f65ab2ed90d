import torch
from torch import nn

torch.manual_seed(0)
layer = nn.BatchNorm1d(3)
layer(torch.randn(64, 3) * 2)  # one batch, for the running statistics
layer.eval()
x = torch.randn(5, 3, requires_grad=True)
grad_output = torch.randn(5, 3)
layer(x).backward(grad_output)
scale = layer.weight / torch.sqrt(layer.running_var + layer.eps)
print(torch.allclose(x.grad, scale * grad_output))
