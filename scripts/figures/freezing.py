"""Fine-tuning with batch norm live, frozen, or recalibrated and frozen.

What to see: with two images a batch live batch norm ruins a good network at every rate
but the smallest; frozen, it keeps it. On shifted images the frozen statistics are the
wrong ones, and recalibrating first mends that. With 16 a batch live does well, and at a
high rate only live survives.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    band,
    label,
    level,
    marks,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 500
RESULTS = ("freezing",)
WORDS = {
    "zh": {
        "title": "每批两张时冻结 BN；数据变了，先校准再冻结",
        "n_2": "每批 2 张",
        "n_16": "每批 16 张",
        "same": "，图像不变",
        "shifted": "，对比度与亮度变了",
        "what": "微调 300 步之后的测试准确率（%）；灰带：微调之前",
        "rate": "学习率（对数刻度）",
        "live": "不冻结",
        "frozen": "冻结",
        "recalibrated": "校准后冻结",
    },
    "en": {
        "title": "Two a batch: freeze; if the data moved, recalibrate first",
        "n_2": "2 a batch",
        "n_16": "16 a batch",
        "same": ", same images",
        "shifted": ", shifted images",
        "what": "Test accuracy (%) after 300 steps of fine-tuning; grey: before",
        "rate": "learning rate (logarithmic)",
        "live": "live",
        "frozen": "frozen",
        "recalibrated": "recalibrated",
    },
}
ARMS = (("live", "plain"), ("frozen", "batch"), ("recalibrated", "layer"))
PLACES = {
    ("n_2", "same"): {"live": (0.0005, 48), "frozen": (0.018, 88)},
    ("n_2", "shifted"): {"recalibrated": (0.0012, 103), "live": (0.0035, 78)},
    ("n_16", "same"): {"frozen": (0.024, 45), "live": (0.018, 103)},
    ("n_16", "shifted"): {"recalibrated": (0.0001, 70), "frozen": (0.018, 66)},
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Batch sizes below each other, kinds of images beside each other."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    rates = result["rates"]
    for (size, shift), places in PLACES.items():
        row, column = size == "n_16", shift == "shifted"
        left, top = 40 + 226 * column, 78 + 208 * row
        write(figure, left - 6, top - 10, words[size] + words[shift], bold=True)
        axes = panel(figure, left, top, 196, 160)
        axes.set(xlim=(0.00008, 0.12), ylim=(0, 110), xscale="log")
        ticks(axes, rates, (0, 50, 100))
        one = result[size][shift]
        level(axes, 100 * one["before"]["min"], 100 * one["before"]["max"])
        for arm, color in ARMS:
            curve = one[arm]["by_rate"]
            percent = {k: [100 * v for v in values] for k, values in curve.items()}
            band(axes, rates, percent, color)
            marks(axes, rates, percent["median"], color)
            if arm in places:
                right = size == "n_16" and shift == "same" and arm == "frozen"
                ha = "right" if right else "left"
                label(axes, *places[arm], words[arm], color, ha=ha)
    write(figure, 468, HEIGHT - 8, words["rate"], "ink-2", ha="right")
