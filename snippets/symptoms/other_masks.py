import torch
from torch import nn

batch, model = torch.ones(8), nn.Dropout(0.5)
torch.manual_seed(0)
first = model(batch)
torch.manual_seed(0)
torch.rand(1)  # one more random number: another layer, a log, an augmentation
second = model(batch)
print("same mask with the same seed:", torch.equal(first, second))
assert not torch.equal(first, second)
