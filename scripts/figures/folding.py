"""What folding removes, and how little the outputs change.

What to see: three layers of nine are gone. In 32 bits the folded network is as far
from the exact outputs as the unfolded one was: the difference is rounding.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    canvas,
    dots,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 400
RESULTS = ("folding",)
WORDS = {
    "zh": {
        "title": "折叠之后少了三层，输出只差舍入误差",
        "unfolded": "折叠前",
        "folded": "折叠后",
        "conv": "卷积",
        "bn": "BN",
        "relu": "ReLU",
        "error": "输出的最大误差，相对于最大的输出（双精度未折叠的为准）",
        "row": "{}，{}",
        "axis": "相对误差（对数刻度；每个点是一个种子）",
    },
    "en": {
        "title": "Three layers fewer, and only rounding differs",
        "unfolded": "before",
        "folded": "after",
        "conv": "conv",
        "bn": "BN",
        "relu": "ReLU",
        "error": "Largest error over largest output (against unfolded, 64 bits)",
        "row": "{}, {}",
        "axis": "relative error (logarithmic; a dot for each seed)",
    },
}
BOXES = {"conv": "ink-2", "bn": "batch", "relu": "ink-2"}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Above the chains of layers, below the errors."""
    title(figure, words["title"])
    axes = canvas(figure)
    for row, chain in enumerate((("conv", "bn", "relu"), ("conv", "relu"))):
        top = 44 + 58 * row
        name = ("unfolded", "folded")[row]
        write(figure, 8, top + 24, words[name])
        for place in range(3):
            for n, kind in enumerate(chain):
                # After folding the boxes stay where they were: the gaps can be seen.
                column = 3 * place + (n if row == 0 else 2 * n)
                _box(axes, 62 + 46 * column, top, words[kind], BOXES[kind])
    write(figure, 8, 196, words["error"], size=SMALL)
    below = panel(figure, 138, 208, 330, 146)
    below.set(xlim=(1e-17, 0.1), ylim=(6.2, 0), xscale="log")
    below.spines["left"].set_visible(False)
    ticks(below, (1e-16, 1e-12, 1e-8, 1e-4, 1e-2))
    below.set_xticklabels(["10⁻¹⁶", "10⁻¹²", "10⁻⁸", "10⁻⁴", "10⁻²"])
    rows = (
        ("bfloat16", "unfolded", "plain"),
        ("bfloat16", "folded", "batch"),
        ("float32", "unfolded", "plain"),
        ("float32", "folded", "batch"),
        ("float64", "folded", "batch"),
    )
    for place, (kind, arm, color) in enumerate(rows):
        y = 0.6 + 1.1 * place
        one = result["error"][kind][arm]
        dots(below, one["seeds"], y, one["median"], color)
        text = words["row"].format(kind, words[arm])
        height = 208 + 146 / 6.2 * y
        write(figure, 130, height + 4, text, color, SMALL, ha="right")
    write(figure, 468, HEIGHT - 8, words["axis"], "ink-2", ha="right")


def _box(axes: Axes, left: float, top: float, text: str, color: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (left + 3, top + 3),
            36,
            32,
            boxstyle="round,pad=2,rounding_size=5",
            facecolor=LIGHT[color],
            edgecolor=LIGHT[color],
            alpha=0.25 if color == "batch" else 0.12,
            linewidth=0,
        )
    )
    axes.text(
        left + 21,
        top + 23,
        text,
        ha="center",
        va="baseline",
        size=SMALL,
        color=LIGHT["ink"],
    )
