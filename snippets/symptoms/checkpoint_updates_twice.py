import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
model, plain = nn.BatchNorm1d(4), nn.BatchNorm1d(4)
batch = torch.randn(64, 4) + 10
plain(batch).sum().backward()
checkpoint(model, batch, use_reentrant=False).sum().backward()
means = [f"{norm.running_mean.mean():.2f}" for norm in (plain, model)]
print("running_mean without and with checkpoint:", means)
print(
    "batches counted:", int(plain.num_batches_tracked), int(model.num_batches_tracked)
)
assert model.num_batches_tracked == 2
assert model.running_mean.mean() > 1.8 * plain.running_mean.mean()
