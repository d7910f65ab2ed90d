"""Which average finds the statistics of the whole training set: PyTorch's, the paper's?

Algorithm 2 of the paper averages over mini-batches, E[mu_B] and m/(m-1) E[var_B]
(source 004 quotes it); PyTorch by default takes an exponential average with momentum
0.1. Here the weights stand still, so that only the averaging differs: the first linear
layer of an untrained network, fed the training images. The error after k batches, what
the factor m/(m-1) mends at each batch size, and batches sorted by class, in which the
spread between the classes never shows up within a batch.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.parts.classifier import network
from scripts.experiments.parts.digits import DIGITS, batches, digits
from scripts.experiments.parts.spread import band, spread
from snippets.batch_norm.recalibrate import recalibrate_batch_norm

DATA = DIGITS
SEEDS = range(10)
BATCH_SIZE, BATCHES = 64, 1000  # every batch is drawn anew from all training images
AVERAGES: dict[str, float | None] = {"m_0_1": 0.1, "m_0_01": 0.01, "average": None}
READ = (1, 2, 3, 5, 7, 10, 15, 22, 33, 50, 75, 110, 160, 230, 330, 500, 700, 1000)
SETTLED = 700  # from here on the error no longer falls, where it ever stops falling
SIZES = (2, 4, 8, 16, 32, 64)

# No training: only the order of additions differs between processors.
TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (1e-3, 1e-5)}


def images(seed: int) -> tuple[Tensor, Tensor]:
    """Outputs (n, 48) of the first layer for all training images, and their labels."""
    data = digits()
    layer = network(seed)[0]
    with torch.no_grad():
        return layer(data.train_x.T), data.train_y


def catching_up(inputs: Sequence[Tensor], seeds: Sequence[int]) -> dict[str, Tensor]:
    """Error of running_mean after each batch, in true deviations: (batches, seeds).

    The units of all seeds are the channels of one layer; each seed draws its batches.
    """
    x = torch.stack(list(inputs))  # (S, n, units)
    std, mean = torch.std_mean(x, 1)
    layers = {
        name: nn.BatchNorm1d(mean.numel(), momentum=momentum)
        for name, momentum in AVERAGES.items()
    }
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    rows = torch.arange(len(x)).unsqueeze(1)
    found: dict[str, list[Tensor]] = {name: [] for name in AVERAGES}
    for _ in range(BATCHES):
        drawn = [
            torch.randperm(x.size(1), generator=g)[:BATCH_SIZE] for g in generators
        ]
        batch = x[rows, torch.stack(drawn)]  # (S, batch, units)
        for name, layer in layers.items():
            layer(batch.transpose(0, 1).flatten(1))
            error = layer.get_buffer("running_mean").view_as(mean) - mean
            found[name].append((error.abs() / std).mean(1))
    return {name: torch.stack(values) for name, values in found.items()}


def one_pass(x: Tensor, order: Tensor) -> dict[str, float]:
    """Variances over true ones after one pass, mean over units; order (batches, m)."""
    true = x.var(0)
    size = order.size(1)
    biased = x[order].var(1, correction=0)  # (batches, units)
    tracked = nn.BatchNorm1d(x.size(1), momentum=None)
    pooled = nn.Sequential(nn.BatchNorm1d(x.size(1)))
    for index in order:
        tracked(x[index])
    recalibrate_batch_norm(pooled, x[order])
    whole = size / (size - 1) * biased.mean(0)
    return {
        "biased": (biased.mean(0) / true).mean().item(),
        "paper": (whole / true).mean().item(),
        "torch": (tracked.get_buffer("running_var") / true).mean().item(),
        "pooled": (pooled[0].get_buffer("running_var") / true).mean().item(),
    }


def collected(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Spread of each measurement over the seeds."""
    return {key: spread(torch.tensor([row[key] for row in rows])) for key in rows[0]}


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Let each average run over the same batches."""
    inputs = {seed: images(seed) for seed in seeds}
    error = catching_up([x for x, _ in inputs.values()], seeds)
    settled = {name: values[SETTLED:].mean(0) for name, values in error.items()}
    single = error["average"][0]  # after one batch: how far off one batch is
    at = {name: values[[k - 1 for k in READ]] for name, values in error.items()}
    sizes: dict[str, Any] = {}
    for size in SIZES:
        rows = [
            one_pass(x, batches(seed, len(x), size, len(x) // size))
            for seed, (x, _) in inputs.items()
        ]
        sizes[f"n_{size}"] = {**collected(rows), "expected": (size - 1) / size}
    in_order: list[dict[str, float]] = []
    for x, y in inputs.values():
        sorted_by_class = y.argsort(stable=True)
        whole = len(y) // BATCH_SIZE * BATCH_SIZE
        in_order.append(one_pass(x, sorted_by_class[:whole].view(-1, BATCH_SIZE)))
    return {
        "read": list(READ),
        "batch_size": BATCH_SIZE,
        "error": {name: band(values) for name, values in at.items()},
        "settled": {
            **{name: spread(value) for name, value in settled.items()},
            "single": spread(single),
            "m_0_1_of_single": spread(settled["m_0_1"] / single),
            "m_0_01_of_single": spread(settled["m_0_01"] / single),
            "theory_0_1": (0.1 / 1.9) ** 0.5,
            "theory_0_01": (0.01 / 1.99) ** 0.5,
        },
        "counts": {
            "average_below_m_0_01": int((settled["average"] < settled["m_0_01"]).sum()),
            "m_0_01_below_m_0_1": int((settled["m_0_01"] < settled["m_0_1"]).sum()),
            "m_0_01_behind_at_50": int((error["m_0_01"] > error["m_0_1"])[49].sum()),
        },
        "sizes": sizes,
        "sorted": collected(in_order),
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    settled, counts = result["settled"], result["counts"]
    seeds = len(settled["single"]["seeds"])
    sizes, by_class = result["sizes"], result["sorted"]
    return {
        "with momentum 0.1 an error of about sqrt(0.1 / 1.9) of one batch's remains": (
            abs(settled["m_0_1_of_single"]["median"] / settled["theory_0_1"] - 1) < 0.2
        ),
        "with 0.01 of about sqrt(0.01 / 1.99)": (
            abs(settled["m_0_01_of_single"]["median"] / settled["theory_0_01"] - 1)
            < 0.2
        ),
        "but after 50 batches 0.01 is behind, in every seed": (
            counts["m_0_01_behind_at_50"] == seeds
        ),
        "0.01 ends nearer than 0.1 in every seed, the plain average nearer still in 9 "
        "of 10": (
            counts["m_0_01_below_m_0_1"] == seeds
            and counts["average_below_m_0_01"] >= 0.9 * seeds
        ),
        "biased variances average to (m - 1)/m of the true one": all(
            abs(one["biased"]["median"] - one["expected"]) < 0.01
            for one in sizes.values()
        ),
        "with the factor m/(m - 1) to the true one, within 1 %": all(
            abs(one["paper"]["median"] - 1) < 0.01 for one in sizes.values()
        ),
        "which is what momentum=None stores": all(
            abs(one["paper"]["median"] - one["torch"]["median"]) < 1e-4
            for one in (*sizes.values(), by_class)
        ),
        "in batches sorted by class a quarter and more of the variance is missing": (
            by_class["paper"]["max"] < 0.75
        ),
        "pooling with the means of the batches finds it": (
            abs(by_class["pooled"]["median"] - 1) < 0.01
        ),
    }
