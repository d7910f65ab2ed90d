import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).requires_grad_(False)
x = torch.randn(4, 3, 8, 8)
before = net.eval()(x)

net.train()  # as the training loop does, for the new head
with torch.no_grad():
    for _ in range(100):
        net(5 + torch.randn(4, 3, 8, 8))
print("no parameter can move:", not any(p.requires_grad for p in net.parameters()))
print(f"output changed by {(net.eval()(x) - before).norm() / before.norm():.0%}")
