"""Ten times the weights, and weight decay, in front of batch norm.

What to see: the rings lie on the lines. Above, ten times the weights at a hundred times
the rate take the steps of the original; at the same rate training crawls. Below, weight
decay raises the effective rate exactly as a growing rate without decay does.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import band, label, line, panel, ticks, title, write

HEIGHT = 510
RESULTS = ("scale_invariance",)
WORDS = {
    "zh": {
        "title": "归一化之前，权重的大小只等于另一个学习率",
        "loss": "训练损失",
        "base": "W，学习率 r",
        "scaled_rate": "圆圈：10W，学习率 100r",
        "scaled": "10W，学习率 r",
        "effective": "有效学习率 r/|W|²，是起点的几倍",
        "decay": "有权重衰减",
        "growing": "圆圈：无衰减，学习率逐步增大",
        "none": "无衰减，学习率不变",
        "steps": "训练步数",
    },
    "en": {
        "title": "Before batch norm, a weight's size is just another rate",
        "loss": "Training loss",
        "base": "W at rate r",
        "scaled_rate": "rings: 10 W at rate 100 r",
        "scaled": "10 W at rate r",
        "effective": "Effective rate r/|W|², times that of the start",
        "decay": "with weight decay",
        "growing": "rings: no decay, a growing rate",
        "none": "no decay, constant rate",
        "steps": "training steps",
    },
}


def rings(axes: Axes, x: list[int], y: list[float], color: str) -> None:
    """Every third point, hollow, so that the line below is seen."""
    axes.plot(
        x[::3],
        y[::3],
        "o",
        color=LIGHT[color],
        fillstyle="none",
        markersize=7,
        markeredgewidth=1.2,
        clip_on=False,
        zorder=5,
    )


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Losses above, effective rates below."""
    title(figure, words["title"])
    steps = result["steps"]
    write(figure, 8, 48, words["loss"])
    loss = panel(figure, 44, 58, 424, 190)
    loss.set(xlim=(1, 132), ylim=(0, 2.7))
    ticks(loss, (1, 22, 44, 66, 88, 110, 132), (0, 1, 2))
    band(loss, steps, result["scaled"]["loss"], "ink-2")
    band(loss, steps, result["base"]["loss"], "batch")
    rings(loss, steps, result["scaled_rate"]["loss"]["median"], "batch")
    label(loss, 64, 1.72, words["scaled"], "ink-2")
    label(loss, 28, 1.0, words["base"], "batch")
    label(loss, 28, 0.76, words["scaled_rate"], "batch")

    write(figure, 8, 302, words["effective"])
    below = panel(figure, 44, 316, 424, 150)
    below.set(xlim=(1, 132), ylim=(0, 3))
    ticks(below, (1, 22, 44, 66, 88, 110, 132), (0, 1, 2))
    relative = {
        arm: [
            value / result[arm]["effective"]["curve"]["median"][0]
            for value in result[arm]["effective"]["curve"]["median"]
        ]
        for arm in ("base", "decay", "growing")
    }
    line(below, steps, relative["base"], "ink-2")
    line(below, steps, relative["decay"], "group", "batch")
    rings(below, steps, relative["growing"], "group")
    label(below, 62, 2.25, words["decay"], "group", ha="right")
    label(below, 128, 1.35, words["growing"], "group", ha="right")
    label(below, 128, 0.6, words["none"], "ink-2", ha="right")
    write(figure, 468, HEIGHT - 10, words["steps"], "ink-2", ha="right")
