import torch
from recalibrate import recalibrate_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))
data = torch.randn(100, 32, 4)
data[10, 0, 0] = float("nan")
skipped = 0
for batch in data:
    if not batch.isfinite().all():  # before the forward pass
        skipped += 1
        continue
    model(batch)
print("skipped:", skipped, " finite:", bool(model.eval()(data[0]).isfinite().all()))
assert model(data[0]).isfinite().all()
model[0].running_mean.fill_(float("nan"))  # a checkpoint that is poisoned already
model[0].reset_running_stats()
recalibrate_batch_norm(model, [b for b in data if b.isfinite().all()])
print("recalibrated, finite:", bool(model(data[0]).isfinite().all()))
assert model(data[0]).isfinite().all()
