"""How a measurement spreads over seeds: never a mean alone."""

from typing import Any

from torch import Tensor


def spread(values: Tensor) -> dict[str, Any]:
    """Median, minimum, maximum and every seed's own value; values (seeds,)."""
    return {
        "median": values.double().quantile(0.5).item(),
        "min": values.min().item(),
        "max": values.max().item(),
        "seeds": values.tolist(),
    }


def band(values: Tensor) -> dict[str, Any]:
    """Median, minimum and maximum along a curve; values (points, seeds)."""
    return {
        "median": values.double().quantile(0.5, dim=1).tolist(),
        "min": values.amin(dim=1).tolist(),
        "max": values.amax(dim=1).tolist(),
    }
