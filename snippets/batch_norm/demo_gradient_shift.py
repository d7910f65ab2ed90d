import torch
from torch import nn


def gradients(net, x, y):
    loss = nn.functional.cross_entropy(net(x), y)
    return torch.autograd.grad(loss, list(net.parameters()))


def gradient_shift(net, x, y, layer, lr):
    """Relative change of a layer's gradient after the layers below have moved."""
    parameters = list(net.parameters())
    place = [p is net[layer].weight for p in parameters].index(True)
    old = gradients(net, x, y)
    with torch.no_grad():
        for below in range(place):
            parameters[below] -= lr * old[below]
    new = gradients(net, x, y)[place]
    return ((new - old[place]).norm() / old[place].norm()).item()


torch.manual_seed(0)
x, y = torch.randn(64, 20), torch.arange(64) % 10
for name in ("plain", "batch norm"):
    torch.manual_seed(1)
    layers = []
    for features in (20, *[64] * 9):
        layers.append(nn.Linear(features, 64))
        if name == "batch norm":
            layers.append(nn.BatchNorm1d(64))
        layers.append(nn.Sigmoid())
    net = nn.Sequential(*layers, nn.Linear(64, 10))
    last_hidden = len(net) - (4 if name == "batch norm" else 3)
    print(f"{name}: {gradient_shift(net, x, y, last_hidden, lr=0.2):.4f}")
