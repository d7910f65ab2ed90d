"""Batch norm for padded sequences: padding has no say in the statistics.
用于填充序列的批量归一化：填充位置不参与统计。

Equals packing the valid positions into (M, C), F.batch_norm, and unpacking: output,
gradients and running averages. What stands in the padding, even NaN, changes nothing.
Shapes: x (N, C, *), mask (N, *), True where valid; a sequence: (N, C, L) and (N, L).
The output is 0 where the mask is False. Half types are computed in float32.
Raises: ValueError for other shapes, fewer than 2 valid positions in training, missing
running averages in eval, one of them alone, eps <= 0 in training (< 0 in eval);
TypeError for an x that is not floating point and a mask that is not bool.
Source: torch.nn.functional.batch_norm.
"""

import torch
from torch import Tensor


def masked_batch_norm(
    x: Tensor,
    mask: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """F.batch_norm of the valid positions only. 只对有效位置做 F.batch_norm。

    Training reads the number of valid positions back from the device, once a call.
    """
    _check(x, mask, running_mean, running_var, weight, bias)
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"eps must be positive (in eval also 0), got {eps}")
    axes = [0, *range(2, x.dim())]
    column = (1, -1, *[1] * (x.dim() - 2))  # (1, C, 1, ...)
    valid = mask.unsqueeze(1)  # (N, 1, *)
    # Chosen and not multiplied by the mask: 0 * nan is nan, in the gradient as well.
    y = torch.where(valid, x.to(torch.promote_types(x.dtype, torch.float32)), 0)

    if training:
        n = int(mask.sum())
        if n < 2:
            raise ValueError(
                "Expected more than 1 valid position when training, "
                f"got {n} in a mask of shape {tuple(mask.shape)}"
            )
        mean = y.sum(axes) / n
        distance = torch.where(valid, y - mean.view(column), 0)
        var = distance.square().sum(axes) / n
        if running_mean is not None and running_var is not None:
            with torch.no_grad():  # what is stored is unbiased: n - 1
                unbiased = var * (n / (n - 1))
                running_mean.lerp_(mean.to(running_mean.dtype), momentum)
                running_var.lerp_(unbiased.to(running_var.dtype), momentum)
    elif running_mean is not None and running_var is not None:
        mean, var = running_mean.to(y.dtype), running_var.to(y.dtype)
    else:
        raise ValueError("eval needs running_mean and running_var, got None")

    y = (y - mean.view(column)) * (var + eps).rsqrt().view(column)
    if weight is not None:
        y = y * weight.view(column)
    if bias is not None:
        y = y + bias.view(column)
    return torch.where(valid, y, 0).to(x.dtype)


def _check(x: Tensor, mask: Tensor, *vectors: Tensor | None) -> None:
    if not x.is_floating_point():
        raise TypeError(f"x must be floating point, got {x.dtype}")
    if mask.dtype != torch.bool:
        raise TypeError(f"mask must be bool, True where valid, got {mask.dtype}")
    if x.dim() < 2 or mask.shape != (x.shape[0], *x.shape[2:]):
        raise ValueError(
            "expected x (N, C, *) and mask (N, *), "
            f"got {tuple(x.shape)} and {tuple(mask.shape)}"
        )
    running_mean, running_var = vectors[:2]
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var: expected both or neither")
    for vector in vectors:
        if vector is not None and vector.shape != x.shape[1:2]:
            raise ValueError(
                "running_mean, running_var, weight and bias must have shape "
                f"({x.shape[1]},), got {tuple(vector.shape)}"
            )
