"""Test images of another contrast or brightness, normalized in three ways.

What to see: the running statistics lose 20 points, more than a network without batch
norm; the statistics of the batch, or recalibration, lose nothing. Nothing helps against
inversion. Below, the price of batch statistics: the smaller the batch, the worse, and
a batch of a single class is ruin.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    dots,
    label,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 656
RESULTS = ("shift",)
WORDS = {
    "zh": {
        "title": "对比度或亮度一变，滑动统计量就不再合适",
        "what": "测试准确率（%），每个点是一个随机种子，竖线是中位数",
        "clean": "原来的测试图像",
        "contrast": "对比度 ×0.4",
        "brightness": "亮度 +0.5",
        "inverted": "反色",
        "plain": "不加归一化",
        "running": "滑动统计量",
        "batch": "这一批的统计量",
        "recalibrated": "重新校准",
        "below": "训练模式下，原来的图像：批越小越差（%）",
        "n": "每批 {} 张",
        "one_class": "每批只有一类",
        "eval": "竖条：评估模式",
    },
    "en": {
        "title": "Running statistics fail when the images change",
        "what": "Test accuracy (%), a dot for each seed, bars are medians",
        "clean": "the test images as they are",
        "contrast": "contrast × 0.4",
        "brightness": "brightness + 0.5",
        "inverted": "inverted",
        "plain": "no normalization",
        "running": "running statistics",
        "batch": "of the batch",
        "recalibrated": "recalibrated",
        "below": "In training mode, images as they are: small batches (%)",
        "n": "batches of {}",
        "one_class": "one class a batch",
        "eval": "strip: evaluation mode",
    },
}
ARMS = (
    ("plain", "plain"),
    ("running", "batch"),
    ("batch", "group"),
    ("recalibrated", "layer"),
)
CHANGES = ("clean", "contrast", "brightness", "inverted")
LEFT = 128


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Rows of dots: above by kind of image, below by size of the batch."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    axes = panel(figure, LEFT, 54, 340, 380)
    axes.set(xlim=(0, 100), ylim=(20, 0))
    axes.spines["left"].set_visible(False)
    ticks(axes, (0, 20, 40, 60, 80, 100))
    for row, change in enumerate(CHANGES):
        arms = result["accuracy"][change]
        first = row * 5
        top = 54 + 19 * (first + 0.7)
        write(figure, 8, top, words[change], bold=True)
        for place, (arm, color) in enumerate(ARMS):
            y = first + 1.5 + 0.9 * place
            one = arms[arm]
            values = [100 * v for v in one["seeds"]]
            dots(axes, values, y, 100 * one["median"], color)
            height = 54 + 19 * y
            write(figure, LEFT - 10, height + 4, words[arm], color, SMALL, ha="right")

    write(figure, 8, 482, words["below"])
    below = panel(figure, LEFT, 494, 340, 132)
    below.set(xlim=(0, 100), ylim=(6.4, 0))
    below.spines["left"].set_visible(False)
    ticks(below, (0, 20, 40, 60, 80, 100))
    running = result["accuracy"]["clean"]["running"]
    low, high = 100 * running["min"], 100 * running["max"]
    below.axvspan(low, high, color=LIGHT["ink-2"], alpha=0.22, linewidth=0)
    sizes = sorted(result["sizes"].items(), key=lambda one: int(one[0][2:]))
    rows = [(words["n"].format(key[2:]), one) for key, one in sizes]
    rows.append((words["one_class"], result["one_class"]))
    for place, (name, one) in enumerate(rows):
        y = 0.5 + 1.05 * place
        dots(below, [100 * v for v in one["seeds"]], y, 100 * one["median"], "group")
        height = 494 + 132 / 6.4 * y
        write(figure, LEFT - 10, height + 4, name, "group", SMALL, ha="right")
    label(below, 94, 5.9, words["eval"], "ink-2", ha="right", size=SMALL)
