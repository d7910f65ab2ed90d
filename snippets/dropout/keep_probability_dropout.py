"""Dropout as the 2014 paper defines it: keep with probability q, and scale in eval.
2014 年论文中的 Dropout：以保留概率 q 留下每个值，到推理时才乘以 q。

               training     eval     mean
    paper      x * r        x * q    q x     r = 1 with probability q, else 0
    PyTorch    x * r / q    x        x       q = 1 - p

KeepProbabilityDropout(q) is q times nn.Dropout(1 - q), in training and in eval. So the
factor q can move into the next weights (the paper writes it there: W_test = q W), and
each convention is right by itself. Do not take half of each: with both scalings eval
is too small by the factor q, and with neither it is too large by 1 / q.

Shapes: (*) to (*). Gradient: r in training, q in eval.
Errors: ValueError for keep_prob outside [0, 1]; TypeError for an input that is not
floating-point.
Source: Srivastava et al. 2014, section 4 (their p is q here); section 10 names the
scaling in training that PyTorch uses.
"""

import torch
from torch import Tensor, nn


class KeepProbabilityDropout(nn.Module):
    """Multiply by the mask in training and by the keep probability in eval.
    训练时乘以掩码，推理时乘以保留概率。
    """

    def __init__(self, keep_prob: float = 0.5) -> None:
        super().__init__()
        if not 0 <= keep_prob <= 1:
            raise ValueError(f"keep_prob must lie in [0, 1], got {keep_prob}")
        self.keep_prob = keep_prob

    def extra_repr(self) -> str:
        """Name the convention, because p alone does not tell which one it is."""
        return f"keep_prob={self.keep_prob}"

    def forward(self, x: Tensor) -> Tensor:
        """Return x times a mask of zeros and ones, or times its expectation."""
        if not x.is_floating_point():
            raise TypeError(f"expected a floating-point input, got {x.dtype}")
        if not self.training:
            return x * self.keep_prob
        return x * torch.empty_like(x).bernoulli_(self.keep_prob)
