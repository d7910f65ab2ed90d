"""Is a small change below amplified by the layers above it?

Source 004: "small changes in the first layers are amplified layer by layer", and batch
norm is to cure that. Here: twenty layers of 100 units at initialization, fed 200
handwritten digits; the input of the first layer is changed by 1 % (a random direction),
or its weights are. Beside these, a change that only moves the distribution: the weights
of the first layer times 1.01. How large is the relative change after each layer?

relative change = norm of (changed - unchanged) / norm of (unchanged - its mean over the
batch): what all samples share carries no information. Batch norm uses the statistics of
each of the two batches, as it does in training.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import band, spread
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.initialization.initialize import initialize

DATA = DIGITS
SEEDS = range(10)
LAYERS, WIDTH, IMAGES = 20, 100, 200
CHANGE = 0.01

# At initialization, no training: only rounding, which grows as the change does.
TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (0.05, 1e-4)}

# Activation, batch norm, initialization.
ARMS: dict[str, tuple[type[nn.Module], bool, str]] = {
    "tanh": (nn.Tanh, False, "glorot"),
    "relu": (nn.ReLU, False, "he"),
    "batch_norm_tanh": (nn.Tanh, True, "glorot"),
    "batch_norm_relu": (nn.ReLU, True, "he"),
}


def network(seed: int, arm: str, inputs: int) -> nn.Sequential:
    """LAYERS layers without biases."""
    activation, batch_norm, scheme = ARMS[arm]
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for place in range(LAYERS):
        layers.append(nn.Linear(WIDTH if place else inputs, WIDTH, bias=False))
        if batch_norm:
            layers.append(BatchNorm(WIDTH))
        layers.append(activation())
    return initialize(nn.Sequential(*layers), scheme)  # pyright: ignore


def layers_of(net: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What every activation puts out."""
    found: list[Tensor] = []
    for layer in net:
        x = layer(x)
        if not isinstance(layer, (nn.Linear, BatchNorm)):
            found.append(x)
    return found


def changed(x: Tensor, seed: int) -> Tensor:
    """Move x by CHANGE of its norm in a random direction."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(x.shape, generator=generator)
    return x + CHANGE * x.norm() / direction.norm() * direction


def relative(before: Tensor, after: Tensor) -> Tensor:
    """Change in units of how the samples differ."""
    return (after - before).norm() / (before - before.mean(0)).norm()


@torch.no_grad()
def follow(seed: int, arm: str, what: str) -> Tensor:
    """Relative change after each layer, (LAYERS,)."""
    x = standardized(digits()).train_x[:, :IMAGES].T
    net = network(seed, arm, x.size(1))
    before = layers_of(net, x)
    if what == "input":
        after = layers_of(net, changed(x, seed))
    else:
        weight = next(net.parameters())
        if what == "scale":
            weight *= 1 + CHANGE
        else:
            weight.copy_(changed(weight, seed))
        after = layers_of(net, x)
    return torch.stack([relative(a, b) for a, b in zip(before, after, strict=True)])


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Follow both kinds of change through each network."""
    result: dict[str, Any] = {"layers": LAYERS, "change": CHANGE}
    for arm in ARMS:
        result[arm] = {}
        for what in ("input", "weights", "scale"):
            seen = torch.stack([follow(seed, arm, what) for seed in seeds], dim=1)
            result[arm][what] = {
                "curve": band(seen),
                "last": spread(seen[-1]),
                "factor": spread(seen[-1] / seen[0]),
            }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    both = ("input", "weights")

    def last(arm: str, what: str) -> dict[str, Any]:
        return result[arm][what]["last"]

    return {
        "tanh with Glorot's start: after 20 layers 1 % is still below 1.5 %": all(
            last("tanh", what)["max"] < 0.015 for what in both
        ),
        "ReLU with He's: between 1.5 and 5 %": all(
            last("relu", what)["min"] > 0.015 and last("relu", what)["max"] < 0.05
            for what in both
        ),
        "batch norm and ReLU: above 25 % in every seed": all(
            last("batch_norm_relu", what)["min"] > 0.25 for what in both
        ),
        "batch norm and tanh: between 5 and 10 %": all(
            last("batch_norm_tanh", what)["min"] > 0.05
            and last("batch_norm_tanh", what)["max"] < 0.1
            for what in both
        ),
        "batch norm damps nothing: with either activation the change ends larger than "
        "in any seed without it": all(
            last(f"batch_norm_{one}", what)["min"] > last(one, what)["max"]
            for one in ("tanh", "relu")
            for what in both
        ),
        "scaled by 1 %, the first layer leaves less than 0.1 % behind batch norm; in "
        "ReLU without it more than 1 %": (
            all(
                max(result[f"batch_norm_{one}"]["scale"]["curve"]["max"]) < 0.001
                for one in ("tanh", "relu")
            )
            and last("relu", "scale")["min"] > 0.01
        ),
        "with batch norm it grows in every layer": all(
            a < b
            for arm in ("batch_norm_relu", "batch_norm_tanh")
            for what in both
            for a, b in pairwise(result[arm][what]["curve"]["median"])
        ),
    }
