"""Test accuracy after five epochs against the learning rate, SGD and Adam.

What to see: the bars above the curves, the rates that work. With batch norm they reach
further up and no further down. On raw pixels the network without it has almost none.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    band,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 650
RESULTS = ("lr_sweep",)
WORDS = {
    "zh": {
        "title": "批量归一化把可用的学习率向上放宽，没有向下放宽",
        "sgd": "SGD，输入标准化：五轮之后的测试准确率（%）",
        "adam": "Adam，输入标准化",
        "raw": "SGD，原始像素",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "works": "粗线：中位数意义上能达到 90% 的学习率；色带：十个种子的范围",
        "rate": "学习率（对数刻度）",
    },
    "en": {
        "title": "Batch norm widens the window of rates, upwards only",
        "sgd": "SGD, standardized inputs: test accuracy after 5 epochs (%)",
        "adam": "Adam, standardized inputs",
        "raw": "SGD, raw pixels",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "works": "Thick bars: rates that reach 90%; bands: range of ten seeds",
        "rate": "learning rate (logarithmic)",
    },
}
ARMS = (("plain", "plain"), ("batch_norm", "batch"))
PANELS = {"sgd": (0.0027, 11), "adam": (0.00008, 1.1), "raw": (0.0027, 11)}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three panels: curves with bands, and the windows as bars above them."""
    title(figure, words["title"])
    write(figure, 8, 42, words["works"], "ink-2", SMALL)
    for row, (name, ends) in enumerate(PANELS.items()):
        top = 80 + 188 * row
        one = result[name]
        write(figure, 8, top - 12, words[name])
        axes = panel(figure, 44, top, 424, 140)
        axes.set(xlim=ends, ylim=(0, 136), xscale="log")
        ticks(axes, one["rates"], (0, 50, 90))
        line(axes, ends, (90, 90), "ink-2", width=0.9)
        for height, (arm, color) in zip((110, 126), ARMS, strict=True):
            percent = {
                key: [100 * value for value in values]
                for key, values in one[arm]["accuracy"].items()
            }
            band(axes, one["rates"], percent, color)
            window = [one[arm][end]["median"] for end in ("lowest", "highest")]
            axes.plot(
                window,
                (height, height),
                color=LIGHT[color],
                linewidth=5,
                solid_capstyle="butt",
            )
            label(axes, 0.93 * window[0], height - 4, words[arm], color, ha="right")
    write(figure, 468, HEIGHT - 10, words["rate"], "ink-2", ha="right")
