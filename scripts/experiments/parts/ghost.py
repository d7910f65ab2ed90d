"""Ghost batch norm: statistics of parts of the batch, one gradient for all of it.

It is also what gradient accumulation does to batch norm.
"""

import torch
from torch import Tensor, nn

from scripts.experiments.parts.stacked import StackedBatchNorm


class Ghost(nn.Module):
    """A batch norm that sees `size` samples at a time in training: (S, C, N)."""

    def __init__(self, norm: StackedBatchNorm, size: int) -> None:
        super().__init__()
        self.norm, self.size = norm, size

    def forward(self, x: Tensor) -> Tensor:
        """Normalize part by part; in evaluation by the running statistics."""
        if not self.training:
            return self.norm(x)
        return torch.cat([self.norm(part) for part in x.split(self.size, -1)], -1)


def ghosts(net: nn.Sequential, size: int) -> nn.Sequential:
    """Let every batch norm of a stacked network see `size` samples at a time."""
    return nn.Sequential(
        *(
            Ghost(layer, size) if isinstance(layer, StackedBatchNorm) else layer
            for layer in net
        )
    )
