"""Variational dropout: one mask for all steps of a sequence, or for a whole function.
变分 Dropout：一个序列的所有时间步共用一张掩码，或一次采样全程共用一张掩码。

`shared_dims` names the axes along which the mask does not change:

    (N, L, C)   1, the default    one mask per sequence, shared over time
    (L, N, C)   0                 the same, time first
    (N, L, C)   (0, 1)            one mask for all sequences: a Monte-Carlo sample
    (N, C)      ()                a single time step, in a loop

Each call draws anew, so two batches never share a mask by accident. Where one mask must
outlive a call, say so with a block; at its end, or at an error, the mask is gone:

    with hold_masks(model):          # every FixedMaskDropout inside draws once
        for x in steps:              # (N, C) each
            state = cell(drop(x), state)

Errors: ValueError for p outside [0, 1], for axes that the input lacks, and for an input
in the block that does not fit the mask; TypeError for a dtype without fractions and for
a model without such layers. Scaling as in nn.Dropout; in eval the identity.
Source: Gal and Ghahramani 2016, section 4.
"""

from collections.abc import Generator
from contextlib import contextmanager

from torch import Tensor, nn


class FixedMaskDropout(nn.Module):
    """Drop the same values at every position of the shared axes.
    在共享的轴上，每个位置丢弃相同的值。
    """

    def __init__(self, p: float = 0.5, shared_dims: int | tuple[int, ...] = 1) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p, the share to drop, must lie in [0, 1], got {p}")
        self.p = p
        single = isinstance(shared_dims, int)
        self.shared_dims = (shared_dims,) if single else shared_dims
        self.holding = False
        self.mask: Tensor | None = None  # not a buffer: it belongs in no checkpoint

    def extra_repr(self) -> str:
        """Show p and the shared axes."""
        return f"p={self.p}, shared_dims={self.shared_dims}"

    def forward(self, x: Tensor) -> Tensor:
        """Return x times the mask while training, else x itself."""
        if not x.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {x.dtype}")
        if not all(-x.dim() <= axis < x.dim() for axis in self.shared_dims):
            raise ValueError(f"{tuple(x.shape)} lacks an axis of {self.shared_dims}")
        if not self.training or self.p == 0:
            return x
        shape = list(x.shape)
        for axis in self.shared_dims:
            shape[axis] = 1  # broadcasting shares the mask
        mask = self.mask
        if mask is None:
            keep = 1 - self.p
            mask = x.new_empty(shape)
            # With p = 1 nothing is left to scale, and 1 / (1 - p) does not exist.
            mask = mask.bernoulli_(keep).div_(keep) if keep else mask.zero_()
        elif list(mask.shape) != shape:
            raise ValueError(
                f"the mask held since the first call fits {tuple(mask.shape)}, this "
                f"input needs {tuple(shape)}: begin a new hold_masks block"
            )
        if self.holding:
            self.mask = mask
        return x * mask.to(x)  # .to: autocast may change the dtype between two calls


@contextmanager
def hold_masks(model: nn.Module) -> Generator[None]:
    """Let each FixedMaskDropout of the model keep the first mask it draws in the block.
    在代码块内，模型中每个 FixedMaskDropout 只抽取一次掩码，之后一直沿用。
    """
    layers = [m for m in model.modules() if isinstance(m, FixedMaskDropout)]
    if not layers:
        raise TypeError(f"{type(model).__name__} contains no FixedMaskDropout")
    outer = [(layer.holding, layer.mask) for layer in layers]
    try:
        for layer in layers:
            layer.holding, layer.mask = True, None
        yield
    finally:
        for layer, (holding, mask) in zip(layers, outer, strict=True):
            layer.holding, layer.mask = holding, mask
