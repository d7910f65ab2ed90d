"""A deep network for the digits: many hidden layers of 64, alike but for what is asked.

Activations, as in stacked.py: (S, features, N).
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts.digits import Digits, batches
from snippets.batch_norm.batch_norm import BatchNorm

CLASSES, UNITS = 10, 64
Initialize = Callable[[Tensor], object]


def glorot(weight: Tensor) -> None:
    """Initialize as Glorot and Bengio (2010), for tanh and sigmoid."""
    nn.init.xavier_normal_(weight)


def he(weight: Tensor) -> None:
    """Initialize as He et al. (2015), for ReLU."""
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


def deep(
    seed: int,
    depth: int,
    activation: Callable[[], nn.Module],
    initialize: Initialize,
    batch_norm: bool,
    after: Callable[[], nn.Module] | None = None,
) -> nn.Sequential:
    """64-64-…-10; batch norm, and what comes after it, before each activation."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise([UNITS] * (depth + 1)):
        layers.append(nn.Linear(inputs, features))
        if batch_norm:
            layers.append(BatchNorm(features))
            if after is not None:
                layers.append(after())
        layers.append(activation())
    layers.append(nn.Linear(UNITS, CLASSES))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            initialize(layer.weight)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def orders(seeds: Sequence[int], data: Digits, size: int, steps: int) -> Tensor:
    """Return which images each seed sees at each step: (steps, seeds, size)."""
    count = data.train_x.size(1)
    return torch.stack([batches(seed, count, size, steps) for seed in seeds], dim=1)


def losses(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of each stacked network; x (S, features, N), y (S, N)."""
    return F.cross_entropy(net(x), y, reduction="none").mean(1)
