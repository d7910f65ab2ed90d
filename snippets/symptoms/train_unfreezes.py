import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2))
model[0].eval()  # frozen, once, before training
model[0].requires_grad_(requires_grad=False)
batch = torch.randn(32, 4) + 3
before = model[0].running_mean.clone()
for epoch in range(2):
    model.train()  # as every training loop does
    model(batch)
print("frozen layer in training mode:", model[0].training)
moved = (model[0].running_mean - before).abs().max()
print(f"running_mean moved by {moved:.1f}")
assert moved > 0.3
