import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width, p):
        super().__init__()
        self.branch, self.p = nn.Sequential(nn.Linear(width, width), nn.ReLU()), p

    def forward(self, x):
        branch = self.branch(x)
        if self.training:  # one decision per sample, on the branch, before the sum
            kept = torch.rand(len(x), 1) >= self.p
            branch = branch * kept / (1 - self.p)
        return x + branch


torch.manual_seed(0)
x = torch.randn(10_000, 16)
skipped = (Block(16, 0.2)(x) == x).all(1).float().mean()
print(f"samples that skip a block with p = 0.2: {skipped:.1f}")
