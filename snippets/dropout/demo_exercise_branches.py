import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(50_000, 1)
branch = 2 * torch.randn(50_000, 1) + 1  # f(x): variance 4, mean 1
p = 0.5
kept = (torch.rand(50_000, 1) > p) / (1 - p)  # one draw for each sample
norm = nn.BatchNorm1d(1, momentum=None)
norm(x + kept * branch)
stored, met = norm.running_var.item(), (x + branch).var().item()
print(f"stored {stored:.1f}, met in eval {met:.1f}")
print(f"added: {stored - met:.1f}, by the formula {p / (1 - p) * (4 + 1**2):.0f}")
