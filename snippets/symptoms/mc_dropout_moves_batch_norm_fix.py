import torch
from mc_dropout import mc_dropout
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
for _ in range(100):
    model(torch.randn(64, 4))
batch = torch.randn(8, 4) + 5
before = model[0].running_mean.clone()
prediction = mc_dropout(model.eval(), batch, 20)  # only dropout is switched on
print("running_mean unchanged:", torch.equal(model[0].running_mean, before))
print("predictions vary:", bool(prediction.std.min() > 0))
assert torch.equal(model[0].running_mean, before)
