import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(8)
)
batch = torch.randn(1, 3, 16, 16)  # one image
try:
    model(batch)
except ValueError as error:
    said = str(error)
print(said)
assert "Expected more than 1 value per channel" in said
model.eval()(batch)  # no error: the stored statistics are used
model.train()
