import torch
from torch import nn

torch.manual_seed(0)
model, drop = nn.LSTM(4, 8), nn.Dropout(0.5)
batch = torch.randn(10, 2, 4)
first, second = drop(model(batch)[0]), drop(model(batch)[0])
print("same output twice in training:", torch.equal(first, second))
assert not torch.equal(first, second)
drop.eval()
assert torch.equal(drop(model(batch)[0]), drop(model(batch)[0]))
