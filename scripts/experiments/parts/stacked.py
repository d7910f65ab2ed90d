"""Many small networks trained as one: a batched product instead of a loop over seeds.

Build plain `nn.Sequential` networks, one a seed, and `stack` them. Activations are
(S, features, N): S networks side by side, the batch last.
tests/experiments/test_stacked.py proves that each takes the steps it takes alone.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from snippets.batch_norm.batch_norm import BatchNorm


class StackedLinear(nn.Module):
    """S linear layers: (S, in, N) -> (S, out, N)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([one.weight.data for one in layers]))
        self.bias = nn.Parameter(
            torch.stack([one.bias.data for one in layers]).unsqueeze(-1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Multiply each network's activations by its own matrix."""
        return torch.baddbmm(self.bias, self.weight, x)


class StackedBatchNorm(nn.Module):
    """S batch norms of C channels are one batch norm of S*C channels."""

    def __init__(self, layers: Sequence[BatchNorm]) -> None:
        super().__init__()
        first = layers[0]
        self.layer = BatchNorm(
            first.num_features * len(layers), eps=first.eps, momentum=first.momentum
        )
        states = [one.state_dict() for one in layers]
        joined = {
            key: torch.cat([state[key] for state in states])
            for key in ("weight", "bias", "running_mean", "running_var")
        }
        counter = states[0]["num_batches_tracked"]
        self.layer.load_state_dict({**joined, "num_batches_tracked": counter})

    def forward(self, x: Tensor) -> Tensor:
        """Normalize over the batch, which is last: (S, C, N) as (1, S*C, N)."""
        return self.layer(x.reshape(1, -1, x.size(-1))).view_as(x)


def stack(networks: Sequence[nn.Sequential]) -> nn.Sequential:
    """Make one network of many that are built alike; later layers keep their place."""
    stacked = nn.Sequential()
    for layers in zip(*networks, strict=True):
        kind = type(layers[0])
        if kind is nn.Linear:
            stacked.append(StackedLinear(cast("Sequence[nn.Linear]", layers)))
        elif kind is BatchNorm:
            stacked.append(StackedBatchNorm(cast("Sequence[BatchNorm]", layers)))
        elif not list(layers[0].parameters()):
            stacked.append(layers[0])
        else:
            raise TypeError(f"cannot stack {kind.__name__}")
    return stacked


def descend(network: nn.Module, losses: Tensor, rates: Tensor) -> None:
    """One step of gradient descent: network s by its own losses[s] and rates[s]."""
    parameters = list(network.parameters())
    gradients = torch.autograd.grad(losses.sum(), parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            rows = gradient.reshape(len(rates), -1)
            parameter.view(len(rates), -1).sub_(rates.unsqueeze(-1) * rows)


@torch.no_grad()
def outputs(network: nn.Module, x: Tensor) -> Tensor:
    """Outputs for x, leaving the running statistics as they are, in training too."""
    buffers = {name: one.clone() for name, one in network.named_buffers()}
    return functional_call(network, buffers, (x,))


def chosen(network: nn.Module, keep: Tensor) -> dict[str, Tensor]:
    """Parameters and buffers of some of the S networks, copied; keep (S,) is a mask."""
    tensors = [*network.named_parameters(), *network.named_buffers()]
    return {
        name: one.detach().unflatten(0, (len(keep), -1))[keep].flatten(0, 1)
        if one.dim()  # (S, …) or (S * C,)
        else one.clone()  # the counter of batches
        for name, one in tensors
    }


@torch.no_grad()
def exact(network: nn.Module, state: dict[str, Tensor], x: Tensor) -> None:
    """Put the statistics of all of x into the buffers of state; network stays as it is.

    One batch of everything, and the plain average (momentum None) over that one batch.
    """
    for name, _ in network.named_buffers():
        state[name].zero_()
    norms = [one for one in network.modules() if isinstance(one, BatchNorm)]
    training, momenta = network.training, [one.momentum for one in norms]
    for one in norms:
        one.momentum = None
    functional_call(network.train(), state, (x,))  # writes into the buffers of state
    for one, momentum in zip(norms, momenta, strict=True):
        one.momentum = momentum
    network.train(training)
