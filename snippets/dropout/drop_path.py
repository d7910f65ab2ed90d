"""Stochastic depth: leave out a whole residual branch, sample by sample.
随机深度：以样本为单位，随机跳过整条残差分支。

    y = x + drop_path(branch(x))

In training each sample keeps its branch with probability 1 - p, and the branch is then
scaled by 1 / (1 - p); in eval it is always there, unscaled. The paper instead leaves
training unscaled and multiplies by 1 - p in eval: the same up to that factor.

Use it on the branch, before the sum: on the sum it would erase the sample. The paper
lets p grow with depth: p = l / L * p_last for block l of L.

Shapes: (N, *) to (N, *), one decision for each of the N samples.
Errors: ValueError for p outside [0, 1] and for an input without a batch axis; TypeError
for an input that is not floating-point.
Source: Huang et al. 2016, section 3; torchvision.ops.stochastic_depth in mode "row".
"""

from torch import Tensor, nn


class DropPath(nn.Module):
    """Zero all of a sample's values with probability p while training.
    训练时以概率 p 把一个样本的全部值置零。
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p, the share to drop, must lie in [0, 1], got {p}")
        self.p = p

    def extra_repr(self) -> str:
        """Show p."""
        return f"p={self.p}"

    def forward(self, x: Tensor) -> Tensor:
        """Return x with some samples dropped while training, else x itself."""
        if not x.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {x.dtype}")
        if x.dim() == 0:
            raise ValueError("expected (N, *) with a batch axis, got a scalar")
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        mask = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1))  # (N, 1, ...)
        # With p = 1 nothing is left to scale, and 1 / (1 - p) does not exist.
        mask = mask.bernoulli_(keep).div_(keep) if keep else mask.zero_()
        return x * mask
