"""Does a high learning rate kill ReLU units, and does batch norm keep them alive?

Source 004: with ReLU keep the rate small. Here: a network with three hidden layers,
He's initialization, on handwritten digits at five learning rates; after five epochs, the
share of hidden units that are zero for every training image. A dead unit gets no
gradient from any of them, so it stays dead unless the layers below move. Beside it the
same network with batch norm before each ReLU, and one with LeakyReLU.
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
LEARNING_RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
SLOPE = 0.01  # of LeakyReLU below zero

# At the high rates the path depends on rounding: a seed may end elsewhere.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.15),
    "*.seeds.*": None,
    "*.diverged": (0, 3),
}

ARMS = ("plain", "batch_norm", "leaky")


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
    data = standardized(digits())
    net = stack([network(seed, arm) for _ in LEARNING_RATES for seed in seeds])
    rates = torch.tensor(LEARNING_RATES).repeat_interleave(len(seeds))
    steps = EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    before = dead(net, data, len(rates)).view(len(LEARNING_RATES), -1)
    for _ in train(net, data, seeds, rates, steps):
        pass
    shape = len(LEARNING_RATES), len(seeds)
    after = dead(net, data, len(rates)).view(shape)
    loss, accuracy = (one.view(shape) for one in test(net, data, len(rates)))
    return {
        name(rate): {
            "dead": spread(after[row]),
            "accuracy": spread(accuracy[row]),
            "dead_at_start": before[row].max().item(),
            "diverged": int((~loss[row].isfinite()).sum()),
        }
        for row, rate in enumerate(LEARNING_RATES)
    }


def name(rate: float) -> str:
    """Name of a rate's results: rate_0_3."""
    return f"rate_{rate:g}".replace(".", "_")


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train each arm at each rate."""
    result: dict[str, Any] = {arm: at_rates(seeds, arm) for arm in ARMS}
    return {**result, "rates": list(LEARNING_RATES), "epochs": EPOCHS}


def check(result: dict[str, Any]) -> dict[str, bool]:
    return {"x": True}
