import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(2)
batch = torch.randn(32, 2) + 4
for _ in range(3):
    model(batch)
stored = model.running_mean.clone()
model.track_running_stats = False  # meant: use the statistics of the batch from now on
model(batch)
assert torch.equal(model.running_mean, stored)  # training no longer updates them
model.eval()
print(
    "mean of the output in eval():", [f"{m:.1f}" for m in model(batch).mean(0).tolist()]
)
assert (model(batch).mean(0) > 1).all()  # yet eval still uses them
