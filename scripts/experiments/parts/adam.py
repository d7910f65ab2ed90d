"""Adam for networks trained side by side, each by its own rate.

tests/experiments/test_stacked.py proves that each takes the steps it takes alone.
"""

import torch
from torch import Tensor, nn


class Adam:
    """Adam as in torch.optim, with PyTorch's defaults: network s by its own rate."""

    def __init__(self, network: nn.Module, rates: Tensor) -> None:
        self.parameters = list(network.parameters())
        self.rates, self.steps = rates, 0
        self.first = [torch.zeros_like(one) for one in self.parameters]
        self.second = [torch.zeros_like(one) for one in self.parameters]

    def step(self, losses: Tensor) -> None:
        """One step: network s by its own losses[s]."""
        gradients = torch.autograd.grad(losses.sum(), self.parameters)
        self.steps += 1
        rates = self.rates.unsqueeze(-1) / (1 - 0.9**self.steps)
        debias = (1 - 0.999**self.steps) ** 0.5
        with torch.no_grad():
            for parameter, gradient, first, second in zip(
                self.parameters, gradients, self.first, self.second, strict=True
            ):
                first.lerp_(gradient, 0.1)
                second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                change = first / (second.sqrt() / debias + 1e-8)
                rows = change.reshape(len(rates), -1)
                parameter.view(len(rates), -1).sub_(rates * rows)
