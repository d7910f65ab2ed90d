"""Parameter groups for an optimizer: no weight decay for norms, biases and vectors.
优化器的参数分组：归一化层、偏置和一维参数不做权重衰减。

A parameter decays unless one of these holds, under any of its names:
    it belongs to a layer of torch.nn that normalizes (of whatever shape it is there)
    its own name contains "bias" (bias, in_proj_bias, bias_hh_l0, relative_bias_table)
    it has fewer than two dimensions (scales, PReLU, norms that people write themselves)
So matrices and kernels decay. An embedding is a matrix and decays, tied to the output
layer or not. A parameter of shape (1, 1, C) or (C, 1, 1), a class token or layer scale,
decays too: only its meaning could tell. Units: weight_decay as the optimizer takes it.
Raises: ValueError for a weight decay that is negative or not finite, and for a model
    without trainable parameters.
Source: torch.optim.AdamW, which without groups lets everything decay.
"""

import math
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import (
    _NormBase,  # pyright: ignore[reportPrivateUsage] batch and instance norms
)

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def no_decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return two groups, [decay, no decay], each in the order of model.parameters().

    返回两个参数组：［衰减，不衰减］，组内顺序与 model.parameters() 相同。
    Every trainable parameter is in one of them, once; frozen ones are in neither. Both
    groups always exist, even if empty: saved optimizer states and schedulers fit.
    """
    if not 0 <= weight_decay < math.inf:
        raise ValueError(f"expected a weight decay >= 0, got {weight_decay}")
    exempt = {
        parameter
        for module in model.modules()
        for name, parameter in module.named_parameters(
            recurse=False, remove_duplicate=False
        )
        if isinstance(module, NORMS) or "bias" in name or parameter.dim() < 2
    }
    trainable = [p for p in model.parameters() if p.requires_grad]  # tied ones once
    if not trainable:
        raise ValueError(f"expected trainable parameters, got none in {type(model)}")
    decay = [p for p in trainable if p not in exempt]
    no_decay = [p for p in trainable if p in exempt]
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]
