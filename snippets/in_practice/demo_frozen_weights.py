import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).requires_grad_(False)
x = torch.randn(4, 3, 8, 8)
print("no parameter can move:", not any(p.requires_grad for p in net.parameters()))

for again in (True, False):  # eval() for batch norm, after train()
    before = net.eval()(x)
    net.train()  # as the training loop does, for the new head
    net[1].train(not again)
    with torch.no_grad():
        for _ in range(100):
            net(5 + torch.randn(4, 3, 8, 8))
    change = (net.eval()(x) - before).norm() / before.norm()
    print(f"batch norm in eval: {again!s:5}  output changed by {change:.0%}")
