import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

momentum = 1 - (1 - 0.1) ** (1 / 3)
norm = nn.BatchNorm1d(1, momentum=momentum)
norm.running_mean.fill_(1.0)


def inner(x):
    return checkpoint(norm, x, use_reentrant=True)


x = torch.tensor([[-1.0], [1.0]], requires_grad=True)  # mean 0: what is left is old
checkpoint(inner, x, use_reentrant=True).sum().backward()
print(f"momentum {momentum:.4f}, updates {norm.num_batches_tracked.item()}")
print(f"left of the old value: {norm.running_mean.item():.4f}")
