import torch
from torch import nn

torch.manual_seed(0)
model = nn.Dropout(0.5)  # single values, not channels
batch = torch.rand(1, 3, 8, 8) + 1
zeros = torch.tensor([(model(batch) == 0).float().mean() for _ in range(400)])
print("images that vanish entirely:", int((zeros == 1).sum()))
print(f"share dropped: from {zeros.min():.1f} to {zeros.max():.1f}")
assert zeros.max() < 0.8
