"""How far the second layer's histogram moves while the network trains.

What to see: one training step moves it far less than drawing another batch does (the
grey strip, measured in a frozen network). Over two epochs the steps add up: most
without batch norm in the layer's own deviations, least in absolute units. What enters
batch norm keeps drifting; so "no drift" is not why batch norm works.
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

HEIGHT = 662
RESULTS = ("digits_mlp_drift",)
WORDS = {
    "zh": {
        "title": "一步训练移动的距离，远小于换一个小批量",
        "step": "每一步移动多远（单位：该单元自己的标准差）",
        "from_start": "离起点多远（单位：起点时的标准差）",
        "absolute": "离起点多远（单位：激活值本身）",
        "frozen": "网络冻结，只换小批量",
        "steps": "训练步数（共两轮）",
        "plain": "不加归一化",
        "before": "归一化之前",
        "after": "归一化之后",
        "both": "归一化之前、之后",
    },
    "en": {
        "title": "One training step moves it less than another batch",
        "step": "Moved by each step (in the unit's own std)",
        "from_start": "Distance from the start (in std at the start)",
        "absolute": "Distance from the start (in units of the activation)",
        "frozen": "frozen network, another batch",
        "steps": "training steps (two epochs)",
        "plain": "no normalization",
        "before": "before batch norm",
        "after": "after batch norm",
        "both": "before and after batch norm",
    },
}
PLACES = (
    ("plain", "plain", "plain"),
    ("before", "batch", "group"),
    ("after", "batch", "batch"),
)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Each step, the sum in relative units, the sum in absolute units."""
    title(figure, words["title"])
    steps = result["steps"]
    tick = (1, 11, 22, 33, 44)
    step = panel(figure, 44, 60, 424, 160)
    step.set(xlim=(0, steps), ylim=(0, 0.3))
    ticks(step, tick, (0, 0.1, 0.2, 0.3))
    start = panel(figure, 44, 276, 424, 160)
    start.set(xlim=(0, steps), ylim=(0, 1.8))
    ticks(start, (0, *tick[1:]), (0, 0.5, 1, 1.5))
    absolute = panel(figure, 44, 492, 424, 120)
    absolute.set(xlim=(0, steps), ylim=(0, 0.4))
    ticks(absolute, (0, *tick[1:]), (0, 0.2, 0.4))
    write(figure, 8, 48, words["step"])
    write(figure, 8, 264, words["from_start"])
    write(figure, 8, 480, words["absolute"])
    write(figure, 468, 646, words["steps"], "ink-2", ha="right")

    frozen = [result[place]["frozen"] for place, _, _ in PLACES]
    low, high = min(one["min"] for one in frozen), max(one["max"] for one in frozen)
    for axes in (step, start):
        level(axes, low, high)
    label(step, 1, (low + high) / 2 - 0.01, words["frozen"])
    for place, color, dashes in PLACES:
        curve = result[place]["curve"]
        band(step, range(1, steps + 1), curve["step"], color, dashes)
        band(start, range(steps + 1), curve["from_start"], color, dashes)
        band(absolute, range(steps + 1), curve["from_start_absolute"], color, dashes)

    label(step, 44, 0.135, words["plain"], "plain", ha="right")
    label(step, 1, 0.125, words["both"], "batch")
    label(start, 23, 1.3, words["plain"], "plain", ha="right")
    label(start, 44, 0.405, words["before"], "batch", ha="right")
    label(start, 44, 0.04, words["after"], "batch", ha="right")
    label(absolute, 6, 0.27, words["after"], "batch")
    label(absolute, 44, 0.125, words["before"], "batch", ha="right")
    label(absolute, 12, 0.06, words["plain"], "plain")
