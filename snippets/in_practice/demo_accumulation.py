import torch
from torch import nn


def gradient(norm: nn.Module, x: torch.Tensor, pieces: int) -> torch.Tensor:
    """Gradient of the first layer, accumulated over equal pieces of a batch."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(32, 32), norm, nn.ReLU(), nn.Linear(32, 1))
    for piece in x.chunk(pieces):
        loss = (net(piece) - piece.sum(1, keepdim=True)).square().mean()
        (loss / pieces).backward()
    return net[0].weight.grad


torch.manual_seed(1)
x = torch.randn(64, 32)
for norm in (nn.Identity(), nn.LayerNorm(32), nn.BatchNorm1d(32)):
    whole, parts = gradient(norm, x, 1), gradient(norm, x, 4)
    difference = (parts - whole).norm() / whole.norm()
    print(f"{type(norm).__name__:12} {difference:.1%}")
