"""How far the second layer's histogram moves while the network trains, at two rates.

What to see: at 0.1 one training step moves it far less than drawing another batch does
(the grey strip, measured in a frozen network). At 0.4, the best rate of the network
without normalization, its steps reach the strip and pass it, and over two epochs it
drifts by twelve of its own deviations; with batch norm the steps stay below the strip.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    band,
    label,
    level,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 748
RESULTS = ("digits_mlp_drift",)
WORDS = {
    "zh": {
        "title": "不加归一化：学习率 0.1 时抽样移动得更远，0.4 时训练移动得更远",
        "step": "学习率 {:g}：每一步移动多远（单位：自身的标准差）",
        "from_start": "学习率 {:g}：离起点多远（单位：起点时的标准差）",
        "frozen": "网络冻结，只换小批量",
        "steps": "训练步数（共两轮）；纵轴为对数刻度",
        "plain": "不加归一化",
        "before": "归一化之前",
        "after": "归一化之后",
        "both": "归一化之前（点线）、之后（实线）",
    },
    "en": {
        "title": "Unnormalized: sampling leads at 0.1, training at 0.4",
        "step": "Learning rate {:g}: moved by each step (in own std)",
        "from_start": "Learning rate {:g}: distance from the start (in its std)",
        "frozen": "frozen network, another batch",
        "steps": "training steps (two epochs); vertical axes logarithmic",
        "plain": "no normalization",
        "before": "before batch norm",
        "after": "after batch norm",
        "both": "before (dotted) and after (solid) batch norm",
    },
}
PLACES = (
    ("plain", "plain", "plain"),
    ("before", "batch", "group"),
    ("after", "batch", "batch"),
)
# Where each rate's labels stand, free of its lines.
STEP = {0.1: (44, 0.115), 0.4: (22, 0.68)}
FROM_START = {
    0.1: {"plain": (24, 1.45), "both": (44, 0.105)},
    0.4: {"plain": (22, 6), "before": (44, 1.5), "after": (44, 0.21)},
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """For each rate the steps, and their sum; the same axes for both."""
    title(figure, words["title"])
    steps, rates = result["steps"], result["rates"]
    for place, rate in enumerate(rates):
        top = 346 * place
        one = result[f"rate_{rate:g}".replace(".", "_")]
        step = panel(figure, 44, top + 58, 424, 124)
        step.set(xlim=(0, steps), ylim=(0.01, 3), yscale="log")
        ticks(step, (1, 11, 22, 33, 44), (0.01, 0.1, 1))
        start = panel(figure, 44, top + 230, 424, 124)
        start.set(xlim=(0, steps), ylim=(0.04, 20), yscale="log")
        ticks(start, (1, 11, 22, 33, 44), (0.1, 1, 10))
        write(figure, 8, top + 48, words["step"].format(rate))
        write(figure, 8, top + 220, words["from_start"].format(rate))

        frozen = [one[where]["frozen"] for where, _, _ in PLACES]
        low, high = min(x["min"] for x in frozen), max(x["max"] for x in frozen)
        level(step, low, high)
        for where, color, dashes in PLACES:
            curve = one[where]["curve"]
            band(step, range(1, steps + 1), curve["step"], color, dashes)
            later = {name: each[1:] for name, each in curve["from_start"].items()}
            band(start, range(1, steps + 1), later, color, dashes)

        if place == 0:
            label(step, 1, 0.4, words["frozen"])
        label(step, *STEP[rate], words["plain"], "plain", ha="right")
        label(step, 44, 0.0135, words["both"], "batch", ha="right")
        for what, (x, y) in FROM_START[rate].items():
            color = "plain" if what == "plain" else "batch"
            label(start, x, y, words[what], color, ha="right")
    write(figure, 468, HEIGHT - 8, words["steps"], "ink-2", ha="right")
