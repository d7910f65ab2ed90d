"""Source 000's loss and fit, with the control it lacks.

What to see: as printed the network without batch norm is flat from the third epoch on
and batch norm wins by far; initialized by Glorot and with standardized data the network
without batch norm is better than either with it.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    FAINT,
    band,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 530
RESULTS = ("regression_tanh",)
WORDS = {
    "zh": {
        "title": "缩放得当之后，不加归一化的网络反而最好",
        "loss": "测试损失（均方误差，对数刻度），每轮之前测一次",
        "epochs": "训练过的轮数",
        "plain": "照原文，不加归一化",
        "batch_norm": "照原文，批量归一化",
        "scaled": "缩放得当，不加归一化",
        "scaled_batch_norm": "缩放得当，批量归一化",
        "noise": "噪声的方差",
        "printed_fit": "照原文的拟合",
        "scaled_fit": "缩放得当的拟合",
        "points": "点：测试数据，一个种子",
        "x": "x",
        "none": "不加归一化",
        "bn": "批量归一化",
    },
    "en": {
        "title": "Properly scaled, the plain network is the best",
        "loss": "Test loss (squared error, log scale), before each epoch",
        "epochs": "epochs trained",
        "plain": "as printed, no normalization",
        "batch_norm": "as printed, batch norm",
        "scaled": "scaled, no normalization",
        "scaled_batch_norm": "scaled, batch norm",
        "noise": "variance of the noise",
        "printed_fit": "The fit as printed",
        "scaled_fit": "The fit when scaled",
        "points": "dots: test data, one seed",
        "x": "x",
        "none": "none",
        "bn": "batch norm",
    },
}
ARMS = (
    ("plain", "plain", "plain"),
    ("batch_norm", "batch", "batch"),
    ("scaled_batch_norm", "batch", "group"),
    ("scaled", "plain", "batch"),
)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Loss above, the fits of one seed below."""
    title(figure, words["title"])
    write(figure, 8, 48, words["loss"])
    loss = panel(figure, 44, 58, 424, 210)
    loss.set(xlim=(0, 12), ylim=(3, 1600), yscale="log")
    ticks(loss, (0, 3, 6, 9, 12), (4, 10, 100, 1000))
    write(figure, 468, 304, words["epochs"], "ink-2", ha="right")
    loss.plot([0, 12], [4, 4], color=LIGHT["ink-2"], lw=1, dashes=(2, 2.5))
    label(loss, 0.15, 4.5, words["noise"], "ink-2")
    for arm, color, dashes in ARMS:
        band(loss, result["epochs"], result[arm]["curve"], color, dashes)
    label(loss, 12, 900, words["plain"], "plain", ha="right")
    label(loss, 12, 340, words["batch_norm"], "batch", ha="right")
    label(loss, 0.15, 7, words["scaled"], "plain")
    label(loss, 12, 19, words["scaled_batch_norm"], ha="right")  # two bands behind

    fit = result["fit"]
    for place, (which, arms) in enumerate(
        (
            ("printed_fit", (ARMS[0], ARMS[1])),
            ("scaled_fit", (ARMS[3], ARMS[2])),
        )
    ):
        left = 44 + 234 * place
        write(figure, left - 36 * (not place), 330, words[which])
        axes = panel(figure, left, 342, 190, 150)
        axes.set(xlim=(-7, 10), ylim=(-20, 105))
        ticks(axes, (-7, 0, 10), () if place else (0, 50, 100))
        axes.plot(
            fit["x"],
            fit["y"],
            "o",
            color=LIGHT["ink-2"],
            markersize=4,
            alpha=FAINT,
            markeredgewidth=0,
        )
        for arm, color, dashes in arms:
            line(axes, fit["x"], fit[arm], color, dashes)
        if not place:
            label(axes, -2, 26, words["none"], "plain")
            label(axes, 5.6, 8, words["bn"], "batch")
    write(figure, 44, 522, words["points"], "ink-2")
    write(figure, 468, 522, words["x"], "ink-2", ha="right")
