"""How wide is the range of initial weights from which a network trains?

"With batch norm any initialization works", the sources say. Here: a network with three
hidden layers on handwritten digits; weights drawn with a standard deviation from 1e-5
to 10, and weights that are all zero or all equal; with and without batch norm.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from scripts.experiments.digits_mlp import standardized, test, train
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import stack
from snippets.batch_norm.batch_norm import BatchNorm

DATA = DIGITS
SEEDS = range(10)
WIDTHS = (64, 64, 64, 64, 10)
BATCH_SIZE = 64
LEARNING_RATE = 0.1
EPOCHS = 5
STDS = (1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
CONSTANT = 0.1
TRAINS = 0.85  # accuracy in every seed

# At the edges of the range some seeds have only begun to learn.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.12),
    "stds.*": (0, 0),
    "*.window*": (0.95, 0),  # one decade, where a seed is near the limit
}

ARMS = ("plain", "batch_norm")


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


def accuracies(seeds: Sequence[int], batch_norm: bool) -> dict[str, Any]:
    """Test accuracy after EPOCHS for every start."""
    data = standardized(digits())
    starts = [(std, False) for std in STDS] + [(0.0, True), (CONSTANT, True)]
    net = stack(
        [network(seed, batch_norm, *start) for start in starts for seed in seeds]
    )
    rates = torch.full((len(starts) * len(seeds),), LEARNING_RATE)
    steps = EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    for _ in train(net, data, seeds, rates, steps):
        pass
    accuracy = test(net, data, len(rates))[1].view(len(starts), len(seeds))
    by_std = accuracy[: len(STDS)]
    good = [s for s, row in zip(STDS, by_std, strict=True) if row.min().item() > TRAINS]
    return {
        "median": by_std.quantile(0.5, dim=1).tolist(),
        "min": by_std.amin(1).tolist(),
        "max": by_std.amax(1).tolist(),
        "zero": spread(accuracy[-2]),
        "constant": spread(accuracy[-1]),
        "window": [min(good), max(good)] if good else [0.0, 0.0],
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train from every start, with and without batch norm."""
    result: dict[str, Any] = {
        arm: accuracies(seeds, arm == "batch_norm") for arm in ARMS
    }
    return {**result, "stds": list(STDS), "rate": LEARNING_RATE, "epochs": EPOCHS}


def check(result: dict[str, Any]) -> dict[str, bool]:
    return {"x": True}
