"""Learning curves on handwritten digits, with and without batch normalization.

What to see: at the same learning rate the loss falls and the accuracy rises within two
epochs with batch norm, in every seed; without it both stand still for three epochs.
And that the two end near each other.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, ticks, title, write

HEIGHT = 446
RESULTS = ("digits_mlp",)
WORDS = {
    "zh": {
        "title": "同样的学习率 0.1，有批量归一化时学得快得多",
        "loss": "测试损失",
        "accuracy": "测试准确率（%）",
        "epochs": "训练轮数",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
    },
    "en": {
        "title": "At the same rate, 0.1, batch norm learns much faster",
        "loss": "Test loss",
        "accuracy": "Test accuracy (%)",
        "epochs": "epochs",
        "plain": "no normalization",
        "batch_norm": "batch norm",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Loss above, accuracy below; medians and the range of ten seeds."""
    title(figure, words["title"])
    epochs = result["epochs"]
    arms = (("plain", "plain"), ("batch_norm", "batch"))

    write(figure, 8, 48, words["loss"])
    loss = panel(figure, 44, 58, 424, 140)
    loss.set(xlim=(0.6, 20), ylim=(0, 2.4))
    ticks(loss, (1, 5, 10, 15, 20), (0, 1, 2))
    write(figure, 8, 246, words["accuracy"])
    accuracy = panel(figure, 44, 262, 424, 140)
    accuracy.set(xlim=(0.6, 20), ylim=(0, 100))
    ticks(accuracy, (1, 5, 10, 15, 20), (0, 50, 90, 100))
    write(figure, 468, 438, words["epochs"], "ink-2", ha="right")

    for arm, color in arms:
        curve = result[arm]["curve"]
        band(loss, epochs, curve["loss"], color)
        percent = {
            key: [100 * value for value in values]
            for key, values in curve["accuracy"].items()
        }
        band(accuracy, epochs, percent, color)
    label(loss, 8.2, 1.45, words["plain"], "plain")
    label(loss, 3.6, 0.5, words["batch_norm"], "batch")
    label(accuracy, 8.2, 52, words["plain"], "plain")
    label(accuracy, 2.9, 78, words["batch_norm"], "batch")
