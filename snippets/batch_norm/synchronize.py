"""Batch normalization over the mini-batches of all processes, on CPU and GPU.
跨进程的批量归一化：统计量来自所有进程的小批量，CPU 与 GPU 均可使用。

torch.nn.SyncBatchNorm, whose constructor and state_dict are kept, needs a GPU; this one
runs over any torch.distributed backend, gloo included. Input (N, C) or (N, C, *); N may
differ between the ranks, and be 0 on some. Output, buffers and the gradient of the
input equal those of one process with the whole batch. weight and bias get the gradient
of the local samples: its sum over the ranks is that of the whole batch, and DDP makes
it the average, as for every other parameter.
Every layer is a collective: all ranks must run the same forwards and backwards, or they
wait for each other. In eval mode, alone or without a process group: plain batch norm.
Errors: ValueError for a wrong shape, eps <= 0, or one value per channel in all ranks
together; TypeError for a dtype that is not floating-point.
Sources: Ioffe, Szegedy 2015, section 3; Chan, Golub, LeVeque 1983 (merging samples).
"""

from typing import Any, cast

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import (
    _BatchNorm,  # pyright: ignore[reportPrivateUsage]  # the base of all batch norms
)


class SumOverRanks(torch.autograd.Function):
    """The sum of a tensor over all ranks; its gradient is a sum over all ranks too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, group: Any) -> Tensor:
        """Add up ``x``, of any shape, in every rank."""
        ctx.group, total = group, x.clone()
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Add up the gradients: the loss of every rank depends on this ``x``."""
        return SumOverRanks.apply(*grads, ctx.group), None


def merged_statistics(x: Tensor, group: Any) -> tuple[Tensor, Tensor, int]:
    """Return mean and biased variance of the x of all ranks, and their count."""
    C, dims = x.shape[1], [0, *range(2, x.ndim)]
    n = x.numel() // C
    mean = x.sum(dims, keepdim=True) / max(n, 1)  # zeros from a rank without samples
    squares = (x - mean).square().sum(dims)  # around the mean: E[x^2] - E[x]^2 cancels
    count = x.new_tensor([n], dtype=torch.float64)  # float32 cannot count past 2**24
    # A table with a row for each rank: every rank adds its own to zeros.
    row = torch.cat([count, mean.flatten(), squares]).unsqueeze(0)
    rank, ranks = dist.get_rank(group), dist.get_world_size(group)
    padded = F.pad(row, (0, 0, rank, ranks - rank - 1))
    table = cast("Tensor", SumOverRanks.apply(padded, group))
    counts, means, squares = table[:, :1], table[:, 1 : C + 1], table[:, C + 1 :]
    total = int(counts.sum())
    if total == 1:
        raise ValueError("expected more than 1 value per channel over all ranks, got 1")
    whole = (counts * means).sum(0) / max(total, 1)
    var = (squares + counts * (means - whole).square()).sum(0) / max(total, 1)
    return whole.to(x.dtype).view_as(mean), var.to(x.dtype).view_as(mean), total


def sync_batch_norm(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, group: Any
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Return the normalized ``x``, (N, C, *), and the statistics used for it."""
    if eps <= 0:
        raise ValueError(f"expected eps > 0 in training, got {eps}")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # half types are too short
    mean, var, count = merged_statistics(wide, group)
    y = (wide - mean) * torch.rsqrt(var + eps)
    y = y if weight is None else y * weight.view_as(mean)
    y = y if bias is None else y + bias.view_as(mean)
    return y.to(x.dtype), mean.detach().flatten(), var.detach().flatten(), count


class SyncBatchNorm(_BatchNorm):
    """Batch norm over the batches of all ranks. 对所有进程的小批量做批量归一化。"""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,  # None: all ranks
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        flags = (affine, track_running_stats)
        super().__init__(num_features, eps, momentum, *flags, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002
        shape = tuple(input.shape)
        if not input.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {input.dtype}")
        if len(shape) < 2 or shape[1] != self.num_features:
            raise ValueError(f"expected (N, {self.num_features}, *), got {shape}")

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(N, C, *) -> (N, C, *)."""
        alone = not dist.is_available() or not dist.is_initialized()
        if not self.training or alone or dist.get_world_size(self.process_group) < 2:
            return super().forward(input)
        self._check_input_dim(input)
        settings = (self.weight, self.bias, self.eps, self.process_group)
        y, mean, var, n = sync_batch_norm(input, *settings)
        if self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            average = 1 / float(self.num_batches_tracked)
            momentum = average if self.momentum is None else self.momentum
            unbiased = var * (n / max(n - 1, 1))
            for running, new in (
                (self.running_mean, mean),
                (self.running_var, unbiased),
            ):
                if running is not None and n > 0:
                    running.lerp_(new.to(running.dtype), momentum)
        return y

    @classmethod
    def convert_sync_batchnorm(
        cls, module: nn.Module, process_group: Any = None
    ) -> nn.Module:
        """Make every batch norm in ``module`` one of these, in place."""
        for layer in module.modules():
            if isinstance(layer, _BatchNorm):
                layer.__class__ = cls
                layer.process_group = process_group
        return module
