"""Test accuracy after five epochs against the learning rate, SGD and Adam.

What to see: the bars above the curves, the rates that work. With batch norm they reach
further up and no further down. On raw pixels the network without it has almost none.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import band, label, line, panel, ticks, title, write

HEIGHT = 626
RESULTS = ("lr_sweep",)
WORDS = {
    "zh": {
        "title": "批量归一化把可用的学习率向上放宽，没有向下放宽",
        "sgd": "SGD，输入标准化：五轮之后的测试准确率（%）",
        "adam": "Adam，输入标准化",
        "raw": "SGD，原始像素",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "works": "粗线：达到 90% 的学习率",
        "rate": "学习率（对数刻度）",
    },
    "en": {
        "title": "Batch norm widens the window of rates, upwards only",
        "sgd": "SGD, standardized inputs: test accuracy after 5 epochs (%)",
        "adam": "Adam, standardized inputs",
        "raw": "SGD, raw pixels",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "works": "thick: rates that reach 90%",
        "rate": "learning rate (logarithmic)",
    },
}
ARMS = (("plain", "plain"), ("batch_norm", "batch"))
# Ends of the axes; where the labels stand: plain, batch norm, thick bars.
PANELS = {
    "sgd": ((0.0027, 11), (1.32, 20), (3.4, 52), (0.0029, 108)),
    "adam": ((0.00027, 1.1), (0.033, 20), (0.4, 60), None),
    "raw": ((0.0027, 11), (0.42, 20), (3.4, 52), None),
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three panels: curves with bands, and the windows as bars above them."""
    title(figure, words["title"])
    for row, (name, (ends, *places)) in enumerate(PANELS.items()):
        top = 58 + 188 * row
        one = result[name]
        write(figure, 8, top - 12, words[name])
        axes = panel(figure, 44, top, 424, 140)
        axes.set(xlim=ends, ylim=(0, 122), xscale="log")
        ticks(axes, one["rates"], (0, 50, 90))
        line(axes, ends, (90, 90), "ink-2", width=0.9)
        for height, (arm, color) in zip((108, 116), ARMS, strict=True):
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
        plain, batch_norm, works = places
        label(axes, *plain, words["plain"], "plain", ha="right")
        label(axes, *batch_norm, words["batch_norm"], "batch", ha="left")
        if works:
            label(axes, *works, words["works"], "ink-2")
    write(figure, 468, HEIGHT - 10, words["rate"], "ink-2", ha="right")
