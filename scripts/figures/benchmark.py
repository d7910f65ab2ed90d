"""How many times as long each snippet takes as its twin in torch.nn.

What to see: run as it is written, a layer takes a few times as long as torch's, which
is one kernel; compiled, both are kernels made from the same formula, and the dots stand
near 1. A dot is one shape of the input, forward or forward and backward.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    SMALL,
    dots,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 512
RESULTS = ("benchmark",)
WORDS = {
    "zh": {
        "title": "编译之后，复制来的层与 torch.nn 的几乎一样快",
        "what": "所需时间是 torch.nn 的几倍；每个点是一种形状，含或不含反向传播",
        "eager": "直接运行",
        "compiled": "编译后",
        "aim": "目标 ≤ {:g}",
        "times": "倍数（对数刻度；竖短线是中位数）",
    },
    "en": {
        "title": "Compiled, a copied layer is about as fast as torch.nn",
        "what": "Times as long as torch.nn; a dot: one shape, with or without backward",
        "eager": "as written",
        "compiled": "compiled",
        "aim": "aim ≤ {:g}",
        "times": "times (logarithmic; bars are medians)",
    },
}
MODES = {"eager": "plain", "compiled": "group"}
TOP, ROW, LEFT = 84, 38, 172


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """A row for each layer: eager above, compiled below."""
    layers = sorted(
        result["layers"].items(),
        key=lambda one: one[1]["eager"]["median"],
        reverse=True,
    )
    title(figure, words["title"])
    write(figure, 8, 42, words["what"], size=SMALL)
    axes = panel(figure, LEFT, TOP, 468 - LEFT, ROW * len(layers))
    largest = max(one["eager"]["max"] for _, one in layers)
    axes.set(xlim=(0.4, max(12, 1.1 * largest)), ylim=(len(layers), 0), xscale="log")
    axes.spines["left"].set_visible(False)
    ticks(axes, (0.5, 1, 2, 3, 5, 10))
    for mode, color in MODES.items():
        aim = result["aims"][mode]["aim"]
        line(axes, (aim, aim), (0, len(layers)), color, "ink-2", width=1)
        _name(axes, words, mode, aim)
    for row, (name, one) in enumerate(layers):
        write(figure, 8, TOP + ROW * (row + 0.5) + 5, name, size=SMALL)
        for step, (mode, color) in enumerate(MODES.items()):
            ratios = [
                measured["ratio"]["median"]
                for shape in one["shapes"].values()
                for measured in shape[mode].values()
            ]
            y = row + 0.32 + 0.36 * step
            dots(axes, ratios, y, one[mode]["median"], color)
    write(figure, 468, HEIGHT - 10, words["times"], "ink-2", ha="right")


def _name(axes: Axes, words: dict[str, str], mode: str, aim: float) -> None:
    """Say above the line of an aim what it is: the smaller aim to its left."""
    color, right = MODES[mode], mode == "compiled"
    x = aim * (1.12 if not right else 1.06)
    ha = "right" if right else "left"
    label(axes, x, -0.62, words[mode], color, ha=ha)
    label(axes, x, -0.18, words["aim"].format(aim), color, ha=ha, size=SMALL)
