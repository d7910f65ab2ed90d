import warnings

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Dropout1d(0.5)
batch = torch.ones(4, 8, 20)  # (N, C, L)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    output = model(batch)
print("warnings:", len(caught))
whole = (output == output[:, :, :1]).all()  # along L a channel is all 0 or all 2
print("channels dropped as a whole:", bool(whole))
assert not caught
assert whole
assert (output == 0).any()
