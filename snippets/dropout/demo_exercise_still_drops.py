import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, container):
        super().__init__()
        self.layers = container([nn.Linear(8, 8), nn.Dropout(0.5)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


torch.manual_seed(0)
x = torch.randn(4, 8)
for container in (list, nn.ModuleList):
    net = Net(container).eval()
    known = sum(isinstance(m, nn.Dropout) for m in net.modules())
    same = torch.equal(net(x), net(x))
    print(f"{container.__name__:10} dropout layers known: {known}, same output: {same}")
