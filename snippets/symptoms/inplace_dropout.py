import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Dropout(0.5, inplace=True))
batch = torch.randn(8, 4)
try:
    model(batch).sum().backward()
except RuntimeError as error:
    said = str(error)
print(said)
assert "modified by an inplace operation" in said
