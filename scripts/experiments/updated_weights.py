"""Is a weight left alone in the steps in which its unit is dropped?

Source 002: a weight is updated only as often as its unit is kept. Asked here: in how
many steps is the gradient of a weight exactly zero, for batches of 1 to 32 (each sample
has a mask of its own), and does the weight then stand still, optimizer by optimizer.
Gaussian inputs and tanh, so that no other zero is counted.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from scripts.experiments.parts.spread import spread
from snippets.dropout.dropout import Dropout

DATA = "Gaussian inputs, a linear teacher: nothing is measured but zeros"
SEEDS = range(10)
P, INPUTS, HIDDEN = 0.5, 8, 64
BATCH_SIZES = (1, 2, 4, 8, 32)
STEPS, LEARNING_RATE = 100, 0.01

Optimizer = Callable[[Iterable[Tensor]], torch.optim.Optimizer]
OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": lambda w: torch.optim.SGD(w, LEARNING_RATE),
    "momentum": lambda w: torch.optim.SGD(w, LEARNING_RATE, momentum=0.9),
    "decay": lambda w: torch.optim.SGD(w, LEARNING_RATE, weight_decay=0.01),
    "adam": lambda w: torch.optim.Adam(w, LEARNING_RATE),
}

TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (0.02, 0.01)}


def watch(seed: int, size: int, optimizer: Optimizer) -> tuple[float, float]:
    """Share of zero gradients, and share of these weights that move all the same."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.Tanh(), Dropout(P), nn.Linear(HIDDEN, 1)
    )
    teacher = torch.randn(INPUTS)
    weight = next(net.parameters())  # into the units that are dropped
    steps = optimizer(net.parameters())
    zeros = moved = 0
    for _ in range(STEPS):
        x = torch.randn(size, INPUTS)
        steps.zero_grad()
        (net(x).squeeze(1) - x @ teacher).square().mean().backward()
        zero, before = cast("Tensor", weight.grad) == 0, weight.detach().clone()
        steps.step()
        zeros += int(zero.sum())
        moved += int((weight.detach() != before)[zero].sum())
    return zeros / (STEPS * weight.numel()), moved / max(zeros, 1)


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Sizes of batches with plain SGD, optimizers with batches of one."""

    def both(size: int, optimizer: Optimizer) -> list[Tensor]:
        pairs = [watch(seed, size, optimizer) for seed in seeds]
        return [torch.tensor(one) for one in zip(*pairs, strict=True)]

    return {
        "p": P,
        "sizes": list(BATCH_SIZES),
        "zero": {
            f"batch_{size}": spread(both(size, OPTIMIZERS["sgd"])[0])
            for size in BATCH_SIZES
        },
        "moved": {
            name: spread(both(1, optimizer)[1])
            for name, optimizer in OPTIMIZERS.items()
        },
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    zero, moved = result["zero"], result["moved"]
    return {
        "in a batch of B samples a gradient is zero with probability p to the B": all(
            abs(zero[f"batch_{size}"]["median"] - P**size) < 0.01
            for size in BATCH_SIZES
        ),
        "so with batches of 32 it never is": zero["batch_32"]["max"] == 0,
        "with SGD such a weight stands still": moved["sgd"]["max"] == 0,
        "with momentum and with Adam it moves, in 95 of 100 cases": all(
            moved[name]["min"] > 0.95 for name in ("momentum", "adam")
        ),
        "with weight decay it always does": moved["decay"]["min"] > 0.99,
    }
