import torch
from torch import nn

torch.manual_seed(0)
batch, target = torch.randn(64, 8), torch.randn(64, 16)
start, moved = torch.randn(16, 8), []
for scale in (1, 10):
    model = nn.Sequential(nn.Linear(8, 16, bias=False), nn.BatchNorm1d(16))
    model[0].weight.data = start * scale
    before = model(batch)
    (before * target).mean().backward()
    rate = 0.1 * scale**2  # the rate that counts is rate / norm of the weights squared
    model[0].weight.data -= rate * model[0].weight.grad
    moved.append((model(batch) - before).norm())
print(f"the outputs move {moved[0] / moved[1]:.1f} times less")
assert 0.95 < moved[0] / moved[1] < 1.05
