"""Recompute the running statistics of a trained model from a loader.
用数据加载器重新计算已训练模型的滑动统计量。

Every batch norm normalizes by the batch, as in training; all other layers are in eval
mode, so dropout is off. running_mean and running_var (C,) become the mean and the
unbiased variance of all the values that reach the layer, each counted once: batches of
any size are pooled exactly, and so are several calls of one layer in a forward.
num_batches_tracked becomes the number of calls; parameters, momentum and modes stay.
Limits: what reaches the deeper layers depends on the batch size: use that of training,
    and shuffle. A layer that no batch reaches keeps its statistics. Each process pools
    its own batches only.
Raises: ValueError for an empty loader, a model without batch norm, a layer without
    running statistics, one value per channel, and results that are not finite;
    TypeError for a batch of another type. After any error the old statistics are back.
Source: Wu & Johnson (2021), section 3; Chan, Golub & LeVeque (1983) for the pooling.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import (
    _BatchNorm,  # pyright: ignore[reportPrivateUsage] the only common base class
)
from torch.nn.parameter import is_lazy


def recalibrate_batch_norm(
    model: nn.Module,
    loader: Iterable[Any],
    forward: Callable[[Any], object] | None = None,
) -> None:
    """Recompute the statistics of every batch norm of the model in place.

    就地重新计算模型中每个批量归一化层的统计量。
    A batch is a tensor, a tuple or list that starts with one, or a dict of arguments;
    forward(batch) handles any other: lambda batch: model(batch["image"].cuda()).
    """
    layers = [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
    if not layers:
        raise ValueError(f"expected batch norm, got none in {type(model).__name__}")
    for layer in layers:
        lacking = layer.running_mean is None or is_lazy(layer.running_mean)
        if lacking or not layer.track_running_stats:
            raise ValueError(f"expected running statistics, got none in {layer}")
    modes = {module: module.training for module in model.modules()}
    pools = [_Pool(layer) for layer in layers]
    try:
        # Not by train() and eval(): models override them, some to keep layers frozen.
        for module in modes:
            module.training = isinstance(module, _BatchNorm)
        with torch.no_grad():
            for batch in loader:
                _forward(model, batch) if forward is None else forward(batch)
        if not any(pool.count for pool in pools):
            raise ValueError("expected batches that reach a batch norm, got none")
        for pool in pools:
            pool.finish()
    except BaseException:
        for pool in pools:
            pool.restore()
        raise
    finally:
        for pool in pools:
            pool.hook.remove()
        for module, mode in modes.items():
            module.training = mode


def _forward(model: nn.Module, batch: object) -> None:
    if isinstance(batch, Tensor):
        model(batch)
    elif isinstance(batch, Mapping):
        model(**cast("Mapping[str, Any]", batch))
    elif isinstance(batch, tuple | list):
        model(cast("tuple[Any, ...]", batch)[0])
    else:
        wanted = "a tensor, tuple, list or dict, or the argument forward"
        raise TypeError(f"expected {wanted}; got {batch!r}")


class _Pool:
    """What has reached one layer: the number of values, their mean and spread (C,)."""

    def __init__(self, layer: _BatchNorm) -> None:
        self.layer = layer
        self.old = [buffer.clone() for buffer in layer.buffers()]
        self.count, self.calls = 0, 0
        # float64 on the CPU, since not every device has it.
        self.mean = self.squares = torch.zeros(layer.num_features, dtype=torch.float64)
        self.hook = layer.register_forward_pre_hook(self.add, with_kwargs=True)

    def add(self, _: nn.Module, args: tuple[Tensor], kwargs: dict[str, Tensor]) -> None:
        x = args[0] if args else kwargs["input"]  # (N, C, *)
        dims = [0, *range(2, x.dim())]
        count = math.prod(x.shape[dim] for dim in dims)
        if count == 0:
            return
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        var, mean = (t.cpu().double() for t in torch.var_mean(wide, dims, correction=0))
        total = self.count + count
        step = mean - self.mean
        self.mean = self.mean + step * (count / total)
        between = step.square() * (self.count * count / total)
        self.squares = self.squares + var * count + between
        self.count, self.calls = total, self.calls + 1

    def finish(self) -> None:
        if self.count > 0:
            names = "running_mean", "running_var", "num_batches_tracked"
            mean, var, calls = map(self.layer.get_buffer, names)
            mean.copy_(self.mean)
            var.copy_(self.squares / (self.count - 1))
            calls.fill_(self.calls)
            if not bool((mean.isfinite() & var.isfinite()).all()):
                raise ValueError(f"expected finite statistics, got {mean}, {var}")

    def restore(self) -> None:
        for buffer, value in zip(self.layer.buffers(), self.old, strict=True):
            buffer.copy_(value)
