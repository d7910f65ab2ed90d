"""Spectral normalization: divide a weight by its largest singular value.
谱归一化：用幂迭代估计权重矩阵的最大奇异值，再用权重除以它。

    register_parametrization(conv, "weight", SpectralNorm(conv.weight))

A parametrization for torch.nn.utils.parametrize with the buffers ``_u`` and ``_v`` of
torch.nn.utils.parametrizations.spectral_norm, so state dicts fit. A weight (out, in, *)
counts as the matrix (out, in * prod(*)), which is not the operator norm of the
convolution; pass dim=1 for a transposed convolution, (in, out, *).
Each access to the weight in train mode runs ``n_power_iterations``, under no_grad too;
eval uses ``_u`` and ``_v`` as they are. Half types and autocast compute in float32.
Errors: ValueError for dim out of range, n_power_iterations < 1, and a weight of zeros
(torch gives NaN); TypeError for a wrong dtype.
Source: Miyato, Kataoka, Koyama, Yoshida 2018, section 2.1 and algorithm 1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SpectralNorm(nn.Module):
    """W / sigma(W), with sigma from power iteration. W / σ(W)，σ 由幂迭代求得。"""

    _u: Tensor
    _v: Tensor

    def __init__(
        self,
        weight: Tensor,
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise ValueError(f"expected dim of a {weight.ndim}-D weight, got {dim}")
        if n_power_iterations < 1:
            raise ValueError(
                f"expected n_power_iterations > 0, got {n_power_iterations}"
            )
        if not weight.is_floating_point():
            raise TypeError(f"expected a floating-point weight, got {weight.dtype}")
        if not weight.any():
            raise ValueError("expected a weight to divide, got zeros")
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps
        if weight.ndim > 1:  # a vector has one singular value: its length
            matrix = self._matrix(weight)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                start = torch.randn(size, device=weight.device, dtype=weight.dtype)
                self.register_buffer(name, F.normalize(start, dim=0, eps=eps))
            self._vectors(matrix, steps=15)

    def _matrix(self, weight: Tensor) -> Tensor:
        """(out, in, *) -> (out, in * prod(*)), where ``out`` is the axis ``dim``."""
        matrix = weight.movedim(self.dim, 0).flatten(1)
        return matrix.to(torch.promote_types(matrix.dtype, torch.float32))

    @torch.no_grad()
    def _vectors(self, matrix: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Return the singular vectors, made better by ``steps`` of power iteration."""
        # New tensors: the buffers change in place, and the graph of an earlier forward
        # (the real batch, before the fake one) must still find the values that it used.
        u = self._u.to(matrix.dtype, copy=True)
        v = self._v.to(matrix.dtype, copy=True)
        for _ in range(steps):
            u = F.normalize(matrix @ v, dim=0, eps=self.eps)
            v = F.normalize(matrix.T @ u, dim=0, eps=self.eps)
            self._u.copy_(u)
            self._v.copy_(v)
        return u, v

    def forward(self, weight: Tensor) -> Tensor:
        """(out, in, *) -> (out, in, *), divided by the largest singular value."""
        with torch.autocast(weight.device.type, enabled=False):
            if weight.ndim == 1:
                return F.normalize(weight, dim=0, eps=self.eps)
            matrix = self._matrix(weight)
            steps = self.n_power_iterations if self.training else 0
            u, v = self._vectors(matrix, steps)
            sigma = u @ (matrix @ v)
            return (weight.to(sigma.dtype) / sigma).to(weight.dtype)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Let ``module.weight = value`` set the weight before the division."""
        return weight
