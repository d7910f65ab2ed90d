"""How often a weight has no gradient, and whether it then stands still.

What to see: with one sample half the weights have no gradient, with 32 none, because
every sample has its own mask. And a weight without gradient moves all the same with
momentum, weight decay or Adam.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, panel, ticks, title, write

HEIGHT = 418
RESULTS = ("updated_weights",)
WORDS = {
    "zh": {
        "title": "“丢掉的权重不更新”：只对单样本、纯 SGD 成立",
        "zero": "梯度恰好为零的权重（%），p = 0.5",
        "batch": "批大小 {}",
        "moved": "其中仍然移动了的权重（%），批大小 1",
        "sgd": "SGD",
        "momentum": "SGD，动量 0.9",
        "decay": "SGD，权重衰减",
        "adam": "Adam",
    },
    "en": {
        "title": "“Not updated”: only one sample with plain SGD",
        "zero": "Weights whose gradient is zero (%), p = 0.5",
        "batch": "batch of {}",
        "moved": "of these, weights that move all the same (%), batch of 1",
        "sgd": "SGD",
        "momentum": "SGD, momentum 0.9",
        "decay": "SGD, weight decay",
        "adam": "Adam",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Rows of dots: batch sizes above, optimizers below."""
    title(figure, words["title"])
    above = {words["batch"].format(n): f"batch_{n}" for n in result["sizes"]}
    below = {words[name]: name for name in ("sgd", "momentum", "decay", "adam")}
    for top, what, rows in ((66, "zero", above), (262, "moved", below)):
        write(figure, 8, top - 18, words[what])
        axes = panel(figure, 178, top - 8, 272, 26 * len(rows))
        axes.set(xlim=(0, 100), ylim=(len(rows), 0))
        axes.spines["left"].set_visible(False)
        ticks(axes, (0, 25, 50, 75, 100))
        for row, (name, key) in enumerate(rows.items()):
            color = "dropout" if what == "zero" else "batch"
            one = result[what][key]
            percent = [100 * value for value in one["seeds"]]
            dots(axes, percent, row + 0.5, 100 * one["median"], color)
            label(axes, -5, row + 0.68, name, color, ha="right")
