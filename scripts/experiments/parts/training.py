"""Gradient descent on stacked networks along given batches."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import losses
from scripts.experiments.parts.digits import Digits, batches
from scripts.experiments.parts.stacked import descend


def shuffled(seeds: Sequence[int], data: Digits, size: int, steps: int) -> Tensor:
    """Indices of each seed's batches, (steps, seeds, size)."""
    count = data.train_x.size(1)
    return torch.stack([batches(seed, count, size, steps) for seed in seeds], 1)


def follow(
    net: nn.Module,
    data: Digits,
    order: Tensor,
    rates: Tensor,
    shaped: Callable[[Tensor], Tensor] = lambda x: x,
) -> Iterator[Tensor]:
    """Yield after each step the training losses; networks are settings x seeds."""
    times = len(rates) // order.size(1)
    for index in order.repeat(1, times, 1):
        x = shaped(data.train_x[:, index].transpose(0, 1))
        loss = losses(net, x, data.train_y[index])
        descend(net, loss, rates)
        yield loss.detach()
