"""Does the spread of predictions with dropout on say where the network knows nothing?

A curve seen in two stretches with a gap between them. The standard deviation of 100
predictions is taken inside the data, in the gap and outside; how often the true curve
lies within two of them; with ten times the data; and at other p, because p is chosen
by hand.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked_dropout import (
    Adam,
    StackedDropout,
    stack_with_dropout,
)
from snippets.dropout.dropout import Dropout
from snippets.dropout.mc_dropout import mc_dropout

DATA = "y = sin(2x) + 0.1 times Gaussian noise, x from -3 to -1 and from 1 to 3"
SEEDS = range(10)
NOISE = 0.1
WIDTH, LEARNING_RATE, STEPS, BATCH_SIZE = 64, 0.005, 1200, 40
SAMPLES = 100
PLACES = {"inside": (1.0, 3.0), "gap": (-0.8, 0.8), "outside": (4.0, 6.0)}
ARMS = {  # p, number of points
    "p_0_1": (0.1, 40),
    "ten_times": (0.1, 400),
    "p_0_05": (0.05, 40),
    "p_0_3": (0.3, 40),
}

TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.3, 0.02),
    "*.coverage.*": (0, 0.15),
    "counts.*": (0, 2),
    "drawn.*": (0.3, 0.3),
}


def curve(x: Tensor) -> Tensor:
    """The truth."""
    return (2 * x).sin()


def network(seed: int, p: float) -> nn.Sequential:
    """1-64-64-1 with dropout in front of all but the first linear layer."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(1, WIDTH),
        nn.ReLU(),
        Dropout(p),
        nn.Linear(WIDTH, WIDTH),
        nn.ReLU(),
        Dropout(p),
        nn.Linear(WIDTH, 1),
    )


def points(seed: int, count: int) -> tuple[Tensor, Tensor]:
    """Places and noisy heights, half of them on each side of the gap."""
    generator = torch.Generator().manual_seed(1000 + seed)
    x = 1 + 2 * torch.rand(count, generator=generator)
    x[: count // 2] *= -1
    return x, curve(x) + NOISE * torch.randn(count, generator=generator)


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train all arms side by side, then predict SAMPLES times."""
    settings = [(seed, *arm) for arm in ARMS.values() for seed in seeds]
    net = stack_with_dropout([network(seed, p) for seed, p, _ in settings])
    optimizer = Adam(net, LEARNING_RATE)
    data = [points(seed, count) for seed, _, count in settings]
    torch.manual_seed(0)
    for _ in range(STEPS):
        drawn = [torch.randint(len(x), (BATCH_SIZE,)) for x, _ in data]
        x = torch.stack([x[d] for (x, _), d in zip(data, drawn, strict=True)])
        y = torch.stack([y[d] for (_, y), d in zip(data, drawn, strict=True)])
        optimizer.step((net(x.unsqueeze(1)).squeeze(1) - y).square().mean(1))

    grid = torch.linspace(-6, 6, 121)
    at = grid.expand(len(settings), 1, -1)
    predicted = mc_dropout(net, at, SAMPLES, also=(StackedDropout,))
    shape = len(ARMS), len(seeds), -1
    mean, std = (one.squeeze(1).view(shape) for one in (predicted.mean, predicted.std))
    error = (mean - curve(grid)).abs()
    result: dict[str, Any] = {"x": grid.tolist(), "noise": NOISE}
    stds: dict[str, dict[str, Tensor]] = {}
    for place, arm in enumerate(ARMS):
        result[arm] = {}
        stds[arm] = {}
        for name, (low, high) in PLACES.items():
            here = (grid >= low) & (grid <= high)
            if name == "inside":
                here |= (grid >= -high) & (grid <= -low)
            own, off = std[place][:, here], error[place][:, here]
            stds[arm][name] = own.mean(1)
            result[arm][name] = {
                "std": spread(own.mean(1)),
                "error": spread(off.square().mean(1).sqrt()),
                "coverage": spread((off <= 2 * own).float().mean(1)),
            }
        result[arm]["curve"] = {"std": band(std[place].T[::3])}
    base, more = stds["p_0_1"], stds["ten_times"]
    result["shrinks"] = {  # with ten times the data; a posterior of the mean: 0.32
        name: spread(more[name] / base[name]) for name in PLACES
    }
    result["root_ten"] = 1 / math.sqrt(10)
    result["wider"] = {  # std at p = 0.3 over std at p = 0.05
        name: spread(stds["p_0_3"][name] / stds["p_0_05"][name]) for name in PLACES
    }
    result["counts"] = {
        "outside_above_inside": int((base["outside"] > base["inside"]).sum()),
        "gap_above_inside": int((base["gap"] > base["inside"]).sum()),
        "gap_below_outside": int((base["gap"] < base["outside"]).sum()),
    }
    x, y = data[0]
    result["drawn"] = {
        "seed": seeds[0],
        "points_x": x.tolist(),
        "points_y": y.tolist(),
        "mean": mean[0, 0].tolist(),
        "std": std[0, 0].tolist(),
    }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    base, counts = result["p_0_1"], result["counts"]
    seeds = len(base["inside"]["std"]["seeds"])

    def median(place: str, key: str, arm: str = "p_0_1") -> float:
        return result[arm][place][key]["median"]

    return {
        "outside the data the spread is larger than inside, in 9 of 10 seeds": (
            counts["outside_above_inside"] >= 0.9 * seeds
            and median("outside", "std") > 1.5 * median("inside", "std")
        ),
        "in the gap it is hardly larger: less than half as much again": (
            median("gap", "std") < 1.5 * median("inside", "std")
        ),
        "though the error there is more than twice as large": (
            median("gap", "error") > 2 * median("inside", "error")
        ),
        "two deviations hold the curve in most places inside, three quarters": (
            median("inside", "coverage") > 0.75
        ),
        "and in less than half of the places in the gap and outside": all(
            median(place, "coverage") < 0.5 for place in ("gap", "outside")
        ),
        "ten times the data does not shrink it: in no seed to two thirds": (
            result["shrinks"]["inside"]["min"] > 0.67
            and 0.85 < result["shrinks"]["inside"]["median"] < 1.2
        ),
        "though the error inside falls by a quarter and more": (
            median("inside", "error", "ten_times") < 0.75 * median("inside", "error")
        ),
        "p sets it: at 0.3 it is 1.3 times and more that at 0.05, in every seed": (
            result["wider"]["inside"]["min"] > 1.3
        ),
    }
