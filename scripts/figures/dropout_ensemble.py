"""Scaling the weights against averaging over masks, test loss and accuracy.

What to see: in accuracy one pass of the scaled network stands beside 200 masks; in
loss it is better than any arithmetic mean, because the mean of many is less sure. The
geometric mean of the same 200 lies on the scaled network.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, panel, ticks, title, write

HEIGHT = 352
RESULTS = ("dropout_ensemble",)
WORDS = {
    "zh": {
        "title": "推理一次，准确率与 200 张掩码的平均相当，损失更低",
        "loss": "测试损失",
        "accuracy": "测试准确率（%）",
        "masks_1": "1 张掩码",
        "masks_10": "10 张掩码，算术平均",
        "masks_200": "200 张掩码，算术平均",
        "geometric": "200 张掩码，几何平均",
        "scaled": "关掉 Dropout，推理一次",
        "note": "每个点是一个随机种子，竖线是中位数",
    },
    "en": {
        "title": "One pass: as accurate as 200 masks, at a lower loss",
        "loss": "Test loss",
        "accuracy": "Test accuracy (%)",
        "masks_1": "1 mask",
        "masks_10": "10 masks, arithmetic mean",
        "masks_200": "200 masks, arithmetic mean",
        "geometric": "200 masks, geometric mean",
        "scaled": "dropout off, one pass",
        "note": "a dot is a seed, a bar the median",
    },
}
ROWS = (
    ("masks_1", "dropout"),
    ("masks_10", "dropout"),
    ("masks_200", "dropout"),
    ("geometric", "group"),
    ("scaled", "batch"),
)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Five rows, loss to the left, accuracy to the right."""
    title(figure, words["title"])
    loss = panel(figure, 12, 62, 216, 236)
    loss.set(xlim=(0.1, 0.46), ylim=(5, 0))
    ticks(loss, (0.1, 0.2, 0.3, 0.4))
    accuracy = panel(figure, 252, 62, 216, 236)
    accuracy.set(xlim=(84, 98), ylim=(5, 0))
    ticks(accuracy, (85, 90, 95))
    write(figure, 12, 48, words["loss"])
    write(figure, 252, 48, words["accuracy"])
    for axes in (loss, accuracy):
        axes.spines["left"].set_visible(False)
    for row, (name, color) in enumerate(ROWS):
        one = result["deep"][name]
        y = 62 + 236 * (row + 0.3) / 5
        write(figure, 12, y + 2, words[name], color)
        dots(loss, one["loss"]["seeds"], row + 0.68, one["loss"]["median"], color)
        percent = [100 * value for value in one["accuracy"]["seeds"]]
        middle = 100 * one["accuracy"]["median"]
        dots(accuracy, percent, row + 0.68, middle, color)
    write(figure, 468, 342, words["note"], "ink-2", ha="right")
