"""Batch normalization: one layer in place of nn.BatchNorm1d, 2d and 3d.
批量归一化：一层即可替换 nn.BatchNorm1d、2d 与 3d。

Shapes: x and the result (N, C) or (N, C, *); everything else (C,).
Units: running_var is unbiased; the variance that normalizes is biased.
Raises: TypeError for a dtype that is not floating; ValueError for fewer than two
    dimensions, a wrong number of channels, one value per channel in training,
    eps < 0 (in training <= 0), and buffers that are missing in evaluation.
Source: Ioffe & Szegedy (2015), Algorithms 1 and 2; torch.nn.functional.batch_norm.
"""

import math

import torch
from torch import Tensor, nn


def batch_norm(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of x; in training also move the running statistics."""
    if not x.is_floating_point():
        raise TypeError(f"expected a floating dtype, got {x.dtype}")
    if x.dim() < 2:
        raise ValueError(f"expected (N, C) or (N, C, *), got shape {tuple(x.shape)}")
    for tensor in (running_mean, running_var, weight, bias):
        if tensor is not None and tensor.shape != x.shape[1:2]:
            raise ValueError(f"expected {tensor.numel()} channels, got {x.size(1)}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var: expected both or neither")
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"expected eps > 0 (>= 0 when not training), got {eps}")

    dims = [0, *range(2, x.dim())]  # all but the channels
    shape = [1, -1] + [1] * (x.dim() - 2)  # (C,) -> (1, C, 1, …)
    count = math.prod([x.shape[d] for d in dims])  # values per channel
    # Half types have too few digits for a mean: compute in float32 at least.
    values = x.to(torch.promote_types(x.dtype, torch.float32))

    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("expected running_mean and running_var in evaluation mode")
        mean, var = running_mean.to(values.dtype), running_var.to(values.dtype)
    elif count == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, "
            f"got input size {x.size()}"
        )
    elif count == 0:  # an empty batch says nothing about the statistics
        mean, var = values.new_zeros(x.size(1)), values.new_ones(x.size(1))
    else:
        # var_mean subtracts the mean first: E[x²] − E[x]² would cancel.
        var, mean = torch.var_mean(values, dims, correction=0)
        if running_mean is not None and running_var is not None:
            with torch.no_grad():  # the buffers must not keep the graph
                unbiased = var * (count / (count - 1))
                running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
                running_var.copy_((1 - momentum) * running_var + momentum * unbiased)

    scale = torch.rsqrt(var + eps)
    y = (values - mean.view(shape)) * scale.view(shape)  # mean 0, variance 1
    if weight is not None:
        y = y * weight.view(shape)  # gamma
    if bias is not None:
        y = y + bias.view(shape)  # beta
    return y.to(x.dtype)


class BatchNorm(nn.Module):
    """Batch normalization over all dimensions but the second, (N, C, *)."""

    _version = 2  # checkpoints of version 1 have no num_batches_tracked
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,  # None: plain average over all batches
        affine: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

        def empty() -> Tensor:
            return torch.empty(num_features, device=device, dtype=dtype)

        # Learned by the optimizer: parameters.
        self.weight = nn.Parameter(empty()) if affine else None
        self.bias = nn.Parameter(empty()) if affine and bias else None
        # Measured, not learned, but saved and moved with the model: buffers.
        tracked = track_running_stats
        counter = torch.tensor(0, device=device) if tracked else None
        self.register_buffer("running_mean", empty() if tracked else None)
        self.register_buffer("running_var", empty() if tracked else None)
        self.register_buffer("num_batches_tracked", counter)
        if tracked:
            self.register_load_state_dict_pre_hook(_add_missing_counter)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Start as the identity behind the normalization: gamma 1, beta 0."""
        self.reset_running_stats()
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Use the batch in training (or without buffers), else the running values."""
        update = self.training and self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        if update and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        buffers = update or not self.training
        return batch_norm(
            x,
            self.running_mean if buffers else None,
            self.running_var if buffers else None,
            self.weight,
            self.bias,
            training=self.training or self.running_mean is None,
            momentum=momentum,
            eps=self.eps,
        )

    def extra_repr(self) -> str:
        """Show the constructor's arguments, as nn.BatchNorm2d does."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


def _add_missing_counter(
    layer: nn.Module,
    state: dict[str, Tensor],
    prefix: str,
    meta: dict[str, int],
    *_: object,
) -> None:
    """Let checkpoints from before PyTorch 0.4.1 load, which have no counter."""
    counter = layer.get_buffer("num_batches_tracked")
    if (meta.get("version") or 1) < 2:
        state.setdefault(prefix + "num_batches_tracked", counter)
