import torch
from freeze import freeze_batch_norm, unfreeze_batch_norm
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16))
layer = model[1]


def moves():
    """Whether the next training forward moves the buffers, and whose statistics."""
    model.train()
    before, x = layer.running_mean.clone(), 5 + torch.randn(32, 8)
    y = model(x)
    by_batch = y.mean(0).abs().max().item() < 1e-4
    moved = not torch.equal(before, layer.running_mean)
    return f"buffers move: {moved!s:5}  normalized by the batch: {by_batch}"


for p in layer.parameters():
    p.requires_grad = False
print("requires_grad = False   ", moves())
layer.eval()
print("eval(), then train()    ", moves())
freeze_batch_norm(model)
print("freeze_batch_norm       ", moves())
unfreeze_batch_norm(model)
freeze_batch_norm(model, statistics=False)
print("updates only            ", moves())
