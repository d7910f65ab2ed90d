import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
for _ in range(100):
    model(torch.randn(16, 3, 8, 8))
before = model[1].running_mean.clone()

with torch.no_grad():  # "only to see the shape of the output"
    model(torch.zeros(2, 3, 8, 8))
after = model[1].running_mean
print("moved:", not torch.equal(before, after))
print("batches counted:", model[1].num_batches_tracked.item())
