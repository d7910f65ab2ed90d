import warnings

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Dropout2d(0.5)
batch = torch.ones(4, 8, 20)  # (N, C, L): sequences
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    output = model(batch)
print(caught[0].message)
per_channel = (output == 0).float().mean(2)  # 1 where a whole channel is dropped
print(
    "channels dropped as a whole:",
    bool(((per_channel == 0) | (per_channel == 1)).all()),
)
assert "Received a 3D input to dropout2d" in str(caught[0].message)
