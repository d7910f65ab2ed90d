import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
for _ in range(100):
    model(torch.randn(64, 4))
batch = torch.randn(8, 4) + 5  # what the uncertainty is asked for
before = model[0].running_mean.clone()
model.train()  # "so that dropout is on"
with torch.no_grad():
    samples = torch.stack([model(batch) for _ in range(20)])
moved = (model[0].running_mean - before).mean()
print(f"running_mean moved by {moved:.1f} towards the 8 samples")
assert moved > 3
