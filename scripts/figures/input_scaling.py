"""Two features before and after scaling, and gradient descent over the loss.

What to see: the points fill a flat strip; over the weights the loss is a valley, narrow
across the direction of the wide feature's weight. Descent bounces from wall to wall and
hardly moves along the valley. After standardizing the strip is a square, the valley a
bowl, and the same share of the largest stable rate leads to the bottom.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    FAINT,
    SMALL,
    label,
    panel,
    raised,
    ticks,
    title,
    write,
)

HEIGHT = 616
RESULTS = ("input_scaling",)
WORDS = {
    "zh": {
        "title": "尺度悬殊的两个特征，把损失变成狭长的山谷",
        "raw": "缩放之前：数据（横竖同一比例）",
        "valley": "缩放之前：损失的等高线（纵向放大 3 倍）",
        "scaled": "标准化之后：数据",
        "bowl": "标准化之后：损失",
        "x1": "特征 x₁",
        "x2": "特征 x₂",
        "w1": "x₁ 的权重",
        "w2": "x₂ 的权重",
        "condition": "条件数 {:.0f}",
        "left": "走 {} 步，多余的损失还剩 {:.0%}",
        "done": "走 {} 步，只剩 {}",
        "start": "起点",
        "best": "最低点",
    },
    "en": {
        "title": "Unequal scales turn the loss into a narrow valley",
        "raw": "Before: the points (same scale on both axes)",
        "valley": "Before: contours of the loss (stretched 3 times vertically)",
        "scaled": "After standardizing: points",
        "bowl": "After: the loss",
        "x1": "feature x₁",
        "x2": "feature x₂",
        "w1": "weight of x₁",
        "w2": "weight of x₂",
        "condition": "condition number {:.0f}",
        "left": "after {} steps {:.0%} of the excess loss is left",
        "done": "after {} steps {} of it is left",
        "start": "start",
        "best": "lowest",
    },
}
LEVELS = (0.04, 0.2, 0.5, 1)  # times the excess loss at the start


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Points and loss before, one below the other; after, side by side."""
    title(figure, words["title"])
    raw, scaled = result["drawn"]["raw"], result["drawn"]["standardized"]
    steps = result["path"]["steps"]

    write(figure, 8, 46, words["raw"])
    strip = panel(figure, 44, 54, 424, 42)
    strip.set(xlim=(-220, 220), ylim=(-21.8, 21.8))
    ticks(strip, (-200, -100, 0, 100, 200), (-10, 10))
    _points(strip, raw)
    write(figure, 468, 46, words["x1"], "ink-2", SMALL, ha="right")

    write(figure, 8, 142, words["valley"])
    valley = panel(figure, 62, 152, 406, 136)
    valley.set(xlim=(-0.05, 0.25), ylim=(-0.0117, 0.0217))
    ticks(valley, (0, 0.1, 0.2), (0, 0.01, 0.02))
    _contours(valley, raw)
    _path(valley, raw)
    write(figure, 468, 318, words["w2"], "ink-2", SMALL, ha="right")
    write(figure, 68, 162, words["w1"], "ink-2", SMALL)
    condition = words["condition"].format(
        result["raw"]["no_bias"]["condition"]["median"]
    )
    write(figure, 460, 162, condition, ha="right", size=SMALL)
    left = words["left"].format(steps, raw["left"])
    write(figure, 460, 284, left, "plain", SMALL, ha="right")
    label(valley, -0.004, -0.0025, words["start"], "plain", "right", SMALL)
    label(valley, raw["best"][1] + 0.006, 0.0042, words["best"], "batch", size=SMALL)

    write(figure, 8, 352, words["scaled"])
    square = panel(figure, 44, 364, 190, 190)
    square.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    ticks(square, (-2, 0, 2), (-2, 0, 2))
    _points(square, scaled)
    write(figure, 234, 588, words["x1"], "ink-2", SMALL, ha="right")
    write(figure, 50, 374, words["x2"], "ink-2", SMALL)

    write(figure, 260, 352, words["bowl"])
    bowl = panel(figure, 278, 364, 190, 190)
    bowl.set(xlim=(-0.35, 1.75), ylim=(-0.35, 1.75))
    ticks(bowl, (0, 0.5, 1, 1.5), (0, 0.5, 1, 1.5))
    _contours(bowl, scaled)
    _path(bowl, scaled)
    write(figure, 468, 588, words["w2"], "ink-2", SMALL, ha="right")
    write(figure, 284, 374, words["w1"], "ink-2", SMALL)
    condition = result["standardized"]["no_bias"]["condition"]["median"]
    write(
        figure, 468, 606, words["condition"].format(condition), ha="right", size=SMALL
    )
    write(
        figure,
        44,
        606,
        words["done"].format(steps, _scientific(scaled["left"])),
        size=SMALL,
    )


def _scientific(value: float) -> str:
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}×10{raised(int(power))}"


def _points(axes: Axes, one: dict[str, Any]) -> None:
    """Draw all points as one path of round dots, a third as many bytes as markers."""
    x, y = (np.repeat(np.array(each), 3) for each in one["points"])
    x[2::3] = np.nan
    axes.plot(x, y, color=LIGHT["ink-2"], linewidth=3, alpha=FAINT)


def _contours(axes: Axes, one: dict[str, Any]) -> None:
    """Draw ellipses of equal loss; the weight of x2 is horizontal."""
    hessian, best = np.array(one["hessian"]), np.array(one["best"])
    values, vectors = np.linalg.eigh(hessian)
    angle = np.degrees(np.arctan2(vectors[0], vectors[1]))[0]
    first = best @ hessian @ best
    for level in LEVELS:
        width, height = 2 * np.sqrt(level * first / values)
        axes.add_patch(
            Ellipse(
                (best[1], best[0]),
                width,
                height,
                angle=angle,
                fill=False,
                edgecolor=LIGHT["ink-2"],
                linewidth=0.8,
            )
        )


def _path(axes: Axes, one: dict[str, Any]) -> None:
    """Draw the steps from zero, and the lowest point."""
    first, second = one["path"]
    axes.plot(
        second, first, "-o", color=LIGHT["plain"], linewidth=1, markersize=2.6, mew=0
    )
    axes.plot([0], [0], "o", color=LIGHT["plain"], markersize=6, mew=0)
    axes.plot(
        one["best"][1], one["best"][0], "x", color=LIGHT["batch"], markersize=8, mew=2
    )
