import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
batch = torch.randn(16, 3, 8, 8)
model(batch)
try:
    fuse_conv_bn_eval(model[0], model[1])
except AssertionError as error:
    said = str(error)
print(said)
assert said == "Fusion only for eval!"
