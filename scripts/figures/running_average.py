"""How near each average comes to the statistics of the whole training set.

What to see: an exponential average with momentum 0.1 is there after 30 batches and then
keeps a quarter of one batch's error for ever; with 0.01 it is late by hundreds and ends
nearer; the plain average gets nearer all the time. Below: without m/(m-1) the average
variance is short by 1/m, and no factor helps when the batches are sorted.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    band,
    label,
    line,
    marks,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 520
RESULTS = ("running_average",)
WORDS = {
    "zh": {
        "title": "指数平均追得上，却停在噪声里；简单平均越来越准",
        "error": "滑动均值离整个训练集的均值多远（单位：标准差，对数刻度）",
        "batches": "小批量个数 k（对数刻度）",
        "average": "简单平均（None）",
        "ratio": "平均方差 ÷ 整个训练集的方差",
        "size": "批大小 m（对数刻度）",
        "biased": "不乘：(m−1)/m",
        "paper": "乘以 m/(m−1)",
        "sorted": "批按类别排好序，也乘了",
    },
    "en": {
        "title": "An exponential average arrives, then stays noisy",
        "error": "Error of the running mean (in standard deviations, log.)",
        "batches": "batches k (logarithmic)",
        "average": "plain average (None)",
        "ratio": "Average variance over that of the whole training set",
        "size": "batch size m (logarithmic)",
        "biased": "without the factor: (m−1)/m",
        "paper": "times m/(m−1)",
        "sorted": "sorted by class, with the factor",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Above the mean by number of batches, below the variance by batch size."""
    title(figure, words["title"])
    write(figure, 8, 46, words["error"])
    axes = panel(figure, 52, 58, 404, 190)
    axes.set(xlim=(1, 1000), ylim=(0.002, 2), xscale="log", yscale="log")
    ticks(axes, (1, 3, 10, 30, 100, 300, 1000), (0.01, 0.1, 1))
    for name, color in (("m_0_01", "layer"), ("m_0_1", "batch"), ("average", "group")):
        band(axes, result["read"], result["error"][name], color)
    label(axes, 150, 0.45, "0.01", "layer")
    label(axes, 13.5, 0.47, "0.1", "batch", ha="right")
    label(axes, 1.2, 0.007, words["average"], "group")
    write(figure, 468, 280, words["batches"], "ink-2", ha="right")

    write(figure, 8, 314, words["ratio"])
    below = panel(figure, 52, 326, 416, 154)
    below.set(xlim=(1.8, 70), ylim=(0.4, 1.1), xscale="log")
    sizes = {int(key[2:]): one for key, one in result["sizes"].items()}
    m = sorted(sizes)
    ticks(below, m, (0.5, 0.75, 1))
    for name, color in (("biased", "plain"), ("paper", "batch")):
        curve = {
            key: [sizes[n][name][key] for n in m] for key in ("median", "min", "max")
        }
        band(below, m, curve, color)
        marks(below, m, curve["median"], color)
    line(below, (1.8, 70), (1, 1), "ink-2", width=1)
    marks(
        below, [result["batch_size"]], [result["sorted"]["paper"]["median"]], "dropout"
    )
    label(below, 3.3, 0.49, words["biased"], "plain")
    label(below, 2.1, 1.05, words["paper"], "batch")
    label(below, 56, 0.645, words["sorted"], "dropout", ha="right")
    write(figure, 468, HEIGHT - 8, words["size"], "ink-2", ha="right")
