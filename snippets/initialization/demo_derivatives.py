import torch
from torch import nn

layers = (nn.Sigmoid(), nn.Tanh(), nn.ReLU(), nn.LeakyReLU(), nn.ELU(), nn.GELU())
print("slope at          -3       0       3   largest")
for layer in layers:
    x = torch.tensor([-3.0, 0.0, 3.0, *torch.linspace(-6, 6, 1201)])
    x.requires_grad_()
    layer(x).sum().backward()
    slopes = "  ".join(f"{slope:6.3f}" for slope in x.grad[:3])
    print(f"{type(layer).__name__:12}  {slopes}   {x.grad.max():7.3f}")
