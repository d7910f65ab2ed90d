"""Accuracy against the batch size, in a fully connected and a convolutional network.

What to see: on the left edge of the upper panel batch norm falls to about 40 %; in the
lower one, at the same batch size, it is the best. Dotted: without a rate of its own
it is behind at 4 already. Below the axes stand the values that
share a mean: 2 above, 32 below.
"""

from typing import Any

from matplotlib.figure import Figure

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

HEIGHT = 486
RESULTS = ("small_batch",)
WORDS = {
    "zh": {
        "title": "每批 2 张：每通道 2 个数时失败，32 个数时没事",
        "mlp": "全连接网络，各用三种学习率中最好的：一轮之后的测试准确率（%）",
        "cnn": "小卷积网络",
        "batch_norm": "批量归一化",
        "same": "点线：用最低的学习率",
        "others": "不加归一化、层归一化、组归一化",
        "some": "不加归一化、组归一化",
        "size": "批大小",
        "values": "每通道的数",
    },
    "en": {
        "title": "Batches of 2 fail with 2 values per channel, not with 32",
        "mlp": "Fully connected, each at its best rate: test accuracy (%)",
        "cnn": "Small convolutional network",
        "batch_norm": "batch norm",
        "same": "dotted: at the lowest of the rates",
        "others": "none, layer norm, group norm",
        "some": "none, group norm",
        "size": "batch",
        "values": "values",
    },
}
COLORS = {
    "plain": "plain",
    "layer_norm": "layer",
    "group_norm": "group",
    "batch_norm": "batch",
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Batch sizes as even steps; two rows of numbers below each panel."""
    title(figure, words["title"])
    everything = result["mlp"]["sizes"]
    left, width = 84, 384
    for top, name in ((58, "mlp"), (288, "cnn")):
        one = result[name]
        sizes = one["sizes"]
        write(figure, 8, top - 16, words[name])
        axes = panel(figure, left, top, width, 140)
        axes.set(xlim=(-0.3, len(everything) - 0.7), ylim=(0, 100))
        ticks(axes, (), (0, 50, 90))
        places = [everything.index(size) for size in sizes]
        for norm, color in COLORS.items():
            if norm not in one["batch_2"]:
                continue
            found = [one[f"batch_{size}"][norm]["best"] for size in sizes]
            seeds = {
                key: [100 * each[key] for each in found]
                for key in ("median", "min", "max")
            }
            band(axes, places, seeds, color)
        if name == "mlp":
            same = [one[f"batch_{size}"]["batch_norm"]["running"] for size in sizes]
            lowest = [100 * each["median"] for each in same]
            line(axes, places, lowest, "batch", "group", width=1.2)
            label(axes, 0.62, 26, words["same"], "batch")
        for place, size in zip(places, sizes, strict=True):
            x = left + width * (place + 0.3) / (len(everything) - 0.4)
            values = one[f"batch_{size}"]["values"]
            write(figure, x, top + 158, f"{size}", "ink-2", ha="center", size=SMALL)
            write(figure, x, top + 176, f"{values}", "batch", ha="center", size=SMALL)
        write(figure, 8, top + 158, words["size"], "ink-2", size=SMALL)
        write(figure, 8, top + 176, words["values"], "batch", size=SMALL)
        others = words["others" if name == "mlp" else "some"]
        if name == "mlp":
            label(axes, 0.62, 46, words["batch_norm"], "batch")
            label(axes, 4.2, 72, others, "ink", ha="right")
        else:
            label(axes, 0.05, 97, words["batch_norm"], "batch")
            label(axes, 0.05, 72, others, "ink")
