import warnings

import torch
from torch import nn

torch.manual_seed(0)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model = nn.LSTM(4, 8, num_layers=1, dropout=0.5)
print(caught[0].message)
batch = torch.randn(10, 2, 4)
same = torch.equal(model(batch)[0], model(batch)[0])
print("same output twice in training:", same)
assert same  # nothing is dropped
