"""Accuracy after five epochs against the spread of the initial weights.

What to see: without batch norm a narrow peak, with it a broad plateau that still ends
on both sides; and on the left zero and constant weights, which train neither.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    FAINT,
    SMALL,
    band,
    label,
    panel,
    powers,
    ticks,
    title,
    write,
)

HEIGHT = 300
RESULTS = ("init_sweep",)
WORDS = {
    "zh": {
        "title": "批量归一化放宽了初始化，但不是怎样都行",
        "what": "{} 轮之后的测试准确率（%）",
        "std": "初始权重的标准差（对数刻度）",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "zero": "全零",
        "constant": "全相等",
    },
    "en": {
        "title": "Batch norm widens the range of starts, with limits",
        "what": "Test accuracy after {} epochs (%)",
        "std": "std of the initial weights (logarithmic)",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "zero": "zero",
        "constant": "all equal",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """The sweep, and the two starts that have no spread."""
    title(figure, words["title"])
    write(figure, 8, 46, words["what"].format(result["epochs"]))
    same = panel(figure, 44, 58, 64, 190)
    same.set(xlim=(-0.6, 1.6), ylim=(0, 100))
    ticks(same, (), (0, 50, 100))
    axes = panel(figure, 128, 58, 340, 190)
    axes.set(xlim=(1e-5, 10), ylim=(0, 100), xscale="log")
    ticks(axes, (1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10))
    powers(axes.xaxis)
    axes.spines["left"].set_visible(False)
    for arm, color, shift in (("plain", "plain", -0.14), ("batch_norm", "batch", 0.14)):
        percent = {
            key: [100 * value for value in values]
            for key, values in result[arm]["by_std"].items()
        }
        band(axes, result["stds"], percent, color)
        for place, start in enumerate(("zero", "constant")):
            values = [100 * value for value in result[arm][start]["seeds"]]
            same.plot(
                [place + shift] * len(values),
                values,
                "o",
                color=LIGHT[color],
                markersize=5,
                alpha=FAINT,
                mew=0,
            )
    label(axes, 1.6e-4, 70, words["batch_norm"], "batch", ha="left")
    label(axes, 0.03, 40, words["plain"], "plain", ha="right")
    write(figure, 56, 268, words["zero"], "ink-2", SMALL, ha="center")
    write(figure, 98, 284, words["constant"], "ink-2", SMALL, ha="center")
    write(figure, 468, 290, words["std"], "ink-2", ha="right")
