"""What is left of dropout's noise after a 3x3 mean, on maps whose neighbours agree?

The next convolution averages neighbours. On a smooth map it averages the noise of
single dropped values away, not that of whole dropped channels. The maps: a random 3x3
convolution of real digits, normalized per channel; the control: the same values, their
places in each map shuffled, so that neighbours no longer agree.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import spread
from snippets.dropout.dropout import ChannelDropout, Dropout

DATA = DIGITS
SEEDS = range(10)
IMAGES, CHANNELS, MASKS = 100, 16, 20
RATES = (0.1, 0.3, 0.5)
LAYERS = {"element": Dropout, "channel": ChannelDropout}

TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.03, 0.005),
    "example.*": (0, 0.02),
}


def feature_maps(seed: int) -> Tensor:
    """(images, channels, 8, 8), each channel with mean 0 and variance 1."""
    generator = torch.Generator().manual_seed(seed)
    x = digits().train_x
    some = torch.randperm(x.size(1), generator=generator)[:IMAGES]
    images = x[:, some].T.reshape(-1, 1, 8, 8)
    kernel = torch.randn(CHANNELS, 1, 3, 3, generator=generator)
    return F.batch_norm(F.conv2d(images, kernel, padding=1), None, None, training=True)


def shuffled(x: Tensor, seed: int) -> Tensor:
    """The same values of each map in an order of its own."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(x.flatten(2).shape, generator=generator).argsort(2)
    return x.flatten(2).gather(2, order).view_as(x)


def neighbours(x: Tensor) -> Tensor:
    """Correlation of a value with the one to its right."""
    pairs = torch.stack([x[..., :-1].flatten(), x[..., 1:].flatten()])
    return torch.corrcoef(pairs)[0, 1]


def noise(x: Tensor, layer: torch.nn.Module) -> tuple[Tensor, Tensor]:
    """Size of the noise against the signal's, before and after a 3x3 mean."""
    before, after = torch.zeros(()), torch.zeros(())
    signal = F.avg_pool2d(x, 3, stride=1)
    for _ in range(MASKS):
        dropped = layer(x)
        before = before + (dropped - x).square().mean() / MASKS
        mean = F.avg_pool2d(dropped, 3, stride=1)
        after = after + (mean - signal).square().mean() / MASKS
    return (
        (before / x.square().mean()).sqrt(),
        (after / signal.square().mean()).sqrt(),
    )


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Measure the noise on smooth and on shuffled maps."""
    result: dict[str, Any] = {}
    rows: dict[tuple[str, ...], list[Tensor]] = {}
    for seed in seeds:
        torch.manual_seed(seed)
        smooth = feature_maps(seed)
        for name, x in {"smooth": smooth, "shuffled": shuffled(smooth, seed)}.items():
            rows.setdefault((name, "correlation"), []).append(neighbours(x))
            for kind, layer in LAYERS.items():
                for p in RATES:
                    place = name, kind, f"p_{p:g}".replace(".", "_")
                    before, after = noise(x, layer(p))
                    rows.setdefault((*place, "before"), []).append(before)
                    rows.setdefault((*place, "after"), []).append(after)
                    rows.setdefault((*place, "left"), []).append(after / before)
    for path, values in rows.items():
        inner = result
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = spread(torch.stack(values))
    # One digit and one map to look at.
    torch.manual_seed(0)
    x = digits().train_x.T[:1].reshape(1, 1, 8, 8).expand(1, 4, 8, 8)
    result["example"] = {
        "image": x[0, 0].tolist(),
        **{kind: layer(0.5)(x)[0].tolist() for kind, layer in LAYERS.items()},
    }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    keys = [f"p_{p:g}".replace(".", "_") for p in RATES]
    each = [result[maps][kind] for maps in ("smooth", "shuffled") for kind in LAYERS]
    return {
        "before the mean both kinds make the same noise, sqrt(p / (1 - p)), within "
        "3 %": all(
            abs(one[key]["before"]["median"] / math.sqrt(p / (1 - p)) - 1) < 0.03
            for one in each
            for key, p in zip(keys, RATES, strict=True)
        ),
        "on maps of digits a 3x3 mean leaves less than three quarters of the noise of "
        "single values": all(
            result["smooth"]["element"][key]["left"]["max"] < 0.75 for key in keys
        ),
        "on shuffled maps it leaves all of it": all(
            result["shuffled"]["element"][key]["left"]["min"] > 0.95 for key in keys
        ),
        "the noise of whole channels it leaves as it was, on both": all(
            abs(result[maps]["channel"][key]["left"]["median"] - 1) < 0.02
            for maps in ("smooth", "shuffled")
            for key in keys
        ),
        "neighbours agree on the maps of digits and not on shuffled ones": (
            result["smooth"]["correlation"]["min"] > 0.2
            and result["shuffled"]["correlation"]["max"] < 0.05
        ),
    }
