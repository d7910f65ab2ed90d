"""Standardize inputs with the mean and standard deviation of the training set.
用训练集的均值与标准差对输入做标准化。

    standardize = Standardize(num_features=3)
    standardize.fit(x for x, _ in train_loader)     # once, on the training set alone
    model = nn.Sequential(standardize, network)     # saved, moved and used as one

Shapes: (N, C), a feature a column, or (N, C, *), all values of a channel together. The
batches are merged exactly (count, mean, squared deviations) in float64: neither their
sizes nor a mean far larger than the spread matter. std divides by the count, without
correction. A constant feature has std 0 and is divided by 1 instead, so it becomes 0.
``forward`` never learns; it computes in float64 and returns the dtype of its input.
Errors: ValueError for a wrong shape, for NaN and infinite values, and for nothing to
fit; TypeError for a dtype that is not floating-point; RuntimeError before ``fit``.
Source: Chan, Golub, LeVeque 1983 (updating formulas that merge two samples).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Standardize(nn.Module):
    """(x - mean) / std, feature by feature. 逐特征标准化。"""

    count: Tensor  # (), how many values of each feature were seen
    mean: Tensor  # (C)
    squares: Tensor  # (C), the sum of squared deviations from the mean

    def __init__(
        self, num_features: int, device: torch.device | str | None = None
    ) -> None:
        super().__init__()
        self.num_features = num_features
        zeros = torch.zeros(num_features, dtype=torch.float64, device=device)
        self.register_buffer("count", torch.zeros((), dtype=torch.int64, device=device))
        self.register_buffer("mean", zeros)
        self.register_buffer("squares", zeros.clone())

    @property
    def std(self) -> Tensor:
        """The divisor, (C): the standard deviation, or 1 where it is 0."""
        std = (self.squares / self.count).sqrt()
        return torch.where(std == 0, 1.0, std)

    def fit(self, batches: Iterable[Tensor]) -> None:
        """Replace what was learnt before; a bad batch leaves that as it was."""
        new = type(self)(self.num_features, self.mean.device)
        for x in batches:
            new.update(x)
        if new.count == 0:
            raise ValueError("expected at least one sample to fit, got none")
        self.load_state_dict(new.state_dict())

    @torch.no_grad()
    def update(self, x: Tensor) -> None:
        """Merge one more batch, (N, C, *), into the statistics."""
        self._check(x)
        values = x.movedim(1, -1).reshape(-1, self.num_features).double()  # (n, C)
        if not values.isfinite().all():
            raise ValueError("expected finite values, got NaN or infinity")
        if len(values) == 0:
            return
        if self.count == 0:  # from there a constant feature has deviations of exactly 0
            self.mean.copy_(values[0])
        total = self.count + len(values)
        deviations = values - self.mean
        shift = deviations.mean(0)  # from the mean so far to the mean of this batch
        self.squares += (deviations - shift).square().sum(0)
        self.squares += shift.square() * self.count * len(values) / total
        self.mean += shift * len(values) / total
        self.count.copy_(total)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *) -> (N, C, *), with mean 0 and std 1 on the training set."""
        mean, std = self._fitted(x)
        return ((x - mean) / std).to(x.dtype)

    def inverse(self, x: Tensor) -> Tensor:
        """Undo ``forward``: back to the units of the data."""
        mean, std = self._fitted(x)
        return (x * std + mean).to(x.dtype)

    def _check(self, x: Any) -> None:
        if not isinstance(x, Tensor):
            raise TypeError(f"expected a floating-point tensor, got {type(x)}")
        if not x.is_floating_point():
            raise TypeError(f"expected a floating-point tensor, got {x.dtype}")
        if x.ndim < 2 or x.shape[1] != self.num_features:
            shape = tuple(x.shape)
            raise ValueError(f"expected (N, {self.num_features}, *), got {shape}")

    def _fitted(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self._check(x)
        # Compiled code cannot branch on a tensor; unfitted it gives NaN, from 0 / 0.
        if not torch.compiler.is_compiling() and self.count == 0:
            raise RuntimeError("expected fit() before use, got no samples so far")
        per_channel = (-1, *[1] * (x.ndim - 2))  # (C) beside (N, C, *)
        return self.mean.view(per_channel), self.std.view(per_channel)

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> "Standardize":
        """Move with the model but stay in float64: .half() would round the mean."""
        before = dict(self.named_buffers())
        super()._apply(fn, recurse)
        for name, moved in self.named_buffers():
            if moved.dtype != before[name].dtype:
                setattr(self, name, before[name].to(moved.device))
        return self
