import torch
from torch import nn

model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 4)).half()
batch = torch.randn(8, 4)  # float32
try:
    model(batch)
except RuntimeError as error:
    said = str(error)
print(said)
assert "dtype" in said
