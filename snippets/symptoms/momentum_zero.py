import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(1, momentum=0.0)  # meant: "no momentum, a plain average"
batch = torch.randn(64, 1) + 5
for _ in range(1000):
    model(batch)
model.eval()
print("batches counted:", int(model.num_batches_tracked))
print("running_mean:", model.running_mean.item())
assert model.running_mean == 0
assert model.running_var == 1
