import torch
from torch import nn

net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16))
with torch.autocast("cpu", torch.bfloat16):
    y = net(torch.randn(32, 8))
print("output", y.dtype)
print("running_var", net[1].running_var.dtype)
