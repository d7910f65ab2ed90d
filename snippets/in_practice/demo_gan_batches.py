import torch
from torch import nn

torch.manual_seed(0)
real, fake = torch.randn(64, 8), 3 + 2 * torch.randn(64, 8)  # easy to tell apart
judge = nn.BatchNorm1d(8)

apart = [judge(x).mean().item() for x in (real, fake)]
print(f"two batches: real {abs(apart[0]):.2f}, fake {abs(apart[1]):.2f}")
both = judge(torch.cat([real, fake]))
print(f"one batch:   real {both[:64].mean():.2f}, fake {both[64:].mean():.2f}")
