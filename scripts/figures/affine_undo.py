"""A skewed channel, normalized, and brought back by gamma and beta.

What to see: three times the same shape, only moved and stretched. Normalization makes
the mean 0 and the variance 1 and no Gaussian; gamma = sqrt(var + eps) and beta = mean
bring the input back.
"""

import math
from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import label, line, panel, stairs, ticks, title, write

HEIGHT = 430
RESULTS = ("affine_undo",)
WORDS = {
    "zh": {
        "title": "归一化不改变形状，γ 与 β 可以把它还原",
        "x": "输入 x",
        "normalized": "归一化之后",
        "undone": "再乘 γ = √(方差 + ε)，加 β = 均值",
        "moments": "均值 {:.2f}，标准差 {:.2f}，偏度 {:.2f}",
        "gaussian": "虚线：标准正态分布",
        "value": "取值",
    },
    "en": {
        "title": "The shape stays, and γ and β bring the input back",
        "x": "input x",
        "normalized": "normalized",
        "undone": "times γ = √(variance + ε), plus β = mean",
        "moments": "mean {:.2f}, std {:.2f}, skewness {:.2f}",
        "gaussian": "dashed: standard Gaussian",
        "value": "value",
    },
}
ROWS = (("x", "plain"), ("normalized", "batch"), ("undone", "plain"))


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three histograms over one axis."""
    title(figure, words["title"])
    for row, (name, color) in enumerate(ROWS):
        one = result[name]
        top = 40 + 124 * row
        axes = panel(figure, 12, top, 456, 96)
        width = (one["high"] - one["low"]) / len(one["counts"])
        density = [count / result["values"] / width for count in one["counts"]]
        axes.set(xlim=(-2.6, 4.8), ylim=(0, 1.15))
        axes.spines["left"].set_visible(False)
        ticks(axes, (-2, -1, 0, 1, 2, 3, 4))
        edges = [one["low"] + n * width for n in range(len(density) + 1)]
        stairs(axes, density, edges, color)
        label(axes, 4.8, 0.92, words[name], color, ha="right")
        moments = (one["mean"], one["std"], one["skewness"])
        moments = (value if abs(value) > 0.005 else 0 for value in moments)
        label(axes, 4.8, 0.72, words["moments"].format(*moments), "ink", ha="right")
        if name == "normalized":
            x = [-2.6 + 0.1 * n for n in range(75)]
            bell = [math.exp(-(v**2) / 2) / math.sqrt(2 * math.pi) for v in x]
            line(axes, x, bell, "ink-2", width=1.2)
            label(axes, 4.8, 0.52, words["gaussian"], "ink-2", ha="right")
    write(figure, 468, 422, words["value"], "ink-2", ha="right")
