"""How wrong are the running statistics after training, and does recalibration help?

While a network trains, its weights move; the running statistics average over weights
that are gone. Here their error against the statistics of the whole training set (by the
weights as they are now), the test loss in evaluation mode, and both again after one
pass of recalibration. For two momenta, and for a few batches instead of all.
"""

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.parts.classifier import (
    accuracies,
    evaluated,
    exactly,
    losses,
    trained,
)
from scripts.experiments.parts.digits import DIGITS, Digits, batches, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import StackedBatchNorm
from snippets.batch_norm.recalibrate import recalibrate_batch_norm

DATA = DIGITS
SEEDS = range(10)
BATCH_SIZE, RATE, STEPS = 64, 0.3, 66  # three epochs
MOMENTA = {"m_0_01": 0.01, "m_0_1": 0.1}
BATCHES = (1, 2, 5, 10, 22)  # 22 are the whole epoch

# 66 steps of training, then one pass: smooth, but for the accuracy.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.05, 0.005),
    "*accuracy*": (0, 0.02),
    "*.counts.*": (0, 1),
}

Statistics = list[tuple[Tensor, Tensor]]  # of each layer, mean and variance (S, C)


def norms(net: nn.Module) -> list[nn.Module]:
    """Return the batch norms of the stacked networks."""
    return [one.layer for one in net.modules() if isinstance(one, StackedBatchNorm)]


def statistics(net: nn.Module, count: int) -> Statistics:
    """Running mean and variance of each layer, one row a network."""
    return [
        (
            layer.get_buffer("running_mean").view(count, -1).clone(),
            layer.get_buffer("running_var").view(count, -1).clone(),
        )
        for layer in norms(net)
    ]


def errors(found: Statistics, true: Statistics) -> tuple[Tensor, Tensor]:
    """Mean error of the means (in true deviations) and of ln of the variances: (S,)."""
    means = [
        ((a - b).abs() / v.sqrt()) for (a, _), (b, v) in zip(found, true, strict=True)
    ]
    variances = [
        (a / b).log().abs() for (_, a), (_, b) in zip(found, true, strict=True)
    ]
    return torch.cat(means, 1).mean(1), torch.cat(variances, 1).mean(1)


def true_statistics(net: nn.Module, data: Digits, count: int) -> Statistics:
    """The statistics of the whole training set, all of it as one batch."""
    return statistics(exactly(net, data.train_x, count), count)


def scored(
    net: nn.Module, data: Digits, true: Statistics, count: int
) -> dict[str, Tensor]:
    """Error of the statistics, test loss and accuracy; (S,) each."""
    mean, variance = errors(statistics(net, count), true)
    logits = evaluated(net, data.test_x, count)
    return {
        "mean_error": mean,
        "log_variance_error": variance,
        "loss": losses(logits, data.test_y),
        "accuracy": accuracies(logits, data.test_y),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train with each momentum, score, recalibrate, score."""
    data, count = digits(), len(seeds)
    result: dict[str, Any] = {}
    order = batches(12345, data.train_x.size(1), BATCH_SIZE, max(BATCHES))
    loader = [data.train_x[:, index].expand(count, -1, -1) for index in order]
    for name, momentum in MOMENTA.items():
        net = trained(seeds, data, RATE, BATCH_SIZE, STEPS, momentum=momentum)
        true = true_statistics(net, data, count)
        before = scored(net, data, true, count)
        weights = torch.cat([p.detach().flatten() for p in net.parameters()])
        one: dict[str, Any] = {
            "before": {key: spread(value) for key, value in before.items()}
        }
        worse = 0
        for number in BATCHES:
            copy = deepcopy(net)
            recalibrate_batch_norm(copy, loader[:number])
            after = scored(copy, data, true, count)
            shown = {key: spread(value) for key, value in after.items()}
            one[f"after_{number}"] = shown
            if number == 1:
                worse = int((after["loss"] > before["loss"]).sum())
            if number == max(BATCHES):
                now = torch.cat([p.detach().flatten() for p in copy.parameters()])
                one["weights_moved"] = (now - weights).abs().max().item()
                one["counts"] = {
                    "one_batch_worse": worse,
                    "loss_falls": int((after["loss"] < before["loss"]).sum()),
                    "accuracy_rises": int(
                        (after["accuracy"] > before["accuracy"]).sum()
                    ),
                    "mean_error_falls": int(
                        (after["mean_error"] < before["mean_error"]).sum()
                    ),
                }
        result[name] = one
    return {**result, "batches": list(BATCHES), "steps": STEPS}


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    slow, usual = (result[name] for name in MOMENTA)
    seeds = len(slow["before"]["loss"]["seeds"])
    last = f"after_{max(BATCHES)}"

    def median(one: dict[str, Any], when: str, what: str) -> float:
        return one[when][what]["median"]

    return {
        "with momentum 0.01 the means are off by a third of a deviation and more": (
            slow["before"]["mean_error"]["min"] > 1 / 3
        ),
        "and the variances by a factor above 5": (
            slow["before"]["log_variance_error"]["min"] > 1.6
        ),
        "recalibration leaves less than a hundredth of a deviation": all(
            one[last]["mean_error"]["max"] < 0.01 for one in (slow, usual)
        ),
        "it lowers the test loss to less than a fifth, in every seed": (
            slow["counts"]["loss_falls"] == seeds
            and slow[last]["loss"]["max"] < slow["before"]["loss"]["min"] / 5
        ),
        "with momentum 0.1 the loss falls in 8 of 10 seeds, by less than 0.1": (
            usual["counts"]["loss_falls"] >= 0.8 * seeds
            and median(usual, "before", "loss") - median(usual, last, "loss") < 0.1
        ),
        "after it the momentum of the training no longer matters": (
            abs(median(usual, last, "loss") - median(slow, last, "loss")) < 1e-3
        ),
        "more batches are better": all(
            median(one, f"after_{few}", "mean_error")
            > median(one, f"after_{many}", "mean_error")
            for one in (slow, usual)
            for few, many in pairwise(BATCHES)
        ),
        "with momentum 0.1 a single batch leaves variances that are worse than before, "
        "in every seed": (
            usual["after_1"]["log_variance_error"]["min"]
            > usual["before"]["log_variance_error"]["max"]
        ),
        "no weight moves": slow["weights_moved"] == usual["weights_moved"] == 0,
    }
