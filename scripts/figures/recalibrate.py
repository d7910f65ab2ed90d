"""Test loss before and after recalibration, and how many batches it takes.

What to see: with momentum 0.01 the running statistics are still far behind after three
epochs, and one pass over the data cuts the loss to a tenth without touching a weight;
with the usual 0.1 there is little to gain. Below: a pass over too few batches is worse
than what was there.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    SMALL,
    band,
    dots,
    label,
    level,
    marks,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 430
RESULTS = ("recalibrate",)
WORDS = {
    "zh": {
        "title": "一遍前向计算就让统计量追上权重",
        "loss": "评估模式的测试损失（对数刻度；权重没有动）",
        "m_0_01": "momentum = 0.01",
        "m_0_1": "momentum = 0.1",
        "before": "校准前",
        "after": "校准后",
        "error": "滑动方差的误差（取对数之差，各通道平均）",
        "batches": "校准用了几个小批量",
        "level": "momentum = 0.1，校准前",
        "curve": "校准后",
    },
    "en": {
        "title": "One pass, and the statistics have caught up",
        "loss": "Test loss in evaluation mode (logarithmic; same weights)",
        "m_0_01": "momentum = 0.01",
        "m_0_1": "momentum = 0.1",
        "before": "before",
        "after": "after",
        "error": "Error of the running variances (|ln ratio|, mean)",
        "batches": "batches used to recalibrate",
        "level": "momentum = 0.1, before",
        "curve": "after",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Dots above, error by number of batches below."""
    title(figure, words["title"])
    write(figure, 8, 46, words["loss"])
    axes = panel(figure, 128, 56, 340, 120)
    axes.set(xlim=(0.1, 2), ylim=(6, 0), xscale="log")
    axes.spines["left"].set_visible(False)
    ticks(axes, (0.1, 0.2, 0.5, 1, 2))
    last = f"after_{result['batches'][-1]}"
    for row, name in enumerate(("m_0_01", "m_0_1")):
        first = 2.9 * row
        write(figure, 8, 56 + 20 * (first + 0.8), words[name], bold=True, size=SMALL)
        for place, (when, color) in enumerate((("before", "plain"), (last, "batch"))):
            y = first + 1.5 + 0.9 * place
            one = result[name][when]["loss"]
            dots(axes, one["seeds"], y, one["median"], color)
            text = words["after" if place else "before"]
            write(figure, 118, 56 + 20 * y + 4, text, color, SMALL, ha="right")

    write(figure, 8, 238, words["error"])
    below = panel(figure, 44, 250, 424, 130)
    below.set(xlim=(1, 22), ylim=(0, 0.15), xscale="log")
    ticks(below, result["batches"], (0, 0.05, 0.1, 0.15))
    before = result["m_0_1"]["before"]["log_variance_error"]
    level(below, before["min"], before["max"], "plain")
    after = [
        result["m_0_1"][f"after_{number}"]["log_variance_error"]
        for number in result["batches"]
    ]
    curve = {key: [one[key] for one in after] for key in ("median", "min", "max")}
    band(below, result["batches"], curve, "batch")
    marks(below, result["batches"], curve["median"], "batch")
    label(below, 1.65, 0.115, words["curve"], "batch")
    label(below, 1.05, 0.038, words["level"])  # in ink: on its strip
    write(figure, 468, HEIGHT - 8, words["batches"], "ink-2", ha="right")
