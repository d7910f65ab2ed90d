import torch
from freeze import freeze_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2))
freeze_batch_norm(model)
batch = torch.randn(32, 4) + 3
before = model[0].running_mean.clone()
for epoch in range(2):
    model.train()
    model(batch)
print("model in training mode:", model.training)
print("running_mean unchanged:", torch.equal(model[0].running_mean, before))
assert torch.equal(model[0].running_mean, before)
