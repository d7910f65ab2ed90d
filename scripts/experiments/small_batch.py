"""Does batch norm suffer in small batches, and what is small?

Source 001: below batch 16 use group norm. Here: batches of 2 to 64, the learning rate
in proportion, a small fully connected network and a small convolutional one, with
batch, layer and group norm and with none. In the first a channel has as many values as
the batch has images; in the second as many as images times positions. The first is
also trained at two and four times the rate, and each is taken at its best: a small
batch may only want another rate.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from scripts.experiments.digits_mlp import scores, standardized
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import chosen, exact, outputs
from scripts.experiments.parts.stacked_layers import stack_more
from scripts.experiments.parts.training import follow, shuffled
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.initialization.initialize import initialize
from snippets.norms.norms import GroupNorm

DATA = DIGITS + ", standardized"
SEEDS = range(10)
SIZES = {"mlp": (2, 4, 8, 16, 64), "cnn": (2, 16)}
RATES = {"mlp": (0.4, 0.8, 1.6), "cnn": (0.4,)}  # at 64; in proportion to the batch
EPOCHS = 1
WIDTHS = (64, 48, 24, 10)
MAPS = (8, 16)
GROUPS = 4
NORMS = ("plain", "batch_norm", "layer_norm", "group_norm")
ARMS = {"mlp": NORMS, "cnn": ("plain", "batch_norm", "group_norm")}

# Batch norm of two values is a jump: +1 or -1. There the paths of two machines part.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.02),
    "*.batch_2.batch_norm.*": (0, 0.08),
    "*.batch_4.batch_norm.*": (0, 0.04),
    "*.seeds.*": (0, 0.06),
    "mlp.batch_2.batch_norm.*.seeds.*": (0, 0.2),
    "*.below": (0, 1),
    "*.above": (0, 2),
    "*.values": (0, 0),
    "*.best.rate": None,  # another, where two are equally good
    "mlp.batch_2.batch_norm.*.max": (0, 0.2),
    "mlp.batch_2.batch_norm.*.min": (0, 0.2),
}


def normalization(norm: str, channels: int) -> list[nn.Module]:
    """No layer or one; with one group, group norm is layer norm."""
    if norm == "plain":
        return []
    if norm == "batch_norm":
        return [BatchNorm(channels)]
    return [GroupNorm(1 if norm == "layer_norm" else GROUPS, channels)]


def mlp(seed: int, norm: str) -> nn.Sequential:
    """64-48-24-10 with ReLU, He initialization."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise(WIDTHS[:-1]):
        layers.append(nn.Linear(inputs, features))
        layers += [*normalization(norm, features), nn.ReLU()]
    return initialize(nn.Sequential(*layers, nn.Linear(*WIDTHS[-2:])), "he")


def cnn(seed: int, norm: str) -> nn.Sequential:
    """Two convolutions of 3x3 on 8x8 images, each with ReLU and pooling."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise((1, *MAPS)):
        layers.append(nn.Conv2d(inputs, features, 3, padding=1))
        layers += [*normalization(norm, features), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(4 * MAPS[-1], 10)]
    return initialize(nn.Sequential(*layers), "he")


def as_images(x: Tensor) -> Tensor:
    """(S, 64, N) -> (N, S, 8, 8)."""
    return x.permute(2, 0, 1).unflatten(2, (8, 8))


def trained(
    seeds: Sequence[int], data: Digits, kind: str, norm: str, size: int
) -> dict[str, Tensor]:
    """Test accuracy (rates, seeds), with the running statistics and exact ones."""
    build, grid = (mlp, cnn)[kind == "cnn"], RATES[kind]
    count = len(grid) * len(seeds)
    net = stack_more([build(seed, norm) for _ in grid for seed in seeds])

    def shaped(x: Tensor) -> Tensor:
        return as_images(x) if kind == "cnn" else x

    steps = EPOCHS * (data.train_x.size(1) // size)
    order = shuffled(seeds, data, size, steps)
    rates = torch.tensor(grid).repeat_interleave(len(seeds)) * size / 64
    for _ in follow(net, data, order, rates, shaped):
        pass
    state = chosen(net, torch.ones(count, dtype=torch.bool))
    exact(net, state, shaped(data.train_x.expand(count, -1, -1)))
    net.eval()
    test_x = shaped(data.test_x.expand(count, -1, -1))
    with torch.no_grad():
        exactly = functional_call(net, state, (test_x,))
    found = {"running": outputs(net, test_x), "exact": exactly}
    return {
        name: scores(one, data)[1].view(len(grid), -1) for name, one in found.items()
    }


def best(kind: str, found: dict[str, Tensor]) -> dict[str, Any]:
    """Accuracy at the rate with the highest median."""
    place = int(found["running"].double().quantile(0.5, dim=1).argmax())
    return {"rate": RATES[kind][place], **spread(found["running"][place])}


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train every network with every normalization at every size of batch."""
    data = standardized(digits())
    result: dict[str, Any] = {"rates": list(RATES["mlp"]), "epochs": EPOCHS}
    for kind, sizes in SIZES.items():
        result[kind] = {"sizes": list(sizes)}
        for size in sizes:
            found = {
                norm: trained(seeds, data, kind, norm, size) for norm in ARMS[kind]
            }
            one: dict[str, Any] = {
                norm: {"running": spread(each["running"][0]), "best": best(kind, each)}
                for norm, each in found.items()
            }
            batch_norm = found["batch_norm"]
            one["batch_norm"]["exact"] = spread(batch_norm["exact"][0])
            running, group = batch_norm["running"][0], found["group_norm"]["running"][0]
            one["below"] = int((running < group).sum())
            one["above"] = int((running > group).sum())
            # Of a channel, in the layer that has the fewest: 4x4 positions or one.
            one["values"] = size * (16 if kind == "cnn" else 1)
            result[kind][f"batch_{size}"] = one
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    mlp_, cnn_ = result["mlp"], result["cnn"]
    seeds = len(mlp_["batch_2"]["plain"]["running"]["seeds"])

    def median(kind: dict[str, Any], size: int, norm: str) -> float:
        return kind[f"batch_{size}"][norm]["running"]["median"]

    return {
        "in the fully connected network batch norm fails at batch 2: below 70 %, the "
        "others above 85 %": (
            median(mlp_, 2, "batch_norm") < 0.7
            and all(median(mlp_, 2, n) > 0.85 for n in NORMS if n != "batch_norm")
        ),
        "at 4 it is behind group norm in 9 of 10 seeds": (
            mlp_["batch_4"]["below"] >= 0.9 * seeds
        ),
        "at 8 and 16 it is behind by less than 4 points": all(
            median(mlp_, size, "batch_norm") > median(mlp_, size, "group_norm") - 0.04
            for size in (8, 16)
        ),
        "at 2 its best rate does not save it: below 60 %, group norm above 85 %": (
            mlp_["batch_2"]["batch_norm"]["best"]["median"] < 0.6
            and mlp_["batch_2"]["group_norm"]["best"]["median"] > 0.85
        ),
        "at 4 it does, mostly: each at its best rate, within 6 points": (
            mlp_["batch_4"]["batch_norm"]["best"]["median"]
            > mlp_["batch_4"]["group_norm"]["best"]["median"] - 0.06
        ),
        "exact statistics do not save it at 2: below 80 %": (
            mlp_["batch_2"]["batch_norm"]["exact"]["median"] < 0.8
        ),
        "in the convolutional network it does not fail at 2 or 16: at most 3 points "
        "below group norm and above 85 %": all(
            median(cnn_, size, "batch_norm")
            > max(median(cnn_, size, "group_norm") - 0.03, 0.85)
            for size in SIZES["cnn"]
        ),
    }
