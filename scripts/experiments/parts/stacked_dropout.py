"""Dropout in networks trained side by side, each at its own rate.

tests/experiments/test_stacked_dropout.py proves that each network takes the steps that
it takes alone under the same masks.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from scripts.experiments.parts.stacked import stack
from snippets.dropout.dropout import Dropout


class StackedDropout(nn.Module):
    """S dropout layers in one: a fresh mask for every value, network s drops p[s]."""

    def __init__(self, layers: Sequence[Dropout]) -> None:
        super().__init__()
        self.keep = torch.tensor([1 - one.p for one in layers]).view(-1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Drop in training and scale what is kept, as snippets/dropout/dropout.py."""
        if not self.training or bool((self.keep == 1).all()):
            return x
        return x * (torch.rand_like(x) < self.keep).to(x).div_(self.keep.to(x))


def stack_with_dropout(networks: Sequence[nn.Sequential]) -> nn.Sequential:
    """Make one network of many that are built alike but drop at different rates."""
    stacked = stack(networks)
    for place, layers in enumerate(zip(*networks, strict=True)):
        if isinstance(layers[0], Dropout):
            stacked[place] = StackedDropout(cast("Sequence[Dropout]", layers))
    return stacked


class Adam:
    """Adam for stacked networks; decay[s] is the factor of network s's L2 penalty.

    Adam works value by value, so the networks do not see each other.
    """

    def __init__(
        self, net: nn.Module, rate: float, decay: Sequence[float] = ()
    ) -> None:
        self.parameters = list(net.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, rate, fused=True)
        self.decay = torch.tensor(decay).view(-1, 1, 1) if any(decay) else None

    def step(self, losses: Tensor) -> None:
        """One step; losses (S,), one for each network."""
        gradients = torch.autograd.grad(losses.sum(), self.parameters)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            if self.decay is not None:
                with torch.no_grad():
                    gradient.addcmul_(self.decay.to(parameter), parameter)
            parameter.grad = gradient
        self.optimizer.step()
