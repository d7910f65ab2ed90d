"""Report the state of every batch norm, also against a batch: data that prints a table.
报告每个批量归一化层的状态，也可与一个小批量对照；返回数据，打印即为表格。

One line per layer; "-" (None) where a batch or the running statistics are missing:
    mode       train, eval, or batch: eval mode, but no running statistics to use
    values     values per channel, N * H * W; with 1, training fails
    calls      calls in one forward; with 2, two places share one set of statistics
    updates    num_batches_tracked
    shift      (batch mean - running_mean) / sqrt(running_var + eps): in standard
               deviations; up to about sqrt(2 ln C / values) is chance
    log_ratio  ln((batch variance + eps) / (running_var + eps))
    bad        channels with NaN or infinity in the layer or in what reaches it
    dead       channels with a variance below eps, running or in the batch
shift and log_ratio are those of the worst channel. The batch runs in eval mode, except
that each layer normalizes by the batch: a fault in one layer does not spread to the
next. Buffers, modes and random state do not change.
Raises: ValueError for a model without batch norm. Source: torch.nn.BatchNorm2d.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import (
    _BatchNorm,  # pyright: ignore[reportPrivateUsage] the only common base class
)


@dataclass(frozen=True)
class LayerReport:
    """One layer; the fields are explained at the top of the file."""

    layer: str
    mode: str
    values: int | None
    calls: int | None
    updates: int | None
    shift: float | None
    log_ratio: float | None
    bad: int
    dead: int


@dataclass(frozen=True)
class BatchNormReport:
    """One LayerReport per layer, in the order of the modules."""

    layers: tuple[LayerReport, ...]

    def __str__(self) -> str:
        rows = [[field.name for field in fields(LayerReport)]]
        for layer in self.layers:
            values = ["-" if v is None else v for v in astuple(layer)]
            rows.append(
                [f"{v:.2f}" if isinstance(v, float) else f"{v}" for v in values]
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        sides = "<<>>>>>>>"  # the numbers to the right
        line = "  ".join(f"{{:{s}{w}}}" for s, w in zip(sides, widths, strict=True))
        return "\n".join(line.format(*row) for row in rows)


def batch_norm_report(model: nn.Module, batch: object = None) -> BatchNormReport:
    """Describe every batch norm of the model, and how the batch differs from it.

    描述模型中的每个批量归一化层，以及小批量与它的差别。
    A batch is a tensor, a tuple or list that starts with one, or a dict of arguments.
    """
    named = cast("Iterable[tuple[str, nn.Module]]", model.named_modules())
    layers = {name: m for name, m in named if isinstance(m, _BatchNorm)}
    if not layers:
        raise ValueError(f"expected batch norm, got none in {type(model).__name__}")
    calls: dict[nn.Module, list[_Call]] = {layer: [] for layer in layers.values()}

    def measure(layer: _BatchNorm, args: Any, kwargs: Any) -> None:
        x: Tensor = args[0] if args else kwargs["input"]  # (N, C, *)
        dims = [0, *range(2, x.dim())]
        if (count := math.prod(x.shape[dim] for dim in dims)) == 0:
            return
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        var, mean = torch.var_mean(wide, dims, correction=0)
        calls[layer].append((count, mean, var))
        if layer.running_mean is not None:  # a copy: from now on x normalizes itself
            layer.get_buffer("running_mean").copy_(mean)
            layer.get_buffer("running_var").copy_(var)

    if batch is not None:
        modes = {module: module.training for module in model.modules()}
        copies = {name: buffer.clone() for name, buffer in model.named_buffers()}
        gpus = {p.device for p in model.parameters() if p.is_cuda}
        hooks = [x.register_forward_pre_hook(measure, with_kwargs=True) for x in calls]
        try:
            for module in modes:
                module.training = False
            with torch.no_grad(), torch.random.fork_rng(gpus):
                functional_call(model, copies, *_arguments(batch))
        finally:
            for hook in hooks:
                hook.remove()
            for module, mode in modes.items():
                module.training = mode
    return BatchNormReport(tuple(_report(n, m, calls[m]) for n, m in layers.items()))


def _arguments(batch: object) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(batch, Mapping):
        return (), dict(cast("Mapping[str, Any]", batch))
    many = isinstance(batch, tuple | list)
    return (cast("tuple[Any, ...]", batch)[0] if many else batch,), {}


_Call = tuple[int, Tensor, Tensor]  # number of values, mean and biased variance (C,)


def _report(name: str, layer: _BatchNorm, calls: list[_Call]) -> LayerReport:
    mean, var, eps = layer.running_mean, layer.running_var, layer.eps
    means = [m for _, m, _ in calls]
    unbiased = [v * (n / (n - 1)) for n, _, v in calls if n > 1]  # as running_var is
    shifts, ratios = list[Tensor](), list[Tensor]()
    updates = layer.num_batches_tracked
    if mean is not None and var is not None:
        shifts = [(m - mean) * torch.rsqrt(var + eps) for m in means]
        ratios = [torch.log((v + eps) / (var + eps)) for v in unbiased]
        means, unbiased = [*means, mean], [*unbiased, var]
    evaluates = "batch" if mean is None else "eval"
    finite = [t.isfinite() for t in (*layer.parameters(), *means, *unbiased)]
    return LayerReport(
        layer=name,
        mode="train" if layer.training else evaluates,
        values=min((n for n, _, _ in calls), default=None),
        calls=len(calls) or None,
        updates=None if updates is None else int(updates),
        shift=_worst(shifts),
        log_ratio=_worst(ratios),
        bad=_channels([~f for f in finite]),
        dead=_channels([v < eps for v in unbiased]),
    )


def _worst(values: list[Tensor]) -> float | None:
    flat = torch.cat([torch.zeros(0), *(v.cpu() for v in values)])
    return float(flat[flat.abs().argmax()]) if len(flat) else None


def _channels(masks: list[Tensor]) -> int:
    return int(torch.stack(masks).any(0).sum()) if masks else 0
