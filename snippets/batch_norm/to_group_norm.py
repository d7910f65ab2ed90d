"""Replace every batch norm of a model by group norm, which needs no batch.
把模型中的每个批量归一化层换成不依赖小批量的组归一化层。

num_groups is the largest divisor of C up to groups that leaves at least two channels in
a group: a group of a single value, as (N, C) input would give, is always 0.
    groups = 32:  C = 64 -> 32 groups of 2   48 -> 24 of 2   32 -> 16 of 2   7 -> 1 of 7
weight and bias (C,), eps, device, dtype, requires_grad and mode are carried over; the
running statistics are dropped. It is another function: train it, or at least fine-tune.
Raises: TypeError or ValueError for groups that are not a positive int; ValueError for a
    model without batch norm, a layer with fewer than two channels, and a layer with
    hooks or a forward of its own, which group norm would not have.
Source: Wu & He (2018), section 3; torch.nn.GroupNorm.
"""

import copy

from torch import nn
from torch.nn.modules.batchnorm import (
    _BatchNorm,  # pyright: ignore[reportPrivateUsage] the only common base class
)

OWN = (_BatchNorm.forward, nn.SyncBatchNorm.forward)


def batch_norm_to_group_norm(model: nn.Module, groups: int = 32) -> nn.Module:
    """Return a copy of the model with GroupNorm in place of every batch norm.

    返回模型的副本，其中每个批量归一化层都已换成 GroupNorm。
    """
    if type(groups) is not int:
        raise TypeError(f"expected groups to be an int, got {groups!r}")
    if groups < 1:
        raise ValueError(f"expected at least 1 group, got {groups}")
    # deepcopy believes its memo: the new layers appear wherever the old ones were,
    # under every name, and parameters that were shared are shared again.
    memo: dict[int, object] = {}
    for layer in model.modules():
        if isinstance(layer, _BatchNorm):
            memo[id(layer)] = _group_norm(layer, groups, memo)
    if not memo:
        raise ValueError(f"expected batch norm, got none in {type(model).__name__}")
    return copy.deepcopy(model, memo)


def _group_norm(
    layer: _BatchNorm, groups: int, memo: dict[int, object]
) -> nn.GroupNorm:
    channels, state = layer.num_features, vars(layer)
    if channels < 2:
        raise ValueError(f"expected at least 2 channels, got {channels} in {layer}")
    if type(layer).forward not in OWN or "forward" in state:
        raise ValueError(f"expected the forward of torch, got another in {layer}")
    if state["_forward_hooks"] or state["_forward_pre_hooks"]:
        raise ValueError(f"expected no hooks, got some in {layer}")
    most = min(groups, channels // 2)
    count = max(n for n in range(1, most + 1) if channels % n == 0)
    norm = nn.GroupNorm(count, channels, layer.eps, affine=False)
    norm.affine = layer.affine  # with copies of the old parameters, where there are any
    norm.weight = copy.deepcopy(layer.weight, memo)
    norm.bias = copy.deepcopy(layer.bias, memo)
    return norm.train(layer.training)
