import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(16, 32), nn.GroupNorm(4, 32))  # 8 values in each group
batch = torch.randn(8, 16)
output = model(batch)
print(f"std of the output: {output.std():.2f}")
assert abs(output.std() - 1) < 0.1
