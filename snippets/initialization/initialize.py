"""LeCun, Glorot and He initialization from one formula: Var[w] = gain / fan.
用一个公式写出 LeCun、Glorot 和 He 初始化：Var[w] = gain / fan。

    scheme    gain   fan        keeps the variance    through
    lecun     1      fan_in     forward               no activation, SELU
    glorot    1      fan_avg    a bit of both ways    tanh
    he        2      fan_in     forward               ReLU, which halves E[y^2]

fan_in is how many weights meet in one output value, fan_out how many outputs one input
value feeds, fan_avg their mean. So a group sees only its own channels, and a transposed
convolution of stride s spreads its kernel over s outputs per axis. As in the papers and
in nn.init the stride of an ordinary convolution does not count.

Every nn.Linear, nn.Conv1d-3d and nn.ConvTranspose1d-3d below `model` is set, biases to
zero; all else stays as it is. `gain` belongs to the variance: the square of nn.init's.
Errors: ValueError for unknown names, a gain that is not positive, and a model with no
such layer or with one that cannot be set in place (lazy, empty, or its weight computed
by a parametrization); then nothing has been changed.
Source: LeCun et al. 1998, section 4.6; Glorot and Bengio 2010, section 4.2; He et al.
2015, section 2.2; torch.nn.init.kaiming_*, xavier_*, trunc_normal_.
"""

import math
from typing import Literal, TypeVar

import torch
from torch import nn
from torch.nn.parameter import is_lazy

SCHEMES = {"lecun": (1.0, "fan_in"), "glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in")}
DISTRIBUTIONS = ("normal", "uniform", "truncated_normal")
# The spread that is left of a standard normal after cutting it at two sigmas.
CUT = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))

Transposed = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | Transposed
Model = TypeVar("Model", bound=nn.Module)


def fans(layer: Layer) -> dict[str, float]:
    """Count the connections of one output and of one input.
    数出每个输出、每个输入各有多少条连接。
    """
    if isinstance(layer, nn.Linear):
        fan_in, fan_out = float(layer.in_features), float(layer.out_features)
    else:
        taps = math.prod(layer.kernel_size) / layer.groups
        spread = math.prod(layer.stride) if isinstance(layer, Transposed) else 1
        fan_in = layer.in_channels * taps / spread
        fan_out = layer.out_channels * taps
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}


def initialize(
    model: Model,
    scheme: Literal["he", "glorot", "lecun"] = "he",
    *,
    distribution: Literal["normal", "uniform", "truncated_normal"] = "normal",
    gain: float | None = None,
    fan: Literal["fan_in", "fan_out", "fan_avg"] | None = None,
    generator: torch.Generator | None = None,
) -> Model:
    """Set the weights of a layer, or of all layers in a model, and return it.
    设置一层或整个模型中各层的权重，并返回它。
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {[*SCHEMES]}, got {scheme!r}")
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"distribution not in {DISTRIBUTIONS}: {distribution!r}")
    gain = SCHEMES[scheme][0] if gain is None else gain
    fan_name = fan or SCHEMES[scheme][1]
    if not 0 < gain < math.inf:
        raise ValueError(f"gain must be positive and finite, got {gain}")
    if fan_name not in {"fan_in", "fan_out", "fan_avg"}:
        raise ValueError(f"fan must be fan_in, fan_out or fan_avg, got {fan_name!r}")
    layers = [module for module in model.modules() if isinstance(module, Layer)]
    if not layers:
        raise ValueError(f"{type(model).__name__} has no linear or convolution layer")
    for layer in layers:
        w = layer.weight
        if not isinstance(w, nn.Parameter) or is_lazy(w) or not w.numel():
            raise ValueError(f"the weight of {layer} is lazy, empty or computed")
    for layer in layers:
        std = math.sqrt(gain / fans(layer)[fan_name])
        if distribution == "normal":
            nn.init.normal_(layer.weight, 0.0, std, generator)
        elif distribution == "uniform":
            bound = math.sqrt(3.0) * std  # U(-b, b) has variance b^2 / 3
            nn.init.uniform_(layer.weight, -bound, bound, generator)
        else:
            wide = std / CUT
            ends = (-2 * wide, 2 * wide)
            nn.init.trunc_normal_(layer.weight, 0.0, wide, *ends, generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return model
