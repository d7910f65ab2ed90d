"""Can gamma and beta undo the normalization, and does it make anything Gaussian?

Source 002 says that gamma = mean and beta = standard deviation give the input back;
source 003 that each layer becomes a standard Gaussian. Here one skewed channel: the
ink in the two left columns of the handwritten digits. It keeps its shape, and it is
gamma = sqrt(var + eps), beta = mean that bring it back.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from scripts.experiments.parts.digits import digits
from snippets.batch_norm.batch_norm import batch_norm

SEEDS = range(1)  # nothing is random
EPS = 1e-5
LEVELS = 16  # a pixel has 0 ... 16, so the ink of an image is a multiple of 1/16
BINS, PER_BIN = 15, 4  # four such values to a bin, edges between them
DATA = "scikit-learn load_digits: sum of 16 pixels (0 to 1) of each of 1437 images"

# One pass over the data: only the order of additions differs between processors.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (1e-3, 1e-5),
}


def channel() -> Tensor:
    """One skewed feature, (N, 1)."""
    images = digits().train_x.view(8, 8, -1)
    return images[:, :2].sum((0, 1)).unsqueeze(1)


def skewness(x: Tensor) -> float:
    """Third standardized moment: 0 for a Gaussian, unchanged by scale and shift."""
    x = x.double()
    return (((x - x.mean()) / x.std(correction=0)) ** 3).mean().item()


def describe(x: Tensor, low: float, high: float) -> dict[str, Any]:
    """Moments, and the histogram between two edges."""
    return {
        "mean": x.mean().item(),
        "std": x.std(correction=0).item(),
        "skewness": skewness(x),
        "low": low,
        "high": high,
        "counts": torch.histc(x, BINS, low, high).int().tolist(),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Normalize, then undo it with the right and with source 002's parameters."""
    del seeds  # nothing is random
    x = channel()
    mean, var = x.mean(0), x.var(0, correction=0)
    std = (var + EPS).sqrt()
    low = -0.5 / LEVELS
    edges = torch.tensor([low, low + BINS * PER_BIN / LEVELS])

    def affine(weight: Tensor, bias: Tensor) -> Tensor:
        return batch_norm(x, None, None, weight, bias, training=True, eps=EPS)

    normalized_edges = (edges - mean) / std
    arms = {
        "x": (x, edges),
        "normalized": (affine(mean * 0 + 1, mean * 0), normalized_edges),
        "undone": (affine(std, mean), edges),
        # Source 002 has the two the wrong way round.
        "source_002": (affine(mean, std), normalized_edges * mean + std),
    }
    result: dict[str, Any] = {
        name: describe(values, *between.tolist())
        for name, (values, between) in arms.items()
    }
    result["values"] = x.numel()
    result["error"] = {
        name: (arms[name][0] - x).abs().max().item()
        for name in ("undone", "source_002")
    }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    x, normalized = result["x"], result["normalized"]
    return {
        "the input is skewed": x["skewness"] > 0.4,
        "normalized it has mean 0 and variance 1": (
            abs(normalized["mean"]) < 1e-4 and abs(normalized["std"] - 1) < 1e-2
        ),
        "and the same shape, bin for bin: it is no Gaussian": (
            abs(normalized["skewness"] - x["skewness"]) < 1e-3
            and normalized["counts"] == x["counts"]
        ),
        "gamma = sqrt(var + eps), beta = mean give the input back": (
            result["error"]["undone"] < 1e-5
        ),
        "gamma = mean, beta = std (source 002) do not": (
            result["error"]["source_002"] > 0.1
        ),
    }
