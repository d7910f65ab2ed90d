import torch
from torch import nn


def distance(a, b):
    """How far each unit's histogram moved, in its own standard deviations."""
    moved = a.sort(0).values - b.sort(0).values  # (N, units), smallest to smallest
    return (moved.square().mean(0).sqrt() / a.std(0)).mean().item()


torch.manual_seed(0)
x, noise = torch.randn(4096, 20), torch.randn(4096, 1)
y = x[:, :5].prod(1, keepdim=True).tanh() + 0.1 * noise
net = nn.Sequential(
    nn.Linear(20, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)
)
watched = net[:3]  # what the second linear layer sends on
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
probe, other = x[:64], x[64:128]

with torch.no_grad():
    before = watched(probe)
    print(f"frozen network, another batch: {distance(before, watched(other)):.3f}")

batch = torch.randint(4096, (64,))
loss = (net(x[batch]) - y[batch]).square().mean()
loss.backward()
optimizer.step()
with torch.no_grad():
    print(f"one step, the same probe batch: {distance(before, watched(probe)):.3f}")
