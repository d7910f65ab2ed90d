"""A 64-48-24-10 classifier of digits with PyTorch's own batch norm, stacked over seeds.

The snippets that recalibrate, freeze and fold look for PyTorch's layers, so these
networks have nn.BatchNorm1d, where digits_mlp has the layer of this book.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts.digits import Digits, batches
from scripts.experiments.parts.stacked import StackedBatchNorm, descend, stack
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.batch_norm.recalibrate import recalibrate_batch_norm

WIDTHS = (64, 48, 24, 10)  # inputs, two hidden layers, classes


def network(
    seed: int, batch_norm: bool = True, momentum: float | None = 0.1
) -> nn.Sequential:
    """Linear, batch norm (if any), ReLU, twice, then linear; default initialization."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise(WIDTHS[:-1]):
        layers.append(nn.Linear(inputs, features))
        if batch_norm:
            layers.append(BatchNorm(features, momentum=momentum))
        layers.append(nn.ReLU())
    layers.append(nn.Linear(*WIDTHS[-2:]))
    return nn.Sequential(*layers)


def stacked(
    seeds: Sequence[int], batch_norm: bool = True, momentum: float | None = 0.1
) -> nn.Sequential:
    """One network a seed, side by side, with PyTorch's layers in place of ours."""
    net = stack([network(seed, batch_norm, momentum) for seed in seeds])
    for module in net:
        if isinstance(module, StackedBatchNorm):
            ours = module.layer
            torchs = nn.BatchNorm1d(ours.num_features, ours.eps, ours.momentum)
            torchs.load_state_dict(ours.state_dict())
            module.add_module("layer", torchs)
    return net


def exactly(net: nn.Module, x: Tensor, count: int) -> nn.Module:
    """Return a copy that has the statistics of all of x, as one batch."""
    copy = deepcopy(net)
    recalibrate_batch_norm(copy, [x.expand(count, -1, -1)])
    return copy


def train(
    net: nn.Module,
    x: Tensor,
    y: Tensor,
    seeds: Sequence[int],
    rates: Tensor,
    batch_size: int,
    steps: int,
) -> Iterator[Tensor]:
    """Yield after every step the training losses; networks are rates x seeds.

    x (64, n) are the images and y (n,) their labels; every seed shuffles them its way.
    """
    order = [batches(seed, x.size(1), batch_size, steps) for seed in seeds]
    indices = torch.stack(order, dim=1)  # (steps, seeds, batch)
    indices = indices.repeat(1, len(rates) // len(seeds), 1)
    for index in indices:
        loss = losses(net(x[:, index].transpose(0, 1)), y[index])
        descend(net, loss, rates)
        yield loss.detach()


def trained(
    seeds: Sequence[int],
    data: Digits,
    rate: float,
    batch_size: int,
    steps: int,
    batch_norm: bool = True,
    momentum: float | None = 0.1,
) -> nn.Sequential:
    """Networks after `steps` steps, in training mode."""
    net = stacked(seeds, batch_norm, momentum)
    rates = torch.full((len(seeds),), rate)
    for _ in train(net, data.train_x, data.train_y, seeds, rates, batch_size, steps):
        pass
    return net


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """Mean cross-entropy of each network; logits (S, 10, N), y (N,) or (S, N)."""
    y = y.expand(len(logits), -1)
    return F.cross_entropy(logits, y, reduction="none").mean(1)


def accuracies(logits: Tensor, y: Tensor) -> Tensor:
    """Share of correct answers of each network."""
    return (logits.argmax(1) == y).float().mean(1)


@torch.no_grad()
def evaluated(net: nn.Module, x: Tensor, count: int) -> Tensor:
    """Logits (count, 10, N) in evaluation mode; the mode before comes back."""
    training = net.training
    logits = net.eval()(x.expand(count, -1, -1))
    net.train(training)
    return logits
