"""Accuracy in evaluation mode while the same network trains, for five momenta.

What to see: the network is the same at every moment; only what evaluation normalizes
with differs. A small momentum is late by epochs; a momentum of 1 is never late, but in
small batches it is noisy. 0.1 is close to the statistics of the whole training set.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, ticks, title, write

HEIGHT = 512
RESULTS = ("momentum",)
WORDS = {
    "zh": {
        "title": "momentum 太小，统计量跟不上；太大，小批量时噪声大",
        "panel": "批大小 {}：评估模式的测试准确率（%）",
        "steps": "训练步数（对数刻度）",
        "exact": "整个训练集的",
    },
    "en": {
        "title": "Too small a momentum is late, too large a one noisy",
        "panel": "Batches of {}: test accuracy in evaluation mode (%)",
        "steps": "training steps (logarithmic)",
        "exact": "whole training set",
    },
}
LINES = (
    ("m_0_001", "plain", "0.001"),
    ("m_0_01", "layer", "0.01"),
    ("m_1", "group", "1"),
    ("m_0_1", "batch", "0.1"),
)
PLACES = {
    "batch_64": {
        "0.001": (130, 57),
        "0.01": (24, 64),
        "0.1": (6.3, 38),
        "1": (2.6, 60),
    },
    "batch_4": {
        "0.001": (140, 40),
        "0.01": (60, 40),
        "0.1": (26, 68),
        "1": (150, 66),
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """One panel for each batch size."""
    title(figure, words["title"])
    read = result["read"]
    for place, (setting, labels) in enumerate(PLACES.items()):
        top = 236 * place
        one = result[setting]
        write(figure, 8, top + 48, words["panel"].format(one["batch_size"]))
        axes = panel(figure, 44, top + 60, 424, 164)
        axes.set(xlim=(1, 220), ylim=(0, 100), xscale="log")
        ticks(axes, (1, 2, 5, 10, 22, 44, 110, 220), (0, 50, 90, 100))
        for name, color, text in LINES:
            curve = one[name]["curve"]
            percent = {k: [100 * v for v in values] for k, values in curve.items()}
            if place and text in {"0.001", "0.01"}:  # four bands would hide each other
                percent["min"] = percent["max"] = percent["median"]
            band(axes, read, percent, color)
            label(axes, *labels[text], text)  # in ink: bands lie behind
        exact = {k: [100 * v for v in x] for k, x in one["exact"]["curve"].items()}
        exact["min"] = exact["max"] = exact["median"]
        band(axes, read, exact, "ink-2")
        label(axes, 1.05, 92 if not place else 42, words["exact"], "ink-2")
    write(figure, 468, HEIGHT - 8, words["steps"], "ink-2", ha="right")
