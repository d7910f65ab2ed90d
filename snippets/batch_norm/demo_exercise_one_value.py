import torch
from torch import nn

pooled = torch.randn(1, 256, 1, 1)  # one image, after global average pooling
layer = nn.BatchNorm2d(256)
try:
    layer(pooled)
except ValueError as error:
    print("train():", error)
print("eval():  shape", tuple(layer.eval()(pooled).shape))
untracked = nn.BatchNorm2d(256, track_running_stats=False).eval()
try:
    untracked(pooled)
except ValueError as error:
    print("eval(), track_running_stats=False:", error)
