"""Which statistics does batch norm use, and what moves, in every combination of modes?

Cell by cell: train() or eval(); with gradients or under no_grad(); running statistics
tracked, not tracked, or the attribute switched off or on after construction; momentum
0.1, None and 0. A tracking layer has seen three batches; then it is given one more, and
what it did is read from its output, its buffers and its gradient: nothing here is taken
from documentation. Everything is done with PyTorch's layer and with ours.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from snippets.batch_norm.batch_norm import BatchNorm

SEEDS = range(1)  # the answers are yes or no
SHAPE = (16, 3)  # (N, C)
SEEN = 3  # batches before the one that is watched
MODES = ("train", "eval")
GRADS = ("grad", "no_grad")
TRACKS = {  # argument of the constructor, attribute afterwards
    "tracked": (True, True),
    "untracked": (False, False),
    "switched_off": (True, False),
    "switched_on": (False, True),
}
MOMENTA: dict[str, float | None] = {"m_0_1": 0.1, "none": None, "m_0": 0.0}
DATA = "1 + 2 * torch.randn(16, 3), four batches"

# Words and counts; the share of the way is 0.1, 1/4 or 0 up to rounding.
TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (0, 1e-4)}

Layer = nn.BatchNorm1d | BatchNorm


def batch(generator: torch.Generator) -> Tensor:
    """Draw one batch; not centred, so that the statistics matter."""
    return 1 + 2 * torch.randn(SHAPE, generator=generator)


def normalized(x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
    """What the layer sends on when it uses these statistics."""
    return (x - mean) * torch.rsqrt(var + 1e-5)


def buffers(layer: Layer) -> tuple[Tensor, Tensor, int] | None:
    """Copies of the running statistics and the counter, if there are any."""
    if layer.running_mean is None:
        return None
    names = "running_mean", "running_var", "num_batches_tracked"
    mean, var, counter = (layer.get_buffer(name).clone() for name in names)
    return mean, var, int(counter)


def crosses_samples(y: Tensor, x: Tensor) -> str:
    """Say whether the first sample's output has a gradient by the other samples."""
    if not y.requires_grad:
        return "no_graph"
    (gradient,) = torch.autograd.grad(y[0].sum(), x)
    return "through" if bool(gradient[1:].abs().max() > 1e-6) else "constant"


def cell(
    make: type[Layer], mode: str, grad: str, track: str, momentum: float | None
) -> dict[str, Any]:
    """One combination: give the layer a batch and see what it did."""
    generator = torch.Generator().manual_seed(0)
    built, later = TRACKS[track]
    layer = make(SHAPE[1], momentum=momentum, track_running_stats=built)
    for _ in range(SEEN):
        layer(batch(generator))
    layer.track_running_stats = later
    layer.train(mode == "train")
    before = buffers(layer)
    x = batch(generator).requires_grad_()
    with torch.set_grad_enabled(grad == "grad"):
        y = layer(x)
    after = buffers(layer)
    x_var, x_mean = torch.var_mean(x.detach(), 0, correction=0)
    candidates = {"batch": normalized(x.detach(), x_mean, x_var)}
    if before is not None:
        candidates["running"] = normalized(x.detach(), before[0], before[1])
    used = [
        name
        for name, value in candidates.items()
        if torch.allclose(value, y.detach(), atol=1e-4)
    ]
    found: dict[str, Any] = {
        "statistics": used[0] if len(used) == 1 else "unclear",
        "gradient": crosses_samples(y, x),
        "buffers": before is not None,
        "moved": 0.0,
        "counted": 0,
    }
    if before is not None and after is not None:
        way = (after[0] - before[0]) / (x_mean - before[0])
        found["moved"] = round(way.mean().item(), 4)
        found["counted"] = after[2] - before[2]
    return found


def table(make: type[Layer]) -> dict[str, Any]:
    """All combinations."""
    result: dict[str, Any] = {}
    for mode, track, name, grad in product(MODES, TRACKS, MOMENTA, GRADS):
        one = cell(make, mode, grad, track, MOMENTA[name])
        place = result.setdefault(mode, {}).setdefault(track, {}).setdefault(name, {})
        place[grad] = one
    return result


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Fill the table with PyTorch's layer, and compare ours."""
    del seeds  # nothing is drawn anew
    theirs, ours = table(nn.BatchNorm1d), table(BatchNorm)
    places = list(product(MODES, TRACKS, MOMENTA, GRADS))
    differing = sum(
        theirs[m][t][name][g] != ours[m][t][name][g] for m, t, name, g in places
    )
    changed_by_grad = sum(
        one["grad"][key] != one["no_grad"][key]
        for mode in theirs.values()
        for track in mode.values()
        for one in track.values()
        for key in ("statistics", "moved", "counted")
    )
    return {
        "cells": theirs,
        "count": len(places),
        "ours_differing": differing,
        "changed_by_no_grad": changed_by_grad,
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    cells = result["cells"]
    train, evaluation = cells["train"], cells["eval"]

    def every(track: dict[str, Any], **expected: Any) -> bool:
        return all(
            one["grad"][key] == value
            for one in track.values()
            for key, value in expected.items()
        )

    return {
        "in all cells our layer does what PyTorch's does": (
            result["count"] == 48 and result["ours_differing"] == 0
        ),
        "no_grad() changes neither the statistics that are used nor what moves": (
            result["changed_by_no_grad"] == 0
        ),
        "train() uses the batch everywhere, with a gradient through its statistics": (
            all(
                every(track, statistics="batch", gradient="through")
                for track in train.values()
            )
        ),
        "eval() uses the running statistics, as constants, where there are buffers": (
            all(
                every(evaluation[name], statistics="running", gradient="constant")
                for name in ("tracked", "switched_off")
            )
        ),
        "and the batch where there are none": all(
            every(evaluation[name], statistics="batch", gradient="through")
            for name in ("untracked", "switched_on")
        ),
        "eval() moves no buffer": all(
            every(track, moved=0.0, counted=0) for track in evaluation.values()
        ),
        "train() moves them only when they are tracked: by a tenth, by one over the "
        "number of batches, or not at all, as momentum says": (
            [train["tracked"][name]["grad"]["moved"] for name in MOMENTA]
            == [0.1, 0.25, 0.0]
            and every(train["tracked"], counted=1)
            and all(
                every(train[name], moved=0.0, counted=0)
                for name in ("untracked", "switched_off", "switched_on")
            )
        ),
        "switching the attribute on later brings no buffers": (
            every(train["switched_on"], buffers=False)
            and every(train["switched_off"], buffers=True)
        ),
    }
