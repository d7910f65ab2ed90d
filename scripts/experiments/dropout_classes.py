"""Which values does each dropout class drop together, for inputs of every rank?

Each class sees ones, many times. Values that agree in every draw are decided together;
an axis along which all values always agree is listed. Warnings and errors are kept.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from snippets.dropout.drop_path import DropPath
from snippets.dropout.dropout import ChannelDropout

SEEDS = range(40)  # draws; by chance two decisions agree in all of them once in 2^40
P = 0.5
SHAPES = ((8,), (6, 8), (4, 6, 8), (4, 6, 3, 5), (4, 6, 2, 3, 5), (3, 4, 2, 2, 3, 2))
DATA = "torch.ones of 1 to 6 dimensions, p = 0.5"

TOLERANCE: dict[str, tuple[float, float] | None] = {"*": (0, 0)}

CLASSES: dict[str, Callable[[], nn.Module]] = {
    "Dropout": lambda: nn.Dropout(P),
    "Dropout1d": lambda: nn.Dropout1d(P),
    "Dropout2d": lambda: nn.Dropout2d(P),
    "Dropout3d": lambda: nn.Dropout3d(P),
    "AlphaDropout": lambda: nn.AlphaDropout(P),
    "FeatureAlphaDropout": lambda: nn.FeatureAlphaDropout(P),
    "ChannelDropout": lambda: ChannelDropout(P),
    "DropPath": lambda: DropPath(P),
}


# One mask of each is kept for the figure: a class, and the shape that it is given.
EXAMPLES = {
    "Dropout": ("Dropout", SHAPES[3]),
    "Dropout2d": ("Dropout2d", SHAPES[3]),
    "Dropout3d": ("Dropout3d", SHAPES[3]),
    "Dropout2d_image": ("Dropout2d", SHAPES[2]),
}


def example(name: str, shape: tuple[int, ...]) -> str:
    """Return one mask as a text of 0 (dropped) and 1."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = CLASSES[name]()(torch.ones(shape))
    return "".join("01"[value > 0] for value in y.flatten().tolist())


def sentence(text: str) -> str:
    """Return the part of a message that says what is wrong."""
    text = re.sub(r"^dropout\dd: ", "", text)
    return re.split(r": |\. |, but |, which | and assuming ", text)[0]


def examine(
    make: Callable[[], nn.Module], shape: tuple[int, ...], seeds: Sequence[int]
) -> dict[str, Any]:
    """Which axes are dropped together; the message where it warns or refuses."""
    layer, draws = make(), []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for seed in seeds:
                torch.manual_seed(seed)
                draws.append(layer(torch.ones(shape)))
        except (RuntimeError, ValueError) as error:
            return {"error": sentence(str(error)), "outcome": "error", "together": []}
    y = torch.stack(draws)
    together = [
        axis
        for axis in range(len(shape))
        if bool((y == y.narrow(axis + 1, 0, 1)).all())
    ]
    decisions = torch.Size(
        size for axis, size in enumerate(shape) if axis not in together
    ).numel()
    return {
        "outcome": "warning" if caught else "quiet",
        "warning": sentence(str(caught[0].message)) if caught else "",
        "together": together,
        "decisions": decisions,
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Every class with every rank; keys rank_1, rank_2 ..."""
    return {
        "classes": {
            name: {
                f"rank_{len(shape)}": examine(make, shape, seeds) for shape in SHAPES
            }
            for name, make in CLASSES.items()
        },
        "masks": {name: example(*one) for name, one in EXAMPLES.items()},
        "order": list(CLASSES),
        "shapes": {f"rank_{len(shape)}": list(shape) for shape in SHAPES},
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    found = result["classes"]

    def together(name: str, rank: int) -> list[int] | str:
        one = found[name][f"rank_{rank}"]
        return one["together"] if one["outcome"] != "error" else "error"

    def outcome(name: str, rank: int) -> str:
        return found[name][f"rank_{rank}"]["outcome"]

    ranks = range(1, len(SHAPES) + 1)
    return {
        "Dropout decides each value alone at every rank": all(
            together("Dropout", rank) == [] and outcome("Dropout", rank) == "quiet"
            for rank in ranks
        ),
        "Dropout1d drops channels of (N, C, L) and refuses 1 and 4 or more": (
            together("Dropout1d", 3) == [2]
            and all(together("Dropout1d", rank) == "error" for rank in (1, 4, 5, 6))
        ),
        "Dropout1d reads (N, C) as (C, L): whole samples go, without a warning": (
            together("Dropout1d", 2) == [1] and outcome("Dropout1d", 2) == "quiet"
        ),
        "Dropout2d drops channels of (N, C, H, W)": (
            together("Dropout2d", 4) == [2, 3] and outcome("Dropout2d", 4) == "quiet"
        ),
        "Dropout2d reads (C, H, W) as (N, C, L): single rows go, with a warning": (
            together("Dropout2d", 3) == [2] and outcome("Dropout2d", 3) == "warning"
        ),
        "Dropout2d of (N, C) decides each value alone, with a warning": (
            together("Dropout2d", 2) == [] and outcome("Dropout2d", 2) == "warning"
        ),
        "Dropout3d drops channels of (N, C, D, H, W)": (
            together("Dropout3d", 5) == [2, 3, 4]
        ),
        "Dropout3d reads (N, C, H, W) as (C, D, H, W): whole samples, no warning": (
            together("Dropout3d", 4) == [1, 2, 3] and outcome("Dropout3d", 4) == "quiet"
        ),
        "AlphaDropout decides like Dropout, FeatureAlphaDropout by channel": all(
            together("AlphaDropout", rank) == []
            and together("FeatureAlphaDropout", rank) == list(range(2, rank))
            for rank in ranks[1:]
        ),
        "ChannelDropout refuses what it could misread": (
            all(together("ChannelDropout", rank) == "error" for rank in (1, 2))
            and together("ChannelDropout", 4) == [2, 3]
        ),
        "DropPath drops whole samples": all(
            together("DropPath", rank) == list(range(1, rank)) for rank in ranks
        ),
    }
