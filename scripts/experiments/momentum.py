"""What does the momentum of batch norm change, and what not?

The same networks are trained with six momenta. While they train, the batch normalizes,
so the momentum cannot matter: losses and weights are compared bit for bit. In
evaluation mode the running statistics normalize: the accuracy is read at many steps,
and once more with the statistics of the whole training set, which is what the running
ones should be. `None` is the plain average over all batches since the start.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from scripts.experiments.parts.classifier import (
    accuracies,
    evaluated,
    exactly,
    stacked,
    train,
)
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.spread import band, spread

DATA = DIGITS
SEEDS = range(10)
MOMENTA: dict[str, float | None] = {
    "m_0_001": 0.001,
    "m_0_01": 0.01,
    "m_0_1": 0.1,
    "m_0_5": 0.5,
    "m_1": 1.0,
    "average": None,
}
# Batch size, learning rate (in proportion), number of steps.
SETTINGS = {"batch_64": (64, 0.3, 220), "batch_4": (4, 0.1, 220)}
READ = (1, 2, 5, 10, 22, 44, 66, 110, 160, 220)
TARGET = 0.9

# 220 steps: rounding may move an accuracy by some of the 360 images.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.04),
    "*.moved.*": (0, 0),
    "*.first_step.*": (0.5, 22),
    "*.counts.*": (0, 1),
}


def watch(
    seeds: Sequence[int], data: Digits, momentum: float | None, setting: str
) -> dict[str, Tensor]:
    """Train with one momentum; accuracies (readings, seeds), losses, last weights."""
    batch_size, rate, steps = SETTINGS[setting]
    net = stacked(seeds, momentum=momentum)
    rates = torch.full((len(seeds),), rate)
    images = data.train_x, data.train_y
    running: list[Tensor] = []
    true: list[Tensor] = []
    loss: list[Tensor] = []
    each = train(net, *images, seeds, rates, batch_size, steps)
    for step, one in enumerate(each, 1):
        loss.append(one)
        if step in READ:
            logits = evaluated(net, data.test_x, len(seeds))
            running.append(accuracies(logits, data.test_y))
            whole = exactly(net, data.train_x, len(seeds))
            logits = evaluated(whole, data.test_x, len(seeds))
            true.append(accuracies(logits, data.test_y))
    weights = torch.cat([p.detach().flatten() for p in net.parameters()])
    return {
        "running": torch.stack(running),
        "exact": torch.stack(true),
        "loss": torch.stack(loss),
        "weights": weights,
    }


def first_step(accuracy: Tensor) -> Tensor:
    """First reading from which it stays at TARGET; twice the last if never."""
    stays = (accuracy >= TARGET).flip(0).cummin(0).values.flip(0)  # (readings, seeds)
    steps = torch.tensor(READ).unsqueeze(1).expand_as(stays)
    never = torch.full_like(steps, 2 * READ[-1])
    return torch.where(stays, steps, never).amin(0).double()


def compare(seeds: Sequence[int], data: Digits, setting: str) -> dict[str, Any]:
    """All momenta at one batch size."""
    seen = {
        name: watch(seeds, data, momentum, setting)
        for name, momentum in MOMENTA.items()
    }
    first = next(iter(seen.values()))
    batch_size, rate, steps = SETTINGS[setting]
    result: dict[str, Any] = {
        "batch_size": batch_size,
        "rate": rate,
        "steps": steps,
        # Largest difference that the momentum made to what is trained.
        "moved": {
            part: max(
                (one[part] - first[part]).abs().max().item() for one in seen.values()
            )
            for part in ("loss", "weights")
        },
        "exact": {"curve": band(first["exact"]), "last": spread(first["exact"][-1])},
    }
    for name, one in seen.items():
        result[name] = {
            "curve": band(one["running"]),
            "last": spread(one["running"][-1]),
            "at_22": spread(one["running"][READ.index(22)]),
            "first_step": spread(first_step(one["running"])),
        }
    last = {name: one["running"][-1] for name, one in seen.items()}
    result["counts"] = {
        "m_1_below_m_0_1": int((last["m_1"] < last["m_0_1"]).sum()),
        "average_below_exact": int((last["average"] < first["exact"][-1]).sum()),
    }
    return result


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Compare the momenta at both batch sizes."""
    data = digits()
    result: dict[str, Any] = {
        setting: compare(seeds, data, setting) for setting in SETTINGS
    }
    return {**result, "read": list(READ)}


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    large, small = (result[setting] for setting in SETTINGS)
    seeds = len(large["exact"]["last"]["seeds"])

    def last(setting: dict[str, Any], name: str) -> float:
        return setting[name]["last"]["median"]

    return {
        "training is the same, bit for bit, at every momentum": all(
            one["moved"] == {"loss": 0, "weights": 0} for one in (large, small)
        ),
        "after one epoch momentum 0.01 is 10 points behind 0.1 in evaluation": (
            large["m_0_01"]["at_22"]["median"] < large["m_0_1"]["at_22"]["median"] - 0.1
        ),
        "momentum 0.001 is not at 90 % after ten epochs, in any seed": (
            large["m_0_001"]["first_step"]["min"] > READ[-1]
        ),
        "0.1 is at 90 % for good after two epochs in every seed": (
            large["m_0_1"]["first_step"]["max"] <= 44
        ),
        "after ten epochs 0.1 is within a point of the exact statistics": (
            abs(last(large, "m_0_1") - last(large, "exact")) < 0.01
        ),
        "in batches of 64 so is momentum 1, within two": (
            abs(last(large, "m_1") - last(large, "exact")) < 0.02
        ),
        "in batches of 4 momentum 1 is 10 points behind 0.1, in 9 of 10 seeds behind": (
            last(small, "m_1") < last(small, "m_0_1") - 0.1
            and small["counts"]["m_1_below_m_0_1"] >= 0.9 * seeds
        ),
        "the average over all batches since the start remembers old weights: behind "
        "the exact statistics in 8 of 10 seeds": all(
            one["counts"]["average_below_exact"] >= 0.8 * seeds
            for one in (large, small)
        ),
    }
