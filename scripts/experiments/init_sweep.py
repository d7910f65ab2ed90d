"""How wide is the range of initial weights from which a network trains?

"With batch norm any initialization works", the sources say. Here: a network with three
hidden layers on handwritten digits; weights drawn with a standard deviation from 1e-5
to 10, and weights that are all zero or all equal; with and without batch norm. Then,
because a scale may only want another learning rate, a tenth and ten times the rate.

The last layer has no batch norm behind it. So both ends are tried again with only the
hidden layers, or only the last one, at the extreme and the rest at a usual 0.1.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized, test, train
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import stack
from snippets.batch_norm.batch_norm import BatchNorm

DATA = DIGITS
SEEDS = range(10)
WIDTHS = (64, 64, 64, 64, 10)
BATCH_SIZE = 64
LEARNING_RATE = 0.1
OTHER_RATES, OTHER_SEEDS = (0.01, 1.0), 5  # is it only that the rate does not fit?
EPOCHS = 5
STDS = (1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
CONSTANT = 0.1
ENDS = {"small": 1e-5, "large": 10.0}  # of the hidden layers alone, of the last alone
USUAL = 0.1
TRAINS = 0.85  # accuracy in every seed

# At the edges of the range some seeds have only begun to learn.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.12),
    "*.from": (0.95, 0),  # one decade, where a seed is near the limit
    "*.to": (0.95, 0),
    "*decades": (0, 1),
}

ARMS = ("plain", "batch_norm")
Start = tuple[float, bool]  # std, or the one value of all weights


def network(seed: int, batch_norm: bool, std: float, same: bool) -> nn.Sequential:
    """64-64-64-64-10 with ReLU; weights std * randn, or all equal to std."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise(WIDTHS):
        linear = nn.Linear(inputs, features)
        if same:
            nn.init.constant_(linear.weight, std)
        else:
            nn.init.normal_(linear.weight, 0, std)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if features != WIDTHS[-1]:
            layers += [BatchNorm(features), nn.ReLU()] if batch_norm else [nn.ReLU()]
    return nn.Sequential(*layers)


def accuracies(
    seeds: Sequence[int], batch_norm: bool, rate: float, starts: Sequence[Start]
) -> Tensor:
    """Test accuracy after EPOCHS from every start, (starts, seeds)."""
    data = standardized(digits())
    net = stack(
        [network(seed, batch_norm, *start) for start in starts for seed in seeds]
    )
    rates = torch.full((len(starts) * len(seeds),), rate)
    steps = EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    for _ in train(net, data, seeds, rates, steps):
        pass
    return test(net, data, len(rates))[1].view(len(starts), len(seeds))


def split(seeds: Sequence[int], hidden: float, last: float) -> Tensor:
    """Test accuracy with batch norm; the last layer's weights have their own std."""
    data = standardized(digits())
    networks = [network(seed, True, hidden, False) for seed in seeds]
    for one in networks:
        weight = [*one.parameters()][-2]  # behind it comes the bias
        weight.data *= last / hidden
    net = stack(networks)
    rates = torch.full((len(seeds),), LEARNING_RATE)
    steps = EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    for _ in train(net, data, seeds, rates, steps):
        pass
    return test(net, data, len(seeds))[1]


def window(trains: Tensor) -> dict[str, Any]:
    """From which to which of STDS it trains, and how many decades that is."""
    good = [std for std, one in zip(STDS, trains.tolist(), strict=True) if one]
    if not good:
        return {"from": 0.0, "to": 0.0, "decades": 0.0}
    return {"from": good[0], "to": good[-1], "decades": math.log10(good[-1] / good[0])}


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train from every start, with and without batch norm; then at other rates."""
    drawn: list[Start] = [(std, False) for std in STDS]
    same: list[Start] = [(0.0, True), (CONSTANT, True)]
    few = list(seeds)[:OTHER_SEEDS]
    result: dict[str, Any] = {}
    for arm in ARMS:
        batch_norm = arm == "batch_norm"
        accuracy = accuracies(seeds, batch_norm, LEARNING_RATE, drawn + same)
        by_std = accuracy[: len(STDS)]
        trains = [by_std.amin(1) > TRAINS]
        others: dict[str, Any] = {}
        for rate in OTHER_RATES:
            other = accuracies(few, batch_norm, rate, drawn)
            trains.append(other.amin(1) > TRAINS)
            others[f"rate_{rate:g}".replace(".", "_")] = {
                "median": other.quantile(0.5, dim=1).tolist(),
                **window(trains[-1]),
            }
        result[arm] = {
            "by_std": band(by_std),
            "zero": spread(accuracy[-2]),
            "constant": spread(accuracy[-1]),
            **window(trains[0]),
            **others,
            "any_rate": window(torch.stack(trains).any(0)),
        }
    result["split"] = {
        end: {
            "hidden": spread(split(few, std, USUAL)),
            "last": spread(split(few, USUAL, std)),
        }
        for end, std in ENDS.items()
    }
    return {
        **result,
        "stds": list(STDS),
        "rate": LEARNING_RATE,
        "other_rates": list(OTHER_RATES),
        "other_seeds": len(few),
        "epochs": EPOCHS,
        "trains": TRAINS,
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    plain, batch_norm = (result[arm] for arm in ARMS)
    split = result["split"]
    low = result["stds"].index(0.001)
    high = result["stds"].index(1.0)
    return {
        "without batch norm the network trains within less than a decade of std": (
            0 < plain["decades"] < 1
        ),
        "with it within more than two decades": batch_norm["decades"] > 2,
        "at any of the three rates: still less than a decade and a half without": (
            plain["any_rate"]["decades"] < 1.5
        ),
        "and more than three with": batch_norm["any_rate"]["decades"] > 3,
        "at rate 1 batch norm trains from 1e-5 in every seed, up to 0.3 and more": (
            batch_norm["rate_1"]["from"] <= 1e-5 and batch_norm["rate_1"]["to"] >= 0.3
        ),
        "at 0.001 batch norm is above 85 % in every seed, without it all are below "
        "15 %": (
            batch_norm["by_std"]["min"][low] > 0.85
            and plain["by_std"]["max"][low] < 0.15
        ),
        "at 1e-5 batch norm fails too": batch_norm["by_std"]["max"][0] < 0.2,
        "from 1 on batch norm gets worse with every step up": all(
            a > b for a, b in pairwise(batch_norm["by_std"]["median"][high:])
        ),
        "at 10 it is below 70 % in every seed": batch_norm["by_std"]["max"][-1] < 0.7,
        "neither end is the hidden layers' or the last layer's alone: above 65 % with "
        "large hidden weights, above 85 % with the three others": (
            split["large"]["hidden"]["min"] > 0.65
            and split["large"]["last"]["min"] > 0.85
            and all(split["small"][one]["min"] > 0.85 for one in ("hidden", "last"))
        ),
        "zero and constant weights fail in every seed, with and without batch norm": (
            all(
                one[start]["max"] < 0.25
                for one in (plain, batch_norm)
                for start in ("zero", "constant")
            )
        ),
    }
