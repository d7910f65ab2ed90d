import warnings

import torch
from torch import nn

torch.manual_seed(0)
model, batch = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)), torch.randn(8, 4)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    traced = torch.jit.trace(model, batch, check_trace=False)
    traced.eval()  # too late
same = torch.equal(traced(batch), traced(batch))
print("traced module says training:", traced.training)
print("same output twice after eval():", same)
assert not same
