"""Spread of the outputs and size of the gradients through ten layers, five starts.

What to see: fixed spreads of 0.01 and 1.0 leave the page within a few layers, unless
tanh and sigmoid cut them off; LeCun's, Glorot's and He's keep level where they fit.
On the right: with tanh and 1.0 gradients grow toward the input; with sigmoid they
vanish from any start but the one that saturates; with batch norm all are nearly level.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import SMALL, line, panel, powers, ticks, title, write

HEIGHT = 608
RESULTS = ("depth_and_init",)
WORDS = {
    "zh": {
        "title": "初始化决定信号和梯度能走多深",
        "std": "各层输出的标准差",
        "gradient": "各层权重的梯度（范数）",
        "layer": "层",
        "std_0_01": "0.01",
        "std_1": "1.0",
        "glorot": "LeCun、Glorot",
        "he": "He",
        "batch_norm": "1.0，批量归一化",
        "tanh": "tanh",
        "relu": "ReLU",
        "sigmoid": "sigmoid",
    },
    "en": {
        "title": "The start decides how deep signals and gradients get",
        "std": "Std of each layer's outputs",
        "gradient": "Gradient of its weights (norm)",
        "layer": "layer",
        "std_0_01": "0.01",
        "std_1": "1.0",
        "glorot": "LeCun, Glorot",
        "he": "He",
        "batch_norm": "1.0, batch norm",
        "tanh": "tanh",
        "relu": "ReLU",
        "sigmoid": "sigmoid",
    },
}
SERIES = (
    ("std_0_01", "plain", "group"),
    ("std_1", "plain", "dropout"),
    ("glorot", "plain", "plain"),
    ("he", "plain", "layer"),
    ("std_1", "batch_norm", "batch"),
)
KEY = (
    ("std_0_01", 8),
    ("std_1", 60),
    ("glorot", 104),
    ("he", 222),
    ("batch_norm", 264),
)
TEN = range(1, 11)
RANGES = {
    "tanh": {"std": (1e-10, 1e2), "gradient": (1e-10, 1e6)},
    "relu": {"std": (1e-12, 1e12), "gradient": (1e-12, 1e12)},
    "sigmoid": {"std": (1e-3, 1e1), "gradient": (1e-16, 1e2)},
}
MARKS = {
    "tanh": {"std": (1e-8, 1e-4, 1), "gradient": (1e-8, 1e-4, 1, 1e4)},
    "relu": {
        "std": (1e-10, 1e-5, 1, 1e5, 1e10),
        "gradient": (1e-10, 1e-5, 1, 1e5, 1e10),
    },
    "sigmoid": {"std": (0.01, 0.1, 1), "gradient": (1e-15, 1e-10, 1e-5, 1)},
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """A row for each activation; spread on the left, gradient on the right."""
    title(figure, words["title"])
    for (name, x), (_, _, color) in zip(KEY, SERIES, strict=True):
        write(figure, x, 46, words[name], color, bold=True)
    for row, (activation, ranges) in enumerate(RANGES.items()):
        top = 92 + 178 * row
        write(figure, 8, top - 20, words[activation], bold=True)
        for what, left in (("std", 44), ("gradient", 284)):
            axes = panel(figure, left, top, 184, 124)
            axes.set(xlim=(1, 10), ylim=ranges[what], yscale="log")
            ticks(axes, (1, 4, 7, 10), MARKS[activation][what])
            powers(axes.yaxis)
            write(figure, left + 184, top - 6, words[what], "ink-2", SMALL, ha="right")
            for start, arm, color in SERIES:
                line(axes, TEN, result[activation][start][arm][what], color)
    for right in (228, 468):
        write(figure, right, HEIGHT - 6, words["layer"], "ink-2", SMALL, ha="right")
