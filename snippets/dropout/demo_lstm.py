import warnings

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(4, 20, 8)


def differs(model):
    return not torch.equal(model(x)[0], model(x)[0])


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    one = nn.LSTM(8, 16, num_layers=1, dropout=0.5, batch_first=True)
print("warning:", str(caught[0].message).split(",")[0])
print("one layer drops: ", differs(one))
print("two layers drop: ", differs(nn.LSTM(8, 16, 2, dropout=0.5, batch_first=True)))

two = nn.LSTM(8, 16, num_layers=2, dropout=0.999, batch_first=True)
_, (h, _) = two(x)
again = two(x)[1][0]
print("its first layer is the same:", torch.equal(h[0], again[0]))
print("no zeros in its output:     ", bool((two(x)[0] != 0).all()))
