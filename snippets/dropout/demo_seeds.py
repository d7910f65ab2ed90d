import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

layer, x = nn.Dropout(0.5), torch.ones(1000)


def mask(seed, draw_first=False):
    torch.manual_seed(seed)
    if draw_first:
        torch.rand(1)  # anything that draws: shuffling, augmentation, a new layer
    return layer(x)


print("same seed, same mask:          ", torch.equal(mask(0), mask(0)))
print("after another draw:            ", torch.equal(mask(0), mask(0, True)))

with torch.random.fork_rng():  # draws inside leave the outer generator as it was
    torch.manual_seed(7)
    inside = layer(x)
print("fork_rng, the mask of seed 7:  ", torch.equal(inside, mask(7)))

# Activation checkpointing runs the forward pass twice, with the same mask.
net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.Linear(8, 1))
inputs = torch.randn(4, 8)
grads = []
for use in (False, True):
    torch.manual_seed(0)
    net.zero_grad()
    out = checkpoint(net, inputs, use_reentrant=False) if use else net(inputs)
    out.sum().backward()
    grads.append(net[0].weight.grad.clone())
print("checkpoint, the same gradients:", torch.equal(*grads))
