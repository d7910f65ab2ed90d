"""Twenty noisy points, fitted with and without dropout, and how far from the line.

What to see: early both curves are near the line. Late the one without dropout goes
through the points, the one with dropout bends less, but does not come back to the line.
Below: dropout ends between no regularization and L2, which stays where it was early.
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

HEIGHT = 562
RESULTS = ("dropout_overfit",)
WORDS = {
    "zh": {
        "title": "Dropout 推迟了过拟合，没有消除它；L2 在这里更好",
        "plain": "不加 Dropout",
        "dropout": "Dropout，p = 0.5 与 0.2",
        "plain_short": "两者都不加",
        "dropout_short": "Dropout",
        "l2_short": "L2 正则化",
        "epoch": "第 {} 轮",
        "fit": "一组数据（种子 {}）：点是训练数据，虚线是真实直线",
        "error": "到真实直线的均方误差（10 个种子，对数刻度）",
        "epochs": "训练轮数（对数刻度）",
    },
    "en": {
        "title": "Dropout delays over-fitting; here L2 does better",
        "plain": "no dropout",
        "dropout": "dropout, p = 0.5 and 0.2",
        "plain_short": "neither",
        "dropout_short": "dropout",
        "l2_short": "L2",
        "epoch": "epoch {}",
        "fit": "One set of points (seed {}); dashed: the true line",
        "error": "Squared error to the true line (10 seeds, logarithmic)",
        "epochs": "epochs (logarithmic)",
    },
}
EPOCHS = (20, 200, 1000)
ROWS = (("plain", "plain"), ("dropout", "dropout"))


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Six fits above, three curves below."""
    title(figure, words["title"])
    fits = result["fits"]
    write(figure, 8, 42, words["fit"].format(fits["seed"]), size=SMALL)
    count = len(fits["points"])
    at = [-1 + 2 * n / (count - 1) for n in range(count)]
    for row, (arm, color) in enumerate(ROWS):
        top = 86 + 120 * row
        write(figure, 8, top - 4 - (14 if row == 0 else 0), words[arm], color)
        for column, epoch in enumerate(EPOCHS):
            axes = panel(figure, 8 + 156 * column, top + 4, 148, 88)
            axes.set(xlim=(-1.05, 1.05), ylim=(-1.7, 1.7))
            axes.spines[["left", "bottom"]].set_visible(False)
            ticks(axes)
            line(axes, (-1, 1), (-1, 1), "ink-2", width=1.2)
            axes.plot(at, fits["points"], "o", color=LIGHT["ink-2"], markersize=3)
            fit = fits[arm][f"epoch_{epoch}"]
            axes.plot(fits["x"], fit, color=LIGHT[color], linewidth=1.8)
            if row == 0:
                name = words["epoch"].format(epoch)
                write(figure, 82 + 156 * column, top + 2, name, "ink-2", ha="center")

    write(figure, 8, 334, words["error"])
    axes = panel(figure, 48, 348, 330, 172)
    axes.set(xlim=(10, 1000), ylim=(0.003, 0.12), xscale="log", yscale="log")
    ticks(axes, (10, 30, 100, 300, 1000), (0.003, 0.01, 0.03, 0.1))
    for arm, color in (("plain", "plain"), ("dropout", "dropout"), ("l2", "layer")):
        band(axes, result["epochs"], result[arm]["curve"], color)
    for arm, color in (("plain", "plain"), ("dropout", "dropout"), ("l2", "layer")):
        y = result[arm]["line"]["end"]["median"] * 0.93
        label(axes, 1080, y, words[f"{arm}_short"], color)
    write(figure, 378, HEIGHT - 8, words["epochs"], "ink-2", ha="right")
