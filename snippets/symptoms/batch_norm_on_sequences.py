import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(64)
batch = torch.randn(8, 20, 64)  # (N, L, C), as transformers have it
try:
    model(batch)
except RuntimeError as error:
    said = str(error)
print(said)
assert "running_mean should contain 20 elements not 64" in said
batch = torch.randn(8, 64, 64) + torch.arange(64)  # 64 positions: no error
features = model(batch).mean((0, 1))
print(f"means of the features: from {features.min():.1f} to {features.max():.1f}")
assert features.max() > 1
