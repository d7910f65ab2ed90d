"""The computation graph of batch norm with the numbers of one unit on four images.

What to see: x is used twice, x - mean twice; so gradients come back on several ways
and are added. The first and the last image get no gradient from above and get one all
the same: through the mean and the variance.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from scripts.figures.parts.boxes import arrow
from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, minus, title, write

HEIGHT = 470
RESULTS = ("gradient_projection",)
WORDS = {
    "zh": {
        "title": "两个没有收到梯度的图像，也得到了梯度",
        "value": "向前：数值",
        "gradient": "向后：损失的梯度",
        "images": "图像 1 至 4",
        "x": "x",
        "centered": "x − μ",
        "x_hat": "x̂ = (x − μ) · r　（γ = 1，β = 0，即输出 y）",
        "mean": "均值 μ",
        "var": "方差 σ²",
        "inv_std": "r = 1/√(σ² + ε)",
    },
    "en": {
        "title": "Two images receive no gradient and get one",
        "value": "forward: values",
        "gradient": "backward: gradient of the loss",
        "images": "images 1 to 4",
        "x": "x",
        "centered": "x − μ",
        "x_hat": "x̂ = (x − μ) · r  (γ = 1, β = 0: the output y)",
        "mean": "mean μ",
        "var": "variance σ²",
        "inv_std": "r = 1/√(σ² + ε)",
    },
}
LEFT, VECTOR, COLUMN = 20, 236, 56  # a vector of four numbers
RIGHT, SCALAR = 348, 104
BOX = 46
TOPS = {
    "x": 96,
    "centered": 216,
    "x_hat": 390,
    "mean": 96,
    "var": 216,
    "inv_std": 304,
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Vectors on the left, what is computed of all four values on the right."""
    title(figure, words["title"])
    write(figure, 8, 42, words["value"], "batch")
    write(figure, 468, 42, words["gradient"], "dropout", ha="right")
    axes = canvas(figure)
    one = result["graph"]
    for name, top in TOPS.items():
        left, width = (
            (RIGHT, SCALAR) if name in {"mean", "var", "inv_std"} else (LEFT, VECTOR)
        )
        _box(axes, left, top, width)
        write(figure, left, top - 10, words[name])
        value, gradient = one["value"][name], one["gradient"][name]
        if isinstance(value, list):
            numbers = list(zip(value, gradient, strict=True))
            places = [left + 34 + COLUMN * n for n in range(4)]
        else:
            numbers, places = [(value, gradient)], [left + width / 2]
        for (forward, backward), x in zip(numbers, places, strict=True):
            write(figure, x, top + 19, _shown(forward), "batch", SMALL, ha="center")
            write(figure, x, top + 38, _shown(backward), "dropout", SMALL, ha="center")
    write(figure, LEFT + VECTOR, TOPS["x"] - 10, words["images"], "ink-2", ha="right")
    middle = LEFT + 190
    end = LEFT + VECTOR + 4
    arrow(axes, (end, TOPS["x"] + 23), (RIGHT - 4, TOPS["mean"] + 23))
    arrow(axes, (middle, TOPS["x"] + BOX + 4), (middle, TOPS["centered"] - 4))
    arrow(axes, (RIGHT + 8, TOPS["mean"] + BOX + 4), (end - 8, TOPS["centered"] - 5))
    arrow(axes, (end, TOPS["centered"] + 23), (RIGHT - 4, TOPS["var"] + 23))
    arrow(axes, (RIGHT + 52, TOPS["var"] + BOX + 4), (RIGHT + 52, 304 - 26))
    arrow(axes, (middle, TOPS["centered"] + BOX + 4), (middle, TOPS["x_hat"] - 26))
    arrow(axes, (RIGHT + 40, 304 + BOX + 4), (end, TOPS["x_hat"] + 14))


def _shown(number: float) -> str:
    return minus(f"{number + 0.0:.3f}")


def _box(axes: Axes, left: float, top: float, width: float) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            BOX,
            boxstyle="round,pad=2,rounding_size=6",
            facecolor=(LIGHT["ink-2"], 0.05),
            edgecolor=LIGHT["ink-2"],
            linewidth=0.8,
        )
    )
