import torch
from torch import nn

torch.manual_seed(0)
day, night = (lambda: 2 + torch.randn(256, 1)), (lambda: -2 + 0.5 * torch.randn(256, 1))

shared = nn.BatchNorm1d(1)
own = nn.ModuleDict({"day": nn.BatchNorm1d(1), "night": nn.BatchNorm1d(1)})
for _ in range(200):
    for name, draw in (("day", day), ("night", night)):
        shared(draw())
        own[name](draw())
shared.eval(), own.eval()
for name, draw in (("day", day), ("night", night)):
    x = draw()
    for kind, norm in (("shared", shared), ("its own", own[name])):
        y = norm(x)
        print(f"{name:5} by {kind:7}: mean {y.mean():5.2f}, std {y.std():.2f}")
