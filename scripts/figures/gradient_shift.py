"""How far a layer's gradient shifts when the layers below take their step.

What to see: the sigmoid network whose gradients hardly shift learns nothing, the one
with batch norm shifts them by two thirds and learns. With tanh and ReLU batch norm
shifts more at first and less later.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, ticks, title, write

HEIGHT = 560
RESULTS = ("gradient_shift",)
WORDS = {
    "zh": {
        "title": "梯度变得少，不等于学得快",
        "what": "下面各层更新之后，本层梯度的相对变化",
        "steps": "训练步数",
        "sigmoid": "sigmoid，学习率 {:g}",
        "tanh": "tanh，学习率 {:g}",
        "relu": "ReLU，学习率 {:g}",
        "plain": "不加归一化，最后损失 {:.2f}",
        "batch_norm": "批量归一化，最后损失 {:.2f}",
    },
    "en": {
        "title": "Steadier gradients do not mean faster learning",
        "what": "Relative change of a layer's gradient after the layers below moved",
        "steps": "training steps",
        "sigmoid": "sigmoid, rate {:g}",
        "tanh": "tanh, rate {:g}",
        "relu": "ReLU, rate {:g}",
        "plain": "no normalization, final loss {:.2f}",
        "batch_norm": "batch norm, final loss {:.2f}",
    },
}
# Where the labels stand, free of the lines: (x, y, side).
PLACES = {
    "sigmoid": {"plain": (98, 0.09, "right"), "batch_norm": (98, 1.02, "right")},
    "tanh": {"plain": (98, 1.3, "right"), "batch_norm": (98, 0.08, "right")},
    "relu": {"plain": (98, 1.53, "right"), "batch_norm": (98, 0.36, "right")},
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """One panel for each activation, medians and the range of the seeds."""
    title(figure, words["title"])
    write(figure, 8, 44, words["what"], "ink-2")
    steps = result["measured"]
    for place, activation in enumerate(("sigmoid", "tanh", "relu")):
        one = result[activation]
        top = 70 + 160 * place
        write(figure, 8, top + 2, words[activation].format(one["rate"]))
        axes = panel(figure, 44, top + 12, 424, 112)
        axes.set(xlim=(0, steps[-1]), ylim=(0, 1.75 if activation == "relu" else 1.4))
        ticks(axes, (0, 20, 40, 60, 80, 100), (0, 0.5, 1))
        for arm, color in (("plain", "plain"), ("batch_norm", "batch")):
            band(axes, steps, one[arm]["curve"], color)
            x, y, side = PLACES[activation][arm]
            text = words[arm].format(one[arm]["final"]["median"])
            label(axes, x, y, text, color, ha=side)
    write(figure, 468, HEIGHT - 8, words["steps"], "ink-2", ha="right")
