import warnings

import torch
from torch import nn

torch.manual_seed(0)
x = torch.ones(8, 64, 5, 5)  # (N, C, H, W)
whole = nn.Dropout2d(0.5)(x).flatten(2)  # (N, C, 25)
single = nn.Dropout(0.5)(x).flatten(2)
print("Dropout2d: channels half dropped:", int((whole.std(2) > 0).sum()))
print("Dropout:   channels half dropped:", int((single.std(2) > 0).sum()), "of 512")

# A single sample without its batch axis: the 3 channels are taken for samples.
image = torch.ones(3, 8, 8)  # (C, H, W)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    y = torch.stack([nn.Dropout2d(0.5)(image) for _ in range(20)])
rows = (y.sum(3) == 0).any() and (y.sum((2, 3)) > 0).any()
print("Dropout2d drops rows of an image (C, H, W):", bool(rows))
print("warning:", str(caught[0].message).split(" and ")[0])
