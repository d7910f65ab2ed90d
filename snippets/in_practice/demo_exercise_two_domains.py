import torch
from torch import nn

torch.manual_seed(0)
a, s = 2.0, 1.0
one_domain, mixed = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
for step in range(300):
    one_domain((a if step % 2 else -a) + s * torch.randn(512, 1))
    mixed(torch.cat([a + s * torch.randn(256, 1), -a + s * torch.randn(256, 1)]))
print(f"one domain a batch: running_var {one_domain.running_var.item():.1f}")
print(f"mixed batches:      running_var {mixed.running_var.item():.1f}")
