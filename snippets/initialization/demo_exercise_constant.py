import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1))
for p in net.parameters():
    nn.init.constant_(p, 0.1)
x, y = torch.randn(64, 8), torch.randn(64, 1)
for _ in range(100):
    net.zero_grad()
    nn.functional.mse_loss(net(x), y).backward()
    with torch.no_grad():
        for p in net.parameters():
            p.sub_(0.1 * p.grad)
rows = net[0].weight
print("the four units are still one:", all(torch.equal(row, rows[0]) for row in rows))
