"""Shuffled batches, and batches of one class each, with and without batch norm.

What to see: shuffled, three clouds in one place. In batches of one class the two nets
without batch norm lose some points, the one with it everything: it stays at chance.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, line, panel, ticks, title, write

HEIGHT = 310
RESULTS = ("shuffling",)
WORDS = {
    "zh": {
        "title": "每批只有一个类别时，批量归一化什么也学不到",
        "what": "五轮之后的测试准确率（%），各用自己最好的学习率",
        "shuffled": "打乱的小批量",
        "by_class": "每批一个类别，批的次序随机",
        "plain": "不加归一化",
        "layer_norm": "层归一化",
        "batch_norm": "批量归一化",
        "chance": "瞎猜",
    },
    "en": {
        "title": "In batches of one class, batch norm learns nothing",
        "what": "Test accuracy after five epochs (%), each at its best rate",
        "shuffled": "shuffled batches",
        "by_class": "one class a batch, batches in random order",
        "plain": "no normalization",
        "layer_norm": "layer norm",
        "batch_norm": "batch norm",
        "chance": "chance",
    },
}
ARMS = {"plain": "plain", "layer_norm": "layer", "batch_norm": "batch"}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Two groups of three rows."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    left, top, height = 140, 62, 214
    axes = panel(figure, left, top, 468 - left, height)
    axes.set(xlim=(0, 100), ylim=(8.6, 0))
    axes.spines["left"].set_visible(False)
    ticks(axes, (0, 10, 50, 80, 90, 100))
    for ends in ((0.9, 3.9), (5.2, 8.6)):
        line(axes, (10, 10), ends, "ink-2", width=1)
    label(axes, 12, 2.2, words["chance"], "ink-2")
    for group, order in enumerate(("shuffled", "by_class")):
        start = 4.3 * group
        write(figure, 8, top + height * (start + 0.6) / 8.6, words[order], "ink-2")
        for row, (arm, color) in enumerate(ARMS.items()):
            y = start + 1.4 + row
            one = result[arm][order]["accuracy"]
            values = [100 * value for value in one["seeds"]]
            dots(axes, values, y, 100 * one["median"], color)
            write(figure, 8, top + height * (y + 0.2) / 8.6, words[arm], color)
