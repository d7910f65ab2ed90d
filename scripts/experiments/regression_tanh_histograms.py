"""Source 000's histograms, every layer and epoch, with true labels.

The program draws, before each epoch, what each layer computes for the 200 test points:
"PreAct", "BN PreAct", "Act", "BN Act". Its "BN PreAct" shows the values *before* batch
norm. Here one seed, every epoch and the end, four networks (as printed and properly
scaled, without and with batch norm): the linear layer's output, what enters tanh (after
batch norm, where there is one), and the activation; in evaluation mode, as there.

Counts over fixed edges, all ten units of a layer together, values beyond the edges in
the outermost bins. A histogram of ten units together cannot tell a unit that follows x
from ten that stand still at different places; so each layer's share of the variance
that is *within* units is given too: near 0 nothing of x is left.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from scripts.experiments.regression_tanh import (
    DATA,
    EPOCHS,
    HIDDEN_LAYERS,
    MAIN,
    TEST_SAMPLES,
    UNITS,
    Training,
)

__all__ = ["DATA"]  # the runner reads it here

SEEDS = range(1)
BINS = 16
# Of what a layer computes before tanh, and after it; the program's own ranges.
EDGES = {"linear": 4.0, "input": 4.0, "activation": 1.0}

# Rounding grows with batch norm (see regression_tanh): its histograms are one example,
# and another machine may draw another; what the page says of them is in check().
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": None,
    "plain.*": (0.1, 40),
    "*edges*": (0, 0),
    "values": (0, 0),
}


def counted(values: Tensor, edge: float) -> list[int]:
    """Count values (units, n) in equal bins from -edge to edge."""
    inside = values.clamp(-edge, edge).double()
    return torch.histc(inside, BINS, -edge, edge).int().tolist()


def within_units(values: Tensor) -> float:
    """Share of the layer's variance that is within its units; values (units, n)."""
    wide = values.double()
    whole = wide.var(correction=0)
    return float(wide.var(1, correction=0).mean() / whole) if whole > 0 else 0.0


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Count at every epoch: result[network][kind][epoch][layer][bin]."""
    result: dict[str, Any] = {
        "edges": {
            kind: torch.linspace(-edge, edge, BINS + 1).tolist()
            for kind, edge in EDGES.items()
        },
        "values": UNITS * TEST_SAMPLES,
    }
    for name, arm in MAIN.items():
        training = Training([arm], [seeds[0]])
        counts: dict[str, list[list[list[int]]]] = {kind: [] for kind in EDGES}
        within: list[list[float]] = []
        for _ in training.epochs(EPOCHS):
            layers = training.within(training=False)
            for kind, edge in EDGES.items():
                counts[kind].append([counted(one[0], edge) for one in layers[kind]])
            within.append([within_units(one[0]) for one in layers["activation"]])
        if not arm.norm:  # nothing stands between the linear layer and tanh
            del counts["input"]
        result[name] = {**counts, "within": within}
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the page says of it."""
    values = result["values"]
    first, last = 0, HIDDEN_LAYERS - 1

    def within(name: str, epoch: int, layer: int) -> float:
        return result[name]["within"][epoch][layer]

    def outermost(name: str, epoch: int, layer: int) -> float:
        bins = result[name]["activation"][epoch][layer]
        return (bins[0] + bins[-1]) / values

    return {
        "every histogram counts every value": all(
            sum(bins) == values
            for name in MAIN
            for kind, epochs in result[name].items()
            if kind != "within"
            for layers in epochs
            for bins in layers
        ),
        "as printed the eighth layer of the plain network stands still at every epoch: "
        "less than a thousandth of its variance is within units": all(
            within("plain", epoch, last) < 0.001 for epoch in range(EPOCHS + 1)
        ),
        "in its first layer most of it is": within("plain", 0, first) > 0.5,
        "in the end more than a tenth of it is in the eighth layers of the others": (
            all(
                within(name, EPOCHS, last) > 0.1
                for name in ("batch_norm", "scaled", "scaled_batch_norm")
            )
        ),
        "no layer of the plain network as printed is saturated at the start": all(
            outermost("plain", 0, layer) < 0.05 for layer in range(HIDDEN_LAYERS)
        ),
    }
