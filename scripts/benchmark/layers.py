"""The layers, their twins in torch.nn, and the shapes of the inputs they are timed on.

All are in training mode, as in a step of training: forward builds the graph, and
forward_backward also computes the gradients of the input and of all parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.nn.utils.parametrize import register_parametrization

from scripts.benchmark.pairing import Call
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.dropout.dropout import ChannelDropout, Dropout
from snippets.norms.channels_first_layer_norm import ChannelsFirstLayerNorm
from snippets.norms.norms import GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from snippets.norms.spectral_norm import SpectralNorm
from snippets.norms.weight_norm import WeightNorm

Shape = tuple[int, ...]
Make = Callable[[Shape], nn.Module]

IMAGES: tuple[Shape, ...] = ((8, 32, 16, 16), (32, 64, 28, 28))
TOKENS: tuple[Shape, ...] = ((8, 64, 128), (32, 128, 256))
WEIGHTS: tuple[Shape, ...] = ((256, 256), (128, 64, 3, 3))
DIRECTIONS = ("forward", "forward_backward")


class Permuted(nn.Module):
    """nn.LayerNorm over the channels of (N, C, H, W), the usual way."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Channels last and back."""
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class Twins:
    """A snippet and what it is compared with, each made for the shape of an input."""

    twin: str
    ours: Make
    theirs: Make
    shapes: tuple[Shape, ...]
    weight: bool = False  # a parametrization: shapes are of weights, and no input

    @property
    def both(self) -> tuple[Make, Make]:
        """Ours and theirs."""
        return self.ours, self.theirs


def _torch_batch_norm(shape: Shape) -> nn.Module:
    kind = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    return kind(shape[1])


def _holder(shape: Shape) -> nn.Module:
    if len(shape) == 2:
        return nn.Linear(shape[1], shape[0])
    return nn.Conv2d(shape[1], shape[0], shape[2])


def _parametrization(layer: nn.Module) -> nn.Module:
    """Return what computes the weight, without the layer that uses it."""
    return layer.get_submodule("parametrizations.weight")


def _spectral(shape: Shape) -> nn.Module:
    layer = _holder(shape)
    norm = SpectralNorm(layer.get_parameter("weight"))
    return _parametrization(register_parametrization(layer, "weight", norm))


def _weight(shape: Shape) -> nn.Module:
    layer = _holder(shape)
    return _parametrization(register_parametrization(layer, "weight", WeightNorm()))


LAYERS: dict[str, Twins] = {
    "BatchNorm": Twins(
        "nn.BatchNorm1d, nn.BatchNorm2d",
        lambda shape: BatchNorm(shape[1]),
        _torch_batch_norm,
        ((128, 256), *IMAGES),
    ),
    "LayerNorm": Twins(
        "nn.LayerNorm",
        lambda shape: LayerNorm(shape[-1]),
        lambda shape: nn.LayerNorm(shape[-1]),
        TOKENS,
    ),
    "RMSNorm": Twins(
        "nn.RMSNorm",
        lambda shape: RMSNorm(shape[-1]),
        lambda shape: nn.RMSNorm(shape[-1]),
        TOKENS,
    ),
    "GroupNorm": Twins(
        "nn.GroupNorm",
        lambda shape: GroupNorm(8, shape[1]),
        lambda shape: nn.GroupNorm(8, shape[1]),
        IMAGES,
    ),
    "InstanceNorm": Twins(
        "nn.InstanceNorm2d",
        lambda shape: InstanceNorm(shape[1], affine=True),
        lambda shape: nn.InstanceNorm2d(shape[1], affine=True),
        IMAGES,
    ),
    "ChannelsFirstLayerNorm": Twins(
        "permute, nn.LayerNorm, permute",
        lambda shape: ChannelsFirstLayerNorm(shape[1]),
        lambda shape: Permuted(shape[1]),
        IMAGES,
    ),
    "Dropout": Twins(
        "nn.Dropout",
        lambda _: Dropout(0.5),
        lambda _: nn.Dropout(0.5),
        TOKENS,
    ),
    "ChannelDropout": Twins(
        "nn.Dropout2d",
        lambda _: ChannelDropout(0.5),
        lambda _: nn.Dropout2d(0.5),
        IMAGES,
    ),
    "SpectralNorm": Twins(
        "parametrizations.spectral_norm",
        _spectral,
        lambda shape: _parametrization(parametrizations.spectral_norm(_holder(shape))),
        WEIGHTS,
        weight=True,
    ),
    "WeightNorm": Twins(
        "parametrizations.weight_norm",
        _weight,
        lambda shape: _parametrization(parametrizations.weight_norm(_holder(shape))),
        WEIGHTS,
        weight=True,
    ),
}


def calls(twins: Twins, shape: Shape, compiled: bool) -> dict[str, tuple[Call, Call]]:
    """Return what is timed of ours and theirs, by direction."""
    torch.compiler.reset()  # else each new shape counts as a recompilation
    pair = [_calls(make(shape), shape, twins.weight, compiled) for make in twins.both]
    return {name: (pair[0][name], pair[1][name]) for name in DIRECTIONS}


def _calls(
    layer: nn.Module, shape: Shape, weight: bool, compiled: bool
) -> dict[str, Call]:
    inputs = () if weight else (torch.randn(shape, requires_grad=True),)
    gradient = torch.randn(shape)
    leaves = (*inputs, *layer.parameters())
    run = torch.compile(layer, dynamic=False, fullgraph=True) if compiled else layer

    def forward() -> Tensor:
        return run(*inputs)

    def forward_backward() -> object:
        return torch.autograd.grad(forward(), leaves, gradient)

    return dict(zip(DIRECTIONS, (forward, forward_backward), strict=True))
