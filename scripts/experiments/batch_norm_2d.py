"""What does BatchNorm2d compute on a (4, 3, 2, 2) batch, and when is it remembered?

Source 003 averages each channel by hand, finds running_mean ten times smaller and says
that theory and practice agree. They do after the missing step: running_mean starts at
0 and moves a tenth of the way with each batch. The variance, which the source left
out, is here too: the biased one normalizes, the unbiased one is remembered.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.parts.spread import band, spread
from snippets.batch_norm.batch_norm import BatchNorm

SEEDS = range(20)  # of the fresh batches; the batch worked by hand is seed 0's
SHAPE = (4, 3, 2, 2)  # (N, C, H, W) of source 003: 16 values per channel
MOMENTUM = 0.1
BATCHES = (1, 5, 10, 22, 50)  # after how many the running statistics are read
TRUE_MEAN, TRUE_VAR = 1.0, 4.0  # of the fresh batches
DATA = "torch.randn(4, 3, 2, 2); for the fresh batches 1 + 2 * torch.randn(4, 3, 2, 2)"

# No training here: only the order of additions differs between processors.
TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (1e-4, 1e-5)}


def by_hand(x: Tensor) -> dict[str, Any]:
    """Compute mean, both variances and output sum by sum, as source 003 began to."""
    count = x.numel() // x.size(1)
    mean = [x[:, c].sum() / count for c in range(x.size(1))]
    squares = [(x[:, c] - mean[c]).square().sum() for c in range(x.size(1))]
    biased = [one / count for one in squares]
    output = [(x[:, c] - mean[c]) / (biased[c] + 1e-5).sqrt() for c in range(x.size(1))]
    return {
        "mean": torch.stack(mean),
        "biased": torch.stack(biased),
        "unbiased": torch.stack([one / (count - 1) for one in squares]),
        "output": torch.stack(output, dim=1),
    }


def difference(a: Tensor, b: Tensor) -> float:
    """Largest absolute difference."""
    return (a - b).abs().max().item()


def root_mean_square(x: Tensor) -> float:
    """Root mean square of all values."""
    return x.square().mean().sqrt().item()


def statistics(layer: nn.Module) -> tuple[Tensor, Tensor]:
    """Return the running mean and variance."""
    return layer.get_buffer("running_mean"), layer.get_buffer("running_var")


def one_batch(x: Tensor) -> dict[str, Any]:
    """Compare the same batch by hand, by PyTorch and by our layer."""
    hand = by_hand(x)
    layer = nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM)
    ours = BatchNorm(SHAPE[1], momentum=MOMENTUM)
    output = layer(x)
    running_mean, running_var = statistics(layer)
    return {
        "mean": hand["mean"].tolist(),
        "biased_var": hand["biased"].tolist(),
        "unbiased_var": hand["unbiased"].tolist(),
        "running_mean": running_mean.tolist(),
        "running_var": running_var.tolist(),
        "mean_ratio": (running_mean / hand["mean"]).tolist(),
        "error": {
            "output": difference(output, hand["output"]),
            "running_mean": difference(running_mean, MOMENTUM * hand["mean"]),
            "running_var": difference(
                running_var, (1 - MOMENTUM) + MOMENTUM * hand["unbiased"]
            ),
            "running_var_if_biased": difference(
                running_var, (1 - MOMENTUM) + MOMENTUM * hand["biased"]
            ),
            "snippet_output": difference(output, ours(x)),
        },
    }


def equal_batches(x: Tensor) -> dict[str, Any]:
    """Show the layer the same batch k times; keys k_1, k_5 ..."""
    hand = by_hand(x)
    layer = nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM)
    result: dict[str, Any] = {}
    for k in range(1, max(BATCHES) + 1):
        trained = layer.train()(x)
        if k not in BATCHES:
            continue
        mean, var = statistics(layer)
        error = layer.eval()(x) - trained
        result[f"k_{k}"] = {
            "running_mean": mean.tolist(),
            "running_var": var.tolist(),
            "mean_fraction": (mean / hand["mean"]).mean().item(),
            "var_fraction": ((var - 1) / (hand["unbiased"] - 1)).mean().item(),
            "theory": 1 - (1 - MOMENTUM) ** k,
            "eval_error": root_mean_square(error) / root_mean_square(trained),
        }
    # What is left when running_var has arrived: it is the unbiased one.
    left = (hand["biased"] / hand["unbiased"]).sqrt()
    result["eval_error_limit"] = 1 - left.mean().item()
    return result


def fresh_batches(seeds: Sequence[int]) -> dict[str, Any]:
    """Show the layer a new batch each time: fraction of the way to the true values."""
    means: list[Tensor] = []
    variances: list[Tensor] = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        layer = nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM)
        seen: list[Tensor] = []
        for _ in range(max(BATCHES)):
            x = torch.randn(SHAPE, generator=generator)
            layer(TRUE_MEAN + TRUE_VAR**0.5 * x)
            seen.append(torch.stack([one[0] for one in statistics(layer)]))
        mean, var = torch.stack(seen).unbind(1)
        means.append(mean / TRUE_MEAN)
        variances.append((var - 1) / (TRUE_VAR - 1))
    mean, var = torch.stack(means, 1), torch.stack(variances, 1)
    return {
        "mean_fraction": band(mean),
        "var_fraction": band(var),
        "after_50": {
            "mean_fraction": spread(mean[-1]),
            "var_fraction": spread(var[-1]),
        },
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Work one batch by hand, then show it, and fresh ones, many times."""
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(seeds[0]))
    return {
        "x": x.tolist(),
        "values_per_channel": x.numel() // x.size(1),
        "one_batch": one_batch(x),
        "equal": equal_batches(x),
        "fresh": fresh_batches(seeds),
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    one, equal, fresh = result["one_batch"], result["equal"], result["fresh"]
    return {
        "16 values share a mean": result["values_per_channel"] == 16,
        "mean and biased variance by hand give PyTorch's output": (
            one["error"]["output"] < 1e-5
        ),
        "our layer gives PyTorch's output": one["error"]["snippet_output"] < 1e-5,
        "running_mean is a tenth of the mean after one batch": all(
            abs(ratio - MOMENTUM) < 1e-4 for ratio in one["mean_ratio"]
        ),
        "running_var is 0.9 + 0.1 * unbiased variance, and not the biased one": (
            one["error"]["running_var"] < 1e-5
            and one["error"]["running_var_if_biased"] > 1e-3
        ),
        "after k equal batches both are 1 - 0.9^k of the way": all(
            abs(equal[f"k_{k}"][part] - equal[f"k_{k}"]["theory"]) < 1e-3
            for k in BATCHES
            for part in ("mean_fraction", "var_fraction")
        ),
        "22 batches are nine tenths of the way": (
            0.9 < equal["k_22"]["mean_fraction"] < 0.905
        ),
        "eval() comes to within 4 % of train() by 50 batches, and no nearer than the "
        "two variances are": (
            equal["eval_error_limit"] < equal["k_50"]["eval_error"] < 0.04
        ),
        "fresh batches never settle: after 50 the mean still spreads by 0.3": (
            fresh["after_50"]["mean_fraction"]["max"]
            - fresh["after_50"]["mean_fraction"]["min"]
            > 0.3
        ),
    }
