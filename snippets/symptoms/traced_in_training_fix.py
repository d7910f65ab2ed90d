import warnings

import torch
from torch import nn

torch.manual_seed(0)
model, batch = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)), torch.randn(8, 4)
model.eval()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    traced = torch.jit.trace(model, batch)
print("same as the model:", torch.equal(traced(batch), model(batch)))
assert torch.equal(traced(batch), model(batch))
