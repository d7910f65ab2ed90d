"""Freeze batch norm: its statistics, its affine parameters, or both; and undo it.
冻结批量归一化：统计量、仿射参数，或两者同时冻结；并可撤销。

Three switches, each for itself; model.train() does not reset them:
    statistics  the running statistics normalize in training too, not the batch
    updates     the running statistics keep their values, even if the batch normalizes
    affine      weight and bias keep their values: no gradient, no weight decay
The layers stay in place, with their eps, their buffers and their state_dict keys.
Answers: model.train() thaws a frozen layer (Q12); requires_grad=False leaves the
    statistics moving (Q13); a replacement with another eps changes the outputs (Q14).
Limits: freeze after the weights are loaded (statistics of 0 and 1 normalize nothing)
    and after convert_sync_batchnorm, but before DistributedDataParallel.
Raises: ValueError for a model without batch norm, for a layer without running
    statistics, and for a lazy layer that has seen no batch.
Source: torch.nn.BatchNorm2d in eval mode.
"""

from collections.abc import Iterable
from functools import cache
from typing import Self, cast

from torch import nn
from torch.nn.modules.batchnorm import (
    _BatchNorm,  # pyright: ignore[reportPrivateUsage] the only common base class
)
from torch.nn.modules.lazy import LazyModuleMixin

Named = Iterable[tuple[str, nn.Module]]
NOTE = "before_freezing"  # what to go back to, kept in the layer: copied and pickled


def freeze_batch_norm(
    model: nn.Module,
    *,
    statistics: bool = True,
    updates: bool = True,
    affine: bool = True,
) -> None:
    """Freeze every batch norm of the model in place; statistics stops updates too.

    就地冻结模型中的每个批量归一化层；冻结 statistics 时也不再更新统计量。
    """
    layers: list[_BatchNorm] = []
    for name, layer in cast("Named", model.named_modules()):
        if isinstance(layer, _BatchNorm):
            if isinstance(layer, LazyModuleMixin):
                raise ValueError(f"expected an initialized layer, got lazy {name!r}")
            if layer.running_mean is None and (statistics or updates):
                raise ValueError(f"expected running statistics, got none in {name!r}")
            layers.append(layer)
    if not layers:
        raise ValueError(f"expected batch norm, got none in {type(model).__name__}")
    for layer in layers:  # all before the first change: they may share a parameter
        note = {name: p.requires_grad for name, p in layer.named_parameters()}
        note["track_running_stats"] = layer.track_running_stats
        vars(layer).setdefault(NOTE, note)
    for layer in layers:
        if statistics and not isinstance(layer, FrozenBatchNorm):
            layer.__class__ = _frozen(type(layer))
            layer.train(layer.training)
        if updates and not statistics:  # False: keep the buffers, but never write them
            layer.track_running_stats = False
        for parameter in layer.parameters() if affine else ():
            parameter.requires_grad = False
            parameter.grad = None  # an optimizer would still apply an old gradient


def unfreeze_batch_norm(model: nn.Module) -> None:
    """Undo freeze_batch_norm; the mode is the one last asked for by train or eval.

    撤销 freeze_batch_norm；模式恢复为最近一次 train 或 eval 所要求的模式。
    """
    for layer in model.modules():
        note: dict[str, bool] | None = vars(layer).pop(NOTE, None)
        if note is None or not isinstance(layer, _BatchNorm):
            continue
        if isinstance(layer, FrozenBatchNorm):
            layer.__class__ = type(layer).__bases__[1]
            layer.training = note["training"]
        layer.track_running_stats = note["track_running_stats"]
        for name, parameter in layer.named_parameters():
            parameter.requires_grad = note.get(name, parameter.requires_grad)


class FrozenBatchNorm(_BatchNorm):
    """Put before a layer's own class: whatever train() says, it stays in eval mode."""

    def train(self, mode: bool = True) -> Self:
        """Note the mode for unfreeze_batch_norm, and stay in eval mode."""
        vars(self)[NOTE]["training"] = mode
        return super().train(False)

    def __reduce__(self) -> tuple[object, ...]:
        # The class is made while the program runs: pickle its recipe, not its name.
        return _new, (type(self).__bases__[1],), self.__getstate__()


@cache
def _frozen(kind: type[_BatchNorm]) -> type[FrozenBatchNorm]:
    # The module is that of the kind: for torch.fx it stays one of torch's own layers.
    names = {"__module__": kind.__module__}
    return type(f"Frozen{kind.__name__}", (FrozenBatchNorm, kind), names)


def _new(kind: type[_BatchNorm]) -> FrozenBatchNorm:
    frozen = _frozen(kind)
    return frozen.__new__(frozen)
