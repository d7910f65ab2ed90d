"""Are four mini-batches of 16 one of 64, when their gradients are averaged?

Gradient accumulation for want of memory. Without batch norm, and with layer norm, each
sample's output depends on that sample alone, and the averaged gradient is that of the
large batch. With batch norm each part has statistics of its own. Here: the gradient of
one batch of 64 against the average over its parts, relative to its norm, at the start
and after two epochs; and the accuracy after training with 4 x 16 and with 64.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import losses, standardized, test
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.ghost import ghosts
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked_layers import stack_more
from scripts.experiments.parts.training import follow, shuffled
from scripts.experiments.small_batch import mlp

DATA = DIGITS + ", standardized"
SEEDS = range(10)
BATCH_SIZE = 64
PARTS = (32, 16, 8, 4)  # samples in a part
TRAINED_PART = 16
RATE = 0.4
STEPS = 44  # two epochs
LATER_STEPS = 110  # five
ARMS = ("plain", "batch_norm", "layer_norm")

TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.05, 0.005),
    "*.later.*": (0.15, 0.02),  # after 44 steps, in small gradients
    "*.plain.*": (0, 1e-5),  # rounding; check() bounds it
    "*.layer_norm.*": (0, 1e-5),
    "training.*": (0, 0.02),
    "training.*higher": (0, 3),
}


def gradients(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Gradient of each stacked network as one row, (S, parameters)."""
    parts = torch.autograd.grad(losses(net, x, y).sum(), list(net.parameters()))
    return torch.cat([one.reshape(x.size(0), -1) for one in parts], 1)


def apart(net: nn.Module, x: Tensor, y: Tensor, size: int) -> Tensor:
    """Distance of the accumulated gradient from the whole one, relative, (S,)."""
    whole = gradients(net, x, y)
    parts = [
        gradients(net, one, labels)
        for one, labels in zip(x.split(size, -1), y.split(size, -1), strict=True)
    ]
    average = torch.stack(parts).mean(0)
    return (average - whole).norm(dim=1) / whole.norm(dim=1)


def differences(seeds: Sequence[int], data: Digits, norm: str) -> dict[str, Any]:
    """For every size of the parts, at the start and after STEPS."""
    net = stack_more([mlp(seed, norm) for seed in seeds])
    order = shuffled(seeds, data, BATCH_SIZE, STEPS + 1)
    x, y = data.train_x[:, order[-1]].transpose(0, 1), data.train_y[order[-1]]

    def now() -> dict[str, Any]:
        return {f"parts_of_{size}": spread(apart(net, x, y, size)) for size in PARTS}

    start = now()
    for _ in follow(net, data, order[:-1], torch.full((len(seeds),), RATE)):
        pass
    return {"start": start, "later": now()}


def training(seeds: Sequence[int], data: Digits) -> dict[str, Any]:
    """Test accuracy after LATER_STEPS with batch norm, with parts and without."""
    found: dict[str, Tensor] = {}
    for name in ("whole", "accumulated"):
        net = stack_more([mlp(seed, "batch_norm") for seed in seeds])
        if name == "accumulated":
            net = ghosts(net, TRAINED_PART)
        order = shuffled(seeds, data, BATCH_SIZE, LATER_STEPS)
        for _ in follow(net, data, order, torch.full((len(seeds),), RATE)):
            pass
        found[name] = test(net, data, len(seeds))[1]
    return {
        **{name: spread(one) for name, one in found.items()},
        "accumulated_higher": int((found["accumulated"] > found["whole"]).sum()),
        "whole_higher": int((found["accumulated"] < found["whole"]).sum()),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Compare the gradients for each normalization, then train."""
    data = standardized(digits())
    result: dict[str, Any] = {arm: differences(seeds, data, arm) for arm in ARMS}
    return {
        **result,
        "parts": list(PARTS),
        "batch": BATCH_SIZE,
        "training": training(seeds, data),
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    times = ("start", "later")
    sizes = [f"parts_of_{size}" for size in PARTS]
    batch_norm, trained = result["batch_norm"], result["training"]
    return {
        "without normalization and with layer norm the gradients are equal up to "
        "rounding": all(
            result[arm][when][size]["max"] < 1e-5
            for arm in ("plain", "layer_norm")
            for when in times
            for size in sizes
        ),
        "with batch norm 4 x 16 differs from 64 by more than 15 % in every seed, at "
        "the start and later": all(
            batch_norm[when]["parts_of_16"]["min"] > 0.15 for when in times
        ),
        "the smaller the parts the larger the difference": all(
            batch_norm[when][one]["median"] < batch_norm[when][other]["median"]
            for when in times
            for one, other in pairwise(sizes)
        ),
        "yet after five epochs the median accuracies are within 2 points": (
            abs(trained["whole"]["median"] - trained["accumulated"]["median"]) < 0.02
        ),
    }
