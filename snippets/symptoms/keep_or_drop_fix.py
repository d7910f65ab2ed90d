import torch
from torch import nn

torch.manual_seed(0)
keep = 0.9
model = nn.Dropout(1 - keep)  # torch wants the probability of dropping
batch = torch.ones(100_000)
output = model(batch)
print(f"kept: {(output > 0).float().mean():.0%}, scaled by {output.max():.2f}")
assert 0.85 < (output > 0).float().mean() < 0.95
