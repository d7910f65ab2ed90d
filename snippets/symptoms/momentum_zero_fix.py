import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(1, momentum=None)  # the average of all batches so far
means = []
for _ in range(1000):
    batch = torch.randn(64, 1) + 5
    model(batch)
    means.append(batch.mean())
print(f"running_mean: {model.running_mean.item():.2f}")
assert torch.allclose(model.running_mean, torch.stack(means).mean(), atol=1e-4)
