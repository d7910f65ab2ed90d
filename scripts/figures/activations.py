"""Four activation functions above, their slopes below.

What to see: the slope of sigmoid is nowhere above 1/4; those of sigmoid and tanh fall
to almost 0 on both sides, those of ReLU and GELU only on the left.
"""

import math
from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.parts.style import label, line, panel, ticks, title, write

HEIGHT = 452
RESULTS = ()
WORDS = {
    "zh": {
        "title": "sigmoid 的斜率至多 1/4，两侧都趋于 0",
        "function": "激活函数",
        "slope": "斜率",
        "z": "预激活 z",
    },
    "en": {
        "title": "Sigmoid's slope is at most 1/4, near 0 on both sides",
        "function": "activation function",
        "slope": "slope",
        "z": "pre-activation z",
    },
}
EDGE, STEP = 4, 0.05


def draw(figure: Figure, words: dict[str, str]) -> None:
    """One colour a function; the step in the slope of ReLU is left open."""
    title(figure, words["title"])
    write(figure, 8, 46, words["function"])
    above = panel(figure, 44, 58, 424, 190)
    above.set(xlim=(-EDGE, EDGE), ylim=(-1.2, 4))
    ticks(above, range(-EDGE, EDGE + 1, 2), (-1, 0, 1, 2, 3, 4))
    write(figure, 8, 288, words["slope"])
    below = panel(figure, 44, 300, 424, 104)
    below.set(xlim=(-EDGE, EDGE), ylim=(-0.15, 1.25))
    ticks(below, range(-EDGE, EDGE + 1, 2), (0, 0.25, 1))
    write(figure, 468, 444, words["z"], "ink-2", ha="right")

    _curve(above, lambda z: max(0.0, z), "batch")
    _curve(above, lambda z: z * _phi(z), "layer")
    _curve(above, math.tanh, "group")
    _curve(above, _sigmoid, "dropout")
    label(above, 2.2, 2.4, "ReLU", "batch", ha="right")
    label(above, 1.75, 1.2, "GELU", "layer")
    label(above, -3.9, -0.82, "tanh", "group")
    label(above, -1.4, 0.32, "sigmoid", "dropout", ha="right")

    line(below, (-EDGE, 0), (0, 0), "batch")
    line(below, (0, EDGE), (1, 1), "batch")
    _curve(below, lambda z: _phi(z) + z * _bell(z), "layer")
    _curve(below, lambda z: 1 - math.tanh(z) ** 2, "group")
    _curve(below, lambda z: _sigmoid(z) * (1 - _sigmoid(z)), "dropout")
    label(below, 3.9, 0.78, "ReLU", "batch", ha="right")
    label(below, 1.9, 1.17, "GELU", "layer")
    label(below, -0.75, 0.66, "tanh", "group", ha="right")
    label(below, -1.7, 0.2, "sigmoid", "dropout", ha="right")


def _curve(axes: Axes, function: Callable[[float], float], color: str) -> None:
    z = [STEP * at for at in range(round(-EDGE / STEP), round(EDGE / STEP) + 1)]
    line(axes, z, [function(one) for one in z], color)


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def _phi(z: float) -> float:
    """Share of a standard Gaussian below z."""
    return (1 + math.erf(z / math.sqrt(2))) / 2


def _bell(z: float) -> float:
    """Density of a standard Gaussian."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
