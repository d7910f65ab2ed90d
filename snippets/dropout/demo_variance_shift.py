import torch
from torch import nn

torch.manual_seed(0)
x = torch.relu(torch.randn(20_000, 50))  # what comes out of a layer with ReLU
p = 0.5
linear, norm = nn.Linear(50, 200, bias=False), nn.BatchNorm1d(200, momentum=None)
net = nn.Sequential(nn.Dropout(p), linear, norm)

with torch.no_grad():
    net(x)  # momentum=None: the statistics of this one batch
    met = linear(x).var(0)  # what the layer meets in eval
    noise = p / (1 - p) * linear.weight.square() @ x.square().mean(0)

    print(f"stored variance / met in eval: {(norm.running_var / met).mean():.2f}")
    print(f"formula:                       {(1 + noise / met).mean():.2f}")
    print(f"variance of the output: train  {net.train()(x).var(0).mean():.2f}")
    print(f"                        eval   {net.eval()(x).var(0).mean():.2f}")
