import torch
from torch import nn

torch.manual_seed(0)
x = torch.ones(8, 20, 6)  # (N, L, C)
dropout = nn.Dropout1d(0.5)
for name, y in (("as it is", dropout(x)), ("axes swapped", dropout(x.mT).mT)):
    kept = y != 0
    positions = bool((kept == kept[..., :1]).all())
    channels = bool((kept == kept[:, :1]).all())
    print(f"{name}: whole positions {positions}, whole channels {channels}")
