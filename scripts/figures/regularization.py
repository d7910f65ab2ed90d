"""Test accuracy after training on 200 images, with wrong labels and without.

What to see: with every fifth label wrong, batch norm lies where no normalization lies;
dropout is clearly to the right, with batch norm and without. The column at the right
says how much of the labels, the wrong ones too, was learned. With clean labels all
clouds overlap.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    SMALL,
    dots,
    label,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 470
RESULTS = ("regularization",)
WORDS = {
    "zh": {
        "title": "标签有错时，管用的是随机失活，不是批量归一化",
        "noisy": "200 张图，五分之一的标签是错的：测试准确率（%）",
        "clean": "200 张图，标签全对：测试准确率（%）",
        "plain": "都不加",
        "batch_norm": "批量归一化",
        "noiseless": "归一化，无批噪声",
        "ghost": "归一化，每 5 张一组",
        "dropout": "随机失活",
        "both": "归一化加随机失活",
        "fit": "拟合",
    },
    "en": {
        "title": "With wrong labels, dropout helps; batch norm does not",
        "noisy": "200 images, every fifth label wrong: test accuracy (%)",
        "clean": "200 images, clean labels: test accuracy (%)",
        "plain": "neither",
        "batch_norm": "batch norm",
        "noiseless": "… without batch noise",
        "ghost": "… in groups of 5",
        "dropout": "dropout",
        "both": "batch norm, dropout",
        "fit": "fitted",
    },
}
COLORS = {
    "plain": "plain",
    "batch_norm": "batch",
    "noiseless": "batch",
    "ghost": "batch",
    "dropout": "dropout",
    "both": "dropout",
}
LEFT, ROW = 150, 27


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Six rows of ten dots, twice."""
    title(figure, words["title"])
    for top, labels in ((60, "noisy"), (280, "clean")):
        write(figure, 8, top - 14, words[labels])
        axes = panel(figure, LEFT, top, 272, ROW * len(COLORS))
        axes.set(xlim=(66, 98), ylim=(len(COLORS), 0))
        axes.spines["left"].set_visible(False)
        ticks(axes, (70, 75, 80, 85, 90, 95))
        for row, (arm, color) in enumerate(COLORS.items()):
            one = result[labels][arm]
            y = top + ROW * (row + 0.5) + 5
            write(figure, 8, y, words[arm], color)
            accuracy = [100 * value for value in one["accuracy"]["seeds"]]
            median = 100 * one["accuracy"]["median"]
            dots(axes, accuracy, row + 0.5, median, color, arm == "both")
            fit = f"{100 * one['fit']['median']:.0f}%"
            write(figure, 468, y, fit, "ink-2", ha="right", size=SMALL)
        label(axes, 103.3, -0.05, words["fit"], "ink-2", ha="right", size=SMALL)
