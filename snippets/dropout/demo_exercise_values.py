import torch
from torch import nn

torch.manual_seed(0)
y = nn.Dropout(0.2)(torch.full((10_000,), 4.0))
print(y.unique().tolist(), f"mean {y.mean():.1f}")
