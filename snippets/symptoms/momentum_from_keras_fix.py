import torch
from torch import nn

torch.manual_seed(0)
model = nn.BatchNorm1d(1, momentum=1 - 0.99)
first = []
for _ in range(200):
    batch = torch.randn(8, 1)
    model(batch)
    first.append(model.running_mean.item())
wobble = torch.tensor(first).std()
of_batches = 1 / 8**0.5
print(f"spread of running_mean {wobble:.2f}, of the means of batches {of_batches:.2f}")
assert wobble < 0.2 * of_batches
