import torch
from torch import nn

old = nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4, track_running_stats=True))
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4))
batch = torch.randn(2, 3, 8, 8)
try:
    model.load_state_dict(old.state_dict())
except RuntimeError as error:
    said = str(error)
print(said)
assert "Unexpected" in said
