import torch
from torch import nn

torch.manual_seed(0)
model = nn.LayerNorm(64)
batch = torch.randn(2, 64, 8, 8)  # (N, C, H, W)
try:
    model(batch)
except RuntimeError as error:
    said = str(error)
print(said)
assert "Given normalized_shape=[64]" in said
batch = torch.randn(2, 64, 8, 64)  # the width happens to be 64: no error
rows = model(batch).mean(-1).abs().max()
print("means along the width are 0:", bool(rows < 1e-5))
print("means over the channels are 0:", bool(model(batch).mean(1).abs().max() < 1e-5))
assert rows < 1e-5
assert model(batch).mean(1).abs().max() > 0.1
