"""How far does the distribution move that a layer sends on, while the net trains?

Source 002 shows the second linear layer's outputs jumping from batch to batch without
batch norm and hardly moving with it. But another batch has another histogram even
when nothing is trained. So: a fixed probe batch, where only training moves anything,
beside a frozen network fed fresh batches, where only sampling does.

Distance between two histograms of one unit: sort the values of both, compare them one
to one, root mean square (the 2-Wasserstein distance), in standard deviations of the
earlier one; the mean over the layer's units.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from scripts.experiments.digits_mlp import BATCH_SIZE, LEARNING_RATE, network, train
from scripts.experiments.parts.digits import DIGITS, batches, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import outputs, stack

DATA = DIGITS
SEEDS = range(10)
EPOCHS = 2
# The second linear layer's outputs: with batch norm, or not, and where they are read.
PLACES = {"plain": (False, 3), "before": (True, 4), "after": (True, 5)}

# Two epochs are too short for another processor's rounding to grow to a percent.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.02, 0.0005),
    "counts.*": (0, 1),
}


def distance(a: Tensor, b: Tensor) -> Tensor:
    """2-Wasserstein distance of each unit's histogram; (S, units, N) -> (S, units)."""
    moved = a.sort(-1).values - b.sort(-1).values
    return moved.square().mean(-1).sqrt()


def relative(a: Tensor, b: Tensor) -> Tensor:
    """Distance in standard deviations of a, mean over units: (S,)."""
    return (distance(a, b) / a.std(-1, correction=0)).mean(-1)


def movement(snapshots: list[Tensor]) -> Tensor:
    """Distance from each snapshot to the next, (steps, S)."""
    return torch.stack([relative(a, b) for a, b in pairwise(snapshots)])


def typical(steps: Tensor) -> Tensor:
    """Median over the steps, one value a seed."""
    return steps.double().quantile(0.5, dim=0)


def watch(seeds: Sequence[int], batch_norm: bool, layers: int) -> dict[str, Tensor]:
    """Train two epochs; measure what the first `layers` modules send on."""
    data = digits()
    count = data.train_x.size(1)
    per_epoch = count // BATCH_SIZE
    steps = EPOCHS * per_epoch
    order = [batches(seed, count, BATCH_SIZE, steps) for seed in seeds]
    fresh = [data.train_x[:, index].transpose(0, 1) for index in torch.stack(order, 1)]
    probe = data.test_x[:, :BATCH_SIZE].expand(len(seeds), -1, -1)

    net = stack([network(seed, batch_norm) for seed in seeds])
    part = net[:layers]
    rates = torch.full((len(seeds),), LEARNING_RATE)
    each_step = train(net, data, seeds, rates, steps)
    frozen: list[Tensor] = []
    on_probe, on_fresh = [outputs(part, probe)], [outputs(part, fresh[0])]
    for step in range(steps):
        if step % per_epoch == 0:  # the network as it is now, fed the epoch's batches
            epoch = fresh[step : step + per_epoch]
            frozen.append(movement([outputs(part, x) for x in epoch]))
        next(each_step)
        on_probe.append(outputs(part, probe))
        if step + 1 < steps:
            on_fresh.append(outputs(part, fresh[step + 1]))
    start = on_probe[0]
    total = torch.stack([distance(start, now).mean(-1) for now in on_probe])
    from_start = torch.stack([relative(start, now) for now in on_probe])
    return {
        "step": movement(on_probe),  # (steps, S): only training moves it
        "fresh": movement(on_fresh),  # training and sampling
        "frozen": torch.cat(frozen),  # only sampling
        "from_start": from_start,  # (1 + steps, S)
        "from_start_absolute": total,
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Watch the second layer without batch norm, before it and after it."""
    result: dict[str, Any] = {}
    seen = {name: watch(seeds, *place) for name, place in PLACES.items()}
    for name, one in seen.items():
        end = one["from_start"][-1]
        result[name] = {
            "step": spread(typical(one["step"])),
            "fresh": spread(typical(one["fresh"])),
            "frozen": spread(typical(one["frozen"])),
            "frozen_share": spread(typical(one["frozen"]) / typical(one["fresh"])),
            "step_share": spread(typical(one["step"]) / typical(one["frozen"])),
            "total": spread(end),
            "total_absolute": spread(one["from_start_absolute"][-1]),
            "curve": {
                "step": band(one["step"]),
                "fresh": band(one["fresh"]),
                "from_start": band(one["from_start"]),
                "from_start_absolute": band(one["from_start_absolute"]),
            },
        }
    plain, before, after = (seen[name] for name in PLACES)

    def more(a: dict[str, Tensor], b: dict[str, Tensor], key: str) -> int:
        return int((a[key][-1] > b[key][-1]).sum())

    result["counts"] = {
        "plain_above_before": more(plain, before, "from_start"),
        "before_above_after": more(before, after, "from_start"),
        "plain_below_before_absolute": more(before, plain, "from_start_absolute"),
    }
    result["steps"] = len(plain["step"])
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    seeds = len(result["plain"]["total"]["seeds"])
    counts = result["counts"]
    return {
        "without batch norm nine tenths of the batch-to-batch movement is there in a "
        "frozen network too": result["plain"]["frozen_share"]["min"] > 0.9,
        "one training step moves the histogram less than a third as far as drawing "
        "another batch": all(
            result[name]["step_share"]["max"] < 1 / 3 for name in PLACES
        ),
        "on a fixed batch the plain layer drifts farther, in its own deviations, in "
        "9 of 10 seeds": counts["plain_above_before"] >= 0.9 * seeds,
        "what comes after batch norm drifts less than what goes in, in 9 of 10 seeds": (
            counts["before_above_after"] >= 0.9 * seeds
        ),
        "in absolute units the plain layer moves less, in every seed": (
            counts["plain_below_before_absolute"] == seeds
        ),
        "batch norm's inputs do drift: by a quarter of a deviation in two epochs": (
            result["before"]["total"]["min"] > 0.25
        ),
    }
