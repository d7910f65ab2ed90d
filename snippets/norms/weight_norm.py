"""Weight normalization: a weight as its length times its direction, g * v / ||v||.
权重归一化：把权重写成长度乘以方向，w = g · v / ‖v‖。

    register_parametrization(linear, "weight", WeightNorm())

A parametrization for torch.nn.utils.parametrize. As with
torch.nn.utils.parametrizations.weight_norm the parameters are named
``parametrizations.weight.original0``, g, and ``original1``, v, so state dicts fit.
``dim`` is the axis whose slices have a length each: 0, g of shape (out, 1, ...), for
the outputs; 1 for those of a transposed convolution, (in, out, *); None, g of shape (),
is one length for the whole weight. As in torch -1 means None too, not the last axis.
Half types are computed in float32. Errors: ValueError for a dim out of range, and for a
slice of zeros: it has no direction (torch gives NaN); TypeError for a wrong dtype.
Source: Salimans, Kingma 2016, section 2.
"""

from typing import cast

import torch
from torch import Tensor, nn


class WeightNorm(nn.Module):
    """The parametrization g * v / ||v||. 参数化 g · v / ‖v‖。"""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = None if dim == -1 else dim

    def length(self, v: Tensor) -> Tensor:
        """(out, in, *) -> (out, 1, ...), the L2 norm of each slice along ``dim``."""
        wide = v.to(torch.promote_types(v.dtype, torch.float32))
        if self.dim is None:
            return cast("Tensor", torch.linalg.vector_norm(wide))
        shape = [1] * v.ndim
        shape[self.dim] = v.shape[self.dim]
        slices = wide.movedim(self.dim, 0).reshape(v.shape[self.dim], -1)
        lengths = cast("Tensor", torch.linalg.vector_norm(slices, dim=1))
        return lengths.view(shape)

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        """(out, 1, ...), (out, in, *) -> (out, in, *)."""
        return (v * (g / self.length(v))).to(v.dtype)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Split a weight into g and v, so that forward returns this weight again."""
        if not weight.is_floating_point():
            raise TypeError(f"expected a floating-point weight, got {weight.dtype}")
        ndim, dim = weight.ndim, self.dim
        if dim is not None and not -ndim <= dim < ndim:
            raise ValueError(f"expected dim of a {ndim}-D weight, got {dim}")
        g = self.length(weight)
        if (g == 0).any():
            raise ValueError(f"expected no slice of zeros, got {int((g == 0).sum())}")
        return g.to(weight.dtype), weight
