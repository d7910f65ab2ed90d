import torch
from torch import nn

torch.manual_seed(0)
layer = nn.BatchNorm1d(4)  # track_running_stats=True is the default
for _ in range(100):
    layer(torch.randn(64, 4) + 3)
layer.eval()
batch = torch.randn(8, 4) + 3
whole, half = layer(batch)[:4], layer(batch[:4])
print(f"the same 4 samples in a batch of 8 and of 4: {(whole - half).abs().max():.2f}")
print("one sample:", tuple(layer(batch[:1]).shape))
assert torch.allclose(whole, half, atol=1e-6)
