import torch
from torch import nn

torch.manual_seed(0)
norm = nn.InstanceNorm2d(4, affine=True)
model = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), norm, nn.ReLU())
print("parameters of the norm:", len(list(norm.parameters())))
norm.bias.data.fill_(2)  # what training could learn
active = (model(torch.randn(2, 3, 8, 8)) > 0).float().mean()
print(f"share of active values: {active:.1f}")
assert active > 0.9
