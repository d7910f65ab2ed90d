"""Does a high learning rate kill ReLU units, and does batch norm keep them alive?

Source 004: with ReLU keep the rate small. Here: a network with three hidden layers,
He's initialization, on handwritten digits (pixels from 0 to 1) at six learning rates;
after five epochs, the share of hidden units that no training image turns on. Such a
unit gets no gradient, so it stays dead unless the layers below move. Where the loss
became infinite or NaN all units count as dead; `diverged` says in how many seeds.

Beside it: batch norm before each ReLU; LeakyReLU, whose units always get some gradient;
and the plain network with standardized pixels.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized, test, train
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import outputs, stack
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.initialization.initialize import initialize

DATA = DIGITS
SEEDS = range(10)
WIDTHS = (64, 64, 64, 64, 10)
BATCH_SIZE = 64
EPOCHS = 5
LEARNING_RATES = (0.1, 0.3, 0.6, 1.0, 2.0, 3.0)
SLOPE = 0.01  # of LeakyReLU below zero

# At the high rates the path depends on rounding: a seed may end elsewhere.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.15),
    "*.seeds.*": None,
    "*.diverged": (0, 3),
}

ARMS = ("plain", "batch_norm", "leaky", "standardized")


def network(seed: int, arm: str) -> nn.Sequential:
    """64-64-64-64-10, He's initialization."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise(WIDTHS[:-1]):
        layers.append(nn.Linear(inputs, features))
        if arm == "batch_norm":
            layers.append(BatchNorm(features))
        layers.append(nn.LeakyReLU(SLOPE) if arm == "leaky" else nn.ReLU())
    return initialize(nn.Sequential(*layers, nn.Linear(*WIDTHS[-2:])), "he")


def dead(net: nn.Sequential, data: Digits, count: int) -> Tensor:
    """Share of hidden units that no training image turns on, (S,)."""
    net.eval()
    x = data.train_x.expand(count, -1, -1)
    shares: list[Tensor] = []
    for layer in net:
        x = outputs(layer, x)
        if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
            shares.append((~(x > 0).any(-1)).float().mean(1))
    net.train()
    return torch.stack(shares).mean(0)


def at_rates(seeds: Sequence[int], arm: str) -> dict[str, Any]:
    """Share of dead units and test accuracy after EPOCHS, for each rate."""
    data = standardized(digits()) if arm == "standardized" else digits()
    net = stack([network(seed, arm) for _ in LEARNING_RATES for seed in seeds])
    rates = torch.tensor(LEARNING_RATES).repeat_interleave(len(seeds))
    steps = EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    before = dead(net, data, len(rates)).view(len(LEARNING_RATES), -1)
    for _ in train(net, data, seeds, rates, steps):
        pass
    shape = len(LEARNING_RATES), len(seeds)
    after = dead(net, data, len(rates)).view(shape)
    loss, accuracy = (one.view(shape) for one in test(net, data, len(rates)))
    result: dict[str, Any] = {}
    for row, rate in enumerate(LEARNING_RATES):
        one: dict[str, Any] = {
            "accuracy": spread(accuracy[row]),
            "diverged": int((~loss[row].isfinite()).sum()),
        }
        if arm != "leaky":  # whose units that are off get a gradient all the same
            one["dead"] = spread(after[row])
            one["dead_at_start"] = before[row].max().item()
        result[name(rate)] = one
    return result


def name(rate: float) -> str:
    """Name of a rate's results: rate_0_3."""
    return f"rate_{rate:g}".replace(".", "_")


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train each arm at each rate."""
    result: dict[str, Any] = {arm: at_rates(seeds, arm) for arm in ARMS}
    return {**result, "rates": list(LEARNING_RATES), "epochs": EPOCHS}


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    plain, batch_norm = result["plain"], result["batch_norm"]
    leaky, standardized_ = result["leaky"], result["standardized"]
    keys = [name(rate) for rate in result["rates"]]
    return {
        "at 0.3 fewer than 8 % are dead without batch norm": (
            plain["rate_0_3"]["dead"]["max"] < 0.08
        ),
        "at 1 more than 15 % in every seed, more than 40 % in the median": (
            plain["rate_1"]["dead"]["min"] > 0.15
            and plain["rate_1"]["dead"]["median"] > 0.4
        ),
        "at 2 more than 60 % in every seed": plain["rate_2"]["dead"]["min"] > 0.6,
        "with batch norm fewer than 2 % at every rate, and nothing diverges": all(
            batch_norm[key]["dead"]["max"] < 0.02 and batch_norm[key]["diverged"] == 0
            for key in keys
        ),
        "with batch norm the median accuracy is above 90 % at every rate; without, "
        "below 50 % from 1 on": (
            all(batch_norm[key]["accuracy"]["median"] > 0.9 for key in keys)
            and all(
                plain[key]["accuracy"]["median"] < 0.5
                for key in ("rate_1", "rate_2", "rate_3")
            )
        ),
        "LeakyReLU has no dead units and fails at the same rates": all(
            leaky[key]["accuracy"]["median"] < 0.5
            for key in ("rate_1", "rate_2", "rate_3")
        ),
        "standardized pixels: at 0.6 fewer than 3 % are dead and every seed is above "
        "90 %; with pixels from 0 to 1 the median is below": (
            standardized_["rate_0_6"]["dead"]["max"] < 0.03
            and standardized_["rate_0_6"]["accuracy"]["min"] > 0.9
            and plain["rate_0_6"]["accuracy"]["median"] < 0.9
        ),
        "standardized pixels: at 2 every seed diverges all the same": (
            standardized_["rate_2"]["accuracy"]["max"] < 0.2
        ),
    }
