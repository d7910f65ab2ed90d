import torch
from torch import nn

model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
batch = torch.randn(64, 4) + 3
model.eval()
with torch.inference_mode():
    first, second = model(batch), model(batch)
model.train()  # and back again, for the next epoch
print("same output twice:", torch.equal(first, second))
print("batches counted:", int(model[0].num_batches_tracked))
assert torch.equal(first, second)
assert not first.requires_grad
assert model[0].num_batches_tracked == 0
