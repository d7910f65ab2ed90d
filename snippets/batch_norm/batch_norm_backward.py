"""The gradient of batch norm derived by hand: three ways, the same numbers.
手工推导批量归一化的梯度：三种推导，同一组数值。

Training mode: the gradient flows through the mean and the variance of the batch too.
Shapes: x and grad_output (N, C, *), any rank >= 2; weight and bias (C,).
Half types are computed, and the three derivations returned, in float32.
BatchNormFunction raises ValueError for other shapes, one value per channel and
eps <= 0, TypeError for an x that is not floating point.
Source: Ioffe and Szegedy (2015), section 3; torch.nn.functional.batch_norm.
"""

from typing import Any

import torch
from torch import Tensor

Gradients = tuple[Tensor, Tensor, Tensor]  # of x (N, C, *), weight (C,), bias (C,)


def _sum(t: Tensor) -> Tensor:
    return t.sum([0, *range(2, t.dim())], keepdim=True)  # (1, C, 1, ...)


def _wide(x: Tensor, *others: Tensor) -> list[Tensor]:
    """In float32 or wider, a vector (C,) as (1, C, 1, ...)."""
    column = (1, -1, *[1] * (x.dim() - 2))
    tensors = [x, *(t.view(column) if t.dim() == 1 else t for t in others)]
    return [t.to(torch.promote_types(t.dtype, torch.float32)) for t in tensors]


def _standardize(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    n = x[:, :1].numel()  # values per channel
    centered = x - _sum(x) / n
    inv_std = (_sum(centered.square()) / n + eps).rsqrt()
    return centered * inv_std, inv_std


def gradients_step_by_step(
    grad_output: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5
) -> Gradients:
    """Gradients of x, weight, bias: each line is one node of the computation graph.
    x、weight、bias 的梯度：每行对应计算图中的一个节点。
    """
    x, w, d_y = _wide(x, weight, grad_output)
    n = x[:, :1].numel()
    mean = _sum(x) / n
    centered = x - mean
    var = _sum(centered.square()) / n
    inv_std = (var + eps).rsqrt()
    x_hat = centered * inv_std
    # Then y = w * x_hat + b. Now the same nodes from last to first.
    d_b = _sum(d_y)
    d_w = _sum(d_y * x_hat)
    d_x_hat = d_y * w
    d_inv_std = _sum(d_x_hat * centered)
    d_var = d_inv_std * -0.5 * inv_std**3
    d_centered = d_x_hat * inv_std + d_var * 2 * centered / n  # used twice above
    d_mean = -_sum(d_centered)
    d_x = d_centered + d_mean / n  # x, too, was used twice
    return d_x, d_w.flatten(), d_b.flatten()


def gradients_by_projection(
    grad_output: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5
) -> Gradients:
    """The same: remove what points along 1 and along x_hat, scale by gamma / sigma.
    同样的结果：去掉沿 1 与沿 x_hat 的分量，再乘以 gamma / sigma。

    A step along 1 shifts x, one along x_hat stretches it: neither changes the output.
    """
    x, w, d_y = _wide(x, weight, grad_output)
    n = x[:, :1].numel()
    x_hat, inv_std = _standardize(x, eps)
    d_b, d_w = _sum(d_y), _sum(d_y * x_hat)
    d_x = w * inv_std * (d_y - d_b / n - x_hat * d_w / n)
    return d_x, d_w.flatten(), d_b.flatten()


def gradients_by_autograd(
    grad_output: Tensor, x: Tensor, weight: Tensor, eps: float = 1e-5
) -> Gradients:
    """The same, left to autograd. 同样的结果，交给自动求导。"""
    x, w, d_y = (t.detach() for t in _wide(x, weight, grad_output))
    leaves = [t.requires_grad_() for t in (x, w, torch.zeros_like(w))]
    with torch.enable_grad():
        y = w * _standardize(x, eps)[0] + leaves[2]
    d_x, d_w, d_b = torch.autograd.grad(y, leaves, d_y)
    return d_x, d_w.flatten(), d_b.flatten()


class BatchNormFunction(torch.autograd.Function):
    """`apply(x, weight, bias, eps)`, differentiable twice. 可求二阶导数。"""

    generate_vmap_rule = True  # for torch.func.vmap

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        """As F.batch_norm with training=True and without running statistics."""
        if not x.is_floating_point():
            raise TypeError(f"x must be floating point, got {x.dtype}")
        if x.dim() < 2 or not x.shape[1:2] == weight.shape == bias.shape:
            shapes = [tuple(t.shape) for t in (x, weight, bias)]
            raise ValueError(f"expected (N, C, *), (C,) and (C,), got {shapes}")
        if x[:, :1].numel() == 1 or eps <= 0:
            raise ValueError(
                "Expected more than 1 value per channel when training and eps > 0, "
                f"got input size {tuple(x.shape)} and eps {eps}"
            )
        x_, w, b = _wide(x, weight, bias)
        return (w * _standardize(x_, eps)[0] + b).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Save x, not x_hat: without a graph it would spoil the second derivative."""
        del output  # the gradient can do without
        x, weight, _, ctx.eps = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """Differentiable operations only; none for eps."""
        x, weight = ctx.saved_tensors
        d_x, d_w, d_b = gradients_by_projection(grad_outputs[0], x, weight, ctx.eps)
        return d_x, d_w, d_b, None
