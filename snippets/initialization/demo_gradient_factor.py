import torch

torch.manual_seed(0)
n = 200  # units in each layer
for name, activation, std in (
    ("tanh, 1.0", torch.tanh, 1.0),
    ("sigmoid, Glorot", torch.sigmoid, n**-0.5),
):
    x = torch.randn(500, n)
    for _ in range(10):
        z = (x @ (std * torch.randn(n, n))).requires_grad_()
        x = activation(z)
    (slope,) = torch.autograd.grad(x.sum(), z)  # of the activation, at each unit
    factor = (n * std**2 * slope.square().mean()).sqrt()
    print(f"{name:16} mean slope² {slope.square().mean():.3f}", end="   ")
    print(f"a layer: {factor:.2f} times, nine layers: {factor**9:.0e} times")
