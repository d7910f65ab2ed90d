"""One formula, and the choice of axes: layer, group, instance and RMS normalization.
同一个公式，区别只在于统计哪些轴：层归一化、组归一化、实例归一化与 RMSNorm。

    batch norm     (N, C, *)              over N and *, for each channel
    LayerNorm      (*, normalized_shape)  over the last axes, at each position
    GroupNorm      (N, G, C / G, *)       over C / G and *, for each sample and group
    InstanceNorm   (N, C, *)              over *, for each sample and channel
    RMSNorm        (*, normalized_shape)  as LayerNorm, but the mean is not subtracted

Constructors, parameters and buffers are those of torch.nn, so state dicts fit; only
``forward`` is written out. Half types are computed in float32 and returned as half.
Errors: ValueError for a wrong shape (the number of channels is checked without affine
parameters too, where torch lets it pass), TypeError for a wrong dtype.
Sources: Ba, Kiros, Hinton 2016, section 3; Wu, He 2018, section 3; Ulyanov, Vedaldi,
Lempitsky 2016, section 2; Zhang, Sennrich 2019, section 3.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Axes = tuple[int, ...]


def normalize(x: Tensor, dims: Axes, eps: float, center: bool = True) -> Tensor:
    """Subtract the mean over ``dims``; divide by the root mean square of what is left.

    减去 ``dims`` 上的均值，再除以剩余部分的均方根。
    """
    x = widen(x)
    if center:  # before squaring: E[x^2] - E[x]^2 would cancel when the mean is large
        x = x - x.mean(dims, keepdim=True)
    return x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)


def widen(x: Tensor) -> Tensor:
    """Make half types float32: in float16 the square of 256 is already infinite."""
    if not x.is_floating_point():
        raise TypeError(f"expected a floating-point input, got {x.dtype}")
    return x.to(torch.promote_types(x.dtype, torch.float32))


def affine(
    x_hat: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Axes, x: Tensor
) -> Tensor:
    """Return ``weight * x_hat + bias`` in the dtype of ``x``."""
    if weight is not None and weight.dtype not in (x.dtype, x_hat.dtype):
        raise TypeError(f"expected an input in {weight.dtype}, got {x.dtype}")
    y = x_hat if weight is None else x_hat * weight.view(shape)
    return (y if bias is None else y + bias.view(shape)).to(x.dtype)


def last_axes(x: Tensor, shape: Axes) -> Axes:
    """Return the last axes of ``x``, having checked that they have this shape."""
    dims = tuple(range(-len(shape), 0))
    if not dims or x.shape[dims[0] :] != shape:
        raise ValueError(f"expected a shape ending in {shape}, got {tuple(x.shape)}")
    return dims


class LayerNorm(nn.LayerNorm):
    """All features at one position. 层归一化：同一位置的全部特征。"""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(*, normalized_shape) -> the same."""
        shape = self.normalized_shape
        x_hat = normalize(input, last_axes(input, shape), self.eps)
        return affine(x_hat, self.weight, self.bias, shape, input)


class RMSNorm(nn.RMSNorm):
    """LayerNorm that leaves the mean in. RMSNorm：与层归一化相同，但不减均值。

    eps=None is the machine epsilon of the computation: of float32 for half types too.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(*, normalized_shape) -> the same."""
        eps = torch.finfo(widen(x).dtype).eps if self.eps is None else self.eps
        x_hat = normalize(x, last_axes(x, self.normalized_shape), eps, center=False)
        return (x_hat * self.weight if self.elementwise_affine else x_hat).to(x.dtype)


class GroupNorm(nn.GroupNorm):
    """C / G channels of one sample. 组归一化：一个样本中一组（C / G 个）通道。

    Trap: with one value per group, as in GroupNorm(32, 32) on (N, 32), the output is
    the bias, whatever the input. As in torch, that is an error only where N is 1 too.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(N, C, *) -> (N, C, *)."""
        x, G, C = input, self.num_groups, self.num_channels
        if tuple(x.shape[1:2]) != (C,):
            raise ValueError(f"expected (N, {C}, *), got {tuple(x.shape)}")
        if x.numel() == G:
            raise ValueError(f"expected 2+ values per group, got {tuple(x.shape)}")
        groups = x.reshape(x.shape[0], G, C // G, *x.shape[2:])  # (N, G, C / G, *)
        x_hat = normalize(groups, tuple(range(2, groups.ndim)), self.eps).flatten(1, 2)
        return affine(x_hat, self.weight, self.bias, (C, *[1] * (x.ndim - 2)), x)


class InstanceNorm(nn.InstanceNorm2d):  # 1d, 2d, 3d: only the rank they accept differs
    """One channel of one sample. 实例归一化：一个样本的一个通道。

    In eval with tracked statistics it is a batch norm. momentum=None never updates
    them, as in torch; an empty batch leaves them alone (in torch they become NaN).
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(N, C, *) -> (N, C, *), where * is at least one axis."""
        x, C, dims = input, self.num_features, tuple(range(2, input.ndim))
        if not dims or x.shape[1] != C:
            raise ValueError(f"expected (N, {C}, L, *), got {tuple(x.shape)}")
        mean, var = self.running_mean, self.running_var
        if not self.training and self.track_running_stats:
            return F.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)
        if x.shape[2:].numel() == 1:
            raise ValueError(f"expected 2+ values per channel, got {tuple(x.shape)}")
        if mean is not None and var is not None and x.numel() > 0:
            values, momentum = widen(x.detach()), self.momentum or 0.0
            mean.lerp_(values.mean(dims).mean(0).to(mean.dtype), momentum)
            var.lerp_(values.var(dims).mean(0).to(var.dtype), momentum)  # unbiased
        x_hat = normalize(x, dims, self.eps)
        return affine(x_hat, self.weight, self.bias, (C, *[1] * len(dims)), x)
