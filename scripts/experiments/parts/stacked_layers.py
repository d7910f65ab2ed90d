"""More of what can be stacked: group norm, small convolutional networks, Adam.

As in stacked.py, S networks are trained as one. Of a convolutional network the channels
stand side by side, (N, S*C, H, W), which is what grouped convolution, batch norm of
S*C channels and group norm of S*G groups expect; from the flattening on, activations
are (S, features, N). tests/experiments/test_stacked_layers.py proves the steps equal.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts.stacked import StackedBatchNorm, stack
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.norms.norms import GroupNorm


def wide_group_norm(layers: Sequence[GroupNorm]) -> GroupNorm:
    """S group norms of G groups are one group norm of S*G groups."""
    first, count = layers[0], len(layers)
    wide = GroupNorm(first.num_groups * count, first.num_channels * count, first.eps)
    states = [one.state_dict() for one in layers]
    wide.load_state_dict(
        {key: torch.cat([state[key] for state in states]) for key in states[0]}
    )
    return wide


class StackedGroupNorm(nn.Module):
    """S group norms over features: (S, C, N). With one group: layer norm."""

    def __init__(self, layers: Sequence[GroupNorm]) -> None:
        super().__init__()
        self.layer = wide_group_norm(layers)

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each sample of each network: (S, C, N) as (N, S*C)."""
        return self.layer(x.flatten(0, 1).T).T.view_as(x)


class StackedConv(nn.Module):
    """S convolutions as one in S groups: (N, S*in, H, W) -> (N, S*out, H, W)."""

    def __init__(self, layers: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.groups, self.padding = len(layers), layers[0].padding
        self.weight = nn.Parameter(torch.cat([one.weight.data for one in layers]))
        biases = [one.bias.data for one in layers if one.bias is not None]
        self.bias = nn.Parameter(torch.cat(biases))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve each network's channels with its own kernels."""
        return F.conv2d(
            x, self.weight, self.bias, padding=self.padding, groups=self.groups
        )


class StackedFlatten(nn.Module):
    """Leave the images: (N, S*C, H, W) -> (S, C*H*W, N)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """Give each network its own features, the batch last."""
        return x.reshape(len(x), self.count, -1).permute(1, 2, 0)


def stack_more(networks: Sequence[nn.Sequential]) -> nn.Sequential:
    """Stack networks that may hold group norms, or begin with convolutions."""
    stacked = nn.Sequential()
    images = any(isinstance(one, nn.Conv2d) for one in networks[0])
    for layers in zip(*networks, strict=True):
        kind = type(layers[0])
        if kind is nn.Conv2d:
            stacked.append(StackedConv(cast("Sequence[nn.Conv2d]", layers)))
        elif kind is nn.Flatten:
            stacked.append(StackedFlatten(len(networks)))
            images = False
        elif kind is GroupNorm:
            many = cast("Sequence[GroupNorm]", layers)
            stacked.append(wide_group_norm(many) if images else StackedGroupNorm(many))
        elif kind is BatchNorm and images:
            of_features = StackedBatchNorm(cast("Sequence[BatchNorm]", layers))
            stacked.append(of_features.layer)
        else:
            stacked.extend(stack([nn.Sequential(one) for one in layers]))
    return stacked


class StackedAdam:
    """Adam, each of the S networks at its own rate; constants as in torch."""

    def __init__(self, network: nn.Module, rates: Tensor) -> None:
        self.parameters = list(network.parameters())
        self.rates, self.steps = rates, 0
        self.means = [torch.zeros_like(one) for one in self.parameters]
        self.squares = [torch.zeros_like(one) for one in self.parameters]

    def descend(self, losses: Tensor) -> None:
        """One step: network s by its own losses[s]."""
        gradients = torch.autograd.grad(losses.sum(), self.parameters)
        self.steps += 1
        scale = self.rates.unsqueeze(-1) / (1 - 0.9**self.steps)
        with torch.no_grad():
            for parameter, gradient, mean, square in zip(
                self.parameters, gradients, self.means, self.squares, strict=True
            ):
                mean.lerp_(gradient, 0.1)
                square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                root = square.div(1 - 0.999**self.steps).sqrt_().add_(1e-8)
                rows = mean.div(root).view(len(self.rates), -1)
                parameter.view(len(self.rates), -1).sub_(scale * rows)
