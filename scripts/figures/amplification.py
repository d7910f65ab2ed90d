"""How a change of 1 % at the input grows through twenty layers.

What to see: with tanh it stays about 1 %, with ReLU it grows a little; with batch norm
before the activation it grows in every layer, with ReLU to a third of the signal.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, ticks, title, write

HEIGHT = 320
RESULTS = ("amplification",)
WORDS = {
    "zh": {
        "title": "批量归一化不抑制微小的变化，反而放大它",
        "what": "输入改变 1%，各层输出改变多少（%，对数刻度）",
        "layer": "层",
        "tanh": "tanh，Glorot",
        "relu": "ReLU，He",
        "batch_norm_tanh": "批量归一化，tanh",
        "batch_norm_relu": "批量归一化，ReLU",
    },
    "en": {
        "title": "Batch norm does not damp a small change: it amplifies",
        "what": "The input changes by 1%, each layer's output by (%, log scale)",
        "layer": "layer",
        "tanh": "tanh, Glorot",
        "relu": "ReLU, He",
        "batch_norm_tanh": "batch norm, tanh",
        "batch_norm_relu": "batch norm, ReLU",
    },
}
ARMS = (
    ("tanh", "plain", "group", 0.78),
    ("relu", "plain", "plain", 1.52),
    ("batch_norm_tanh", "batch", "layer", 6.9),
    ("batch_norm_relu", "batch", "batch", 29),
)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """One line for each network, with the range of the seeds."""
    title(figure, words["title"])
    write(figure, 8, 46, words["what"])
    layers = range(1, result["layers"] + 1)
    axes = panel(figure, 44, 58, 424, 220)
    axes.set(xlim=(1, 20), ylim=(0.7, 50), yscale="log")
    ticks(axes, (1, 5, 10, 15, 20), (1, 2, 5, 10, 20, 50))
    for arm, color, dashes, y in ARMS:
        percent = {
            key: [100 * value for value in values]
            for key, values in result[arm]["input"]["curve"].items()
        }
        band(axes, layers, percent, color, dashes)
        label(axes, 17, y, words[arm], color, ha="right")
    write(figure, 468, 312, words["layer"], "ink-2", ha="right")
