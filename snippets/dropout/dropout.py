"""Dropout, written out: zero some values, scale up the others, do nothing in eval.
把 Dropout 写清楚：训练时随机置零，并放大留下的值；推理时什么也不做。

The mask is drawn anew in each training call: 0 with probability p, else 1 / (1 - p).
So E[y] = x, and eval is the identity (inverted scaling). Here p is the probability to
drop; in the 2014 paper and in CS231n it is the probability to keep.

    Dropout          (*)         one decision per value        nn.Dropout
    ChannelDropout   (N, C, *)   one decision per channel      nn.Dropout1d, 2d, 3d
                                 of each sample

ChannelDropout always takes axis 0 for the batch. PyTorch reads (N, C) as (C, L) in
Dropout1d, and (C, H, W) as (N, C, L) in Dropout2d, and then drops the wrong thing. So
(N, C) is refused here; and as the rank alone cannot tell (C, H, W) from (N, C, L),
`spatial_dims` (1, 2 or 3: Dropout1d, 2d or 3d) refuses every other rank.

Errors: ValueError for p outside [0, 1] and for such ranks; TypeError for an input that
is not floating-point; both in eval as well, so that a wrong call cannot hide there.
Source: Srivastava et al. 2014, sections 4 and 10; Tompson et al. 2015 (channels);
torch.nn.functional.dropout, dropout1d, dropout2d, dropout3d.
"""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Drop single values; drop-in for nn.Dropout.
    逐个元素随机失活，可直接替换 nn.Dropout。
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p, the share to drop, must lie in [0, 1], got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Show p and inplace, as nn.Dropout does."""
        return f"p={self.p}, inplace={self.inplace}"

    def empty_mask(self, x: Tensor) -> Tensor:
        """Return room for the decisions, of a shape that broadcasts to x."""
        return torch.empty_like(x)  # (*)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with some values dropped while training, else x itself."""
        if not x.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {x.dtype}")
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        mask = self.empty_mask(x)
        # With p = 1 nothing is left to scale, and 1 / (1 - p) does not exist.
        mask = mask.bernoulli_(keep).div_(keep) if keep else mask.zero_()
        return x.mul_(mask) if self.inplace else x * mask


class ChannelDropout(Dropout):
    """Drop whole channels; drop-in for nn.Dropout1d, nn.Dropout2d and nn.Dropout3d.
    整个通道一起随机失活，可直接替换 nn.Dropout1d、nn.Dropout2d 和 nn.Dropout3d。
    """

    def __init__(
        self, p: float = 0.5, inplace: bool = False, *, spatial_dims: int | None = None
    ) -> None:
        super().__init__(p, inplace)
        if spatial_dims not in {None, 1, 2, 3}:
            raise ValueError(f"spatial_dims must be 1, 2 or 3, got {spatial_dims}")
        self.spatial_dims = spatial_dims

    def empty_mask(self, x: Tensor) -> Tensor:
        """Return room for one decision per channel of each sample."""
        return x.new_empty(x.shape[:2] + (1,) * (x.dim() - 2))  # (N, C, 1, ...)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with some channels dropped while training, else x itself."""
        least, most = (self.spatial_dims or 1), (self.spatial_dims or x.dim())
        if not least <= x.dim() - 2 <= most:
            raise ValueError(
                f"expected (N, C, *) with {self.spatial_dims or '1 or more'} spatial "
                f"dimensions, got {tuple(x.shape)}: for (N, C) use Dropout, and give "
                "a single sample its batch axis with x[None]"
            )
        return super().forward(x)
