import copy

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
accumulated = copy.deepcopy(model)
batch = torch.randn(32, 8)
model(batch).square().mean().backward()
for part in batch.split(4):  # 8 parts instead of one batch of 32
    (accumulated(part).square().mean() / 8).backward()
whole, parts = model[0].weight.grad, accumulated[0].weight.grad
cosine = nn.functional.cosine_similarity(whole.flatten(), parts.flatten(), 0)
print(f"cosine of the two gradients: {cosine:.2f}")
updates = [int(m[1].num_batches_tracked) for m in (model, accumulated)]
print("updates of the statistics:", updates)
assert cosine < 0.97
assert updates == [1, 8]
