import torch
from torch import nn

torch.manual_seed(0)
model = nn.MultiheadAttention(16, 4, dropout=0.5, batch_first=True)
x = torch.randn(2, 6, 16)
model.eval()
with torch.no_grad():
    _, weights = model(x, x, x)
sums = weights.sum(-1)
print(f"sums of the rows: from {sums.min():.2f} to {sums.max():.2f}")
assert torch.allclose(sums, torch.ones(2, 6))
