import torch


class Block(nn.Module):
    def __init__(self, width, p):
        super().__init__()
        self.branch = nn.Sequential(nn.Linear(width, width), nn.ReLU())
        self.drop_path = DropPath(p)

    def forward(self, x):
        return x + self.drop_path(self.branch(x))


depth, last = 5, 0.2
rates = [last * block / depth for block in range(1, depth + 1)]
net = nn.Sequential(*(Block(16, p) for p in rates))
print("p of each block:", [f"{p:.2f}" for p in rates])

x = torch.randn(1000, 16)
torch.manual_seed(0)
skipped = (Block(16, 0.2)(x) == x).all(1).float().mean()
print(f"samples that skip a block with p = 0.2: {skipped:.1f}")
