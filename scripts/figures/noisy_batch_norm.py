"""Batch norm with injected noise: distributions that jump, and training that is fast.

What to see: the dotted line (noise behind batch norm) is by far the highest in the
drift and yet close to plain batch norm in the loss. And in the rows below that ReLU
gives no such clear picture.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, dots, label, panel, ticks, title, write

HEIGHT = 640
RESULTS = ("noisy_batch_norm",)
WORDS = {
    "zh": {
        "title": "分布移动得最多的网络，照样学得快",
        "drift": "tanh：每一步移动多远（单位：自身的标准差，对数刻度）",
        "loss": "tanh：训练损失（10 个小批量的平均，对数刻度）",
        "steps": "训练步数",
        "first": "训练损失降到 1 所需的步数",
        "tanh": "tanh",
        "relu": "ReLU",
        "plain": "不加归一化",
        "plain_best": "不加归一化，学习率 {:g}（它最好的）",
        "batch_norm": "批量归一化",
        "noisy": "批量归一化 + 噪声",
        "noise": "加噪声",
    },
    "en": {
        "title": "The network that drifts most still learns fast",
        "drift": "tanh: moved by each step (in own std, log scale)",
        "loss": "tanh: training loss (mean of 10 batches, log scale)",
        "steps": "training steps",
        "first": "Steps until the training loss is 1",
        "tanh": "tanh",
        "relu": "ReLU",
        "plain": "no normalization",
        "plain_best": "no normalization, rate {:g} (its best)",
        "batch_norm": "batch norm",
        "noisy": "batch norm + noise",
        "noise": "+ noise",
    },
}
ARMS = (
    ("plain", "plain", "plain"),
    ("batch_norm", "batch", "batch"),
    ("noisy", "batch", "group"),
)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Drift, loss, and the steps of each seed."""
    title(figure, words["title"])
    tanh = result["tanh"]
    count = len(tanh["plain"]["curve"]["loss"]["median"])
    steps = 10 * count
    write(figure, 8, 46, words["drift"])
    drift = panel(figure, 44, 58, 424, 120)
    drift.set(xlim=(0, steps), ylim=(0.005, 0.9), yscale="log")
    ticks(drift, (0, 40, 80, 120, 160), (0.01, 0.1))
    write(figure, 8, 222, words["loss"])
    loss = panel(figure, 44, 234, 424, 120)
    loss.set(xlim=(0, steps), ylim=(0.05, 3), yscale="log")
    ticks(loss, (0, 40, 80, 120, 160), (0.1, 1))
    write(figure, 468, 386, words["steps"], "ink-2", ha="right")
    for arm, color, dashes in ARMS:
        curve = tanh[arm]["curve"]
        band(drift, range(0, steps, 10), curve["drift"], color, dashes)
        band(loss, range(5, steps, 10), curve["loss"], color, dashes)
    label(drift, 158, 0.5, words["noisy"], "batch", ha="right")
    label(drift, 158, 0.041, words["plain"], "plain", ha="right")
    label(drift, 158, 0.0075, words["batch_norm"], "batch", ha="right")
    label(loss, 48, 1.15, words["plain"], "plain")
    label(loss, 41, 0.5, words["noise"], "batch")
    label(loss, 48, 0.12, words["batch_norm"], "batch", ha="right")

    write(figure, 8, 412, words["first"])
    axes = panel(figure, 12, 418, 456, 180)
    axes.set(xlim=(8, 90), ylim=(9.6, 0))
    axes.spines["left"].set_visible(False)
    ticks(axes, (10, 20, 40, 60, 80))
    write(figure, 468, 630, words["steps"], "ink-2", ha="right")
    y = 0.4
    for activation in ("tanh", "relu"):
        one = result[activation]
        y += 0.7
        label(axes, 8.2, y, words[activation], "ink-2")
        rows = [("plain", "plain"), ("batch_norm", "batch"), ("noisy", "batch")]
        if activation == "tanh":
            rows.insert(1, ("plain_best", "plain"))
        for arm, color in rows:
            y += 0.95
            seen = one[arm]["steps"]
            hollow = arm in ("noisy", "plain_best")
            dots(axes, seen["seeds"], y, seen["median"], color, hollow)
            text = words[arm].format(one[arm].get("rate", 0))
            right = seen["max"] < 45
            x = seen["max"] + 1.5 if right else seen["min"] - 1.5
            label(axes, x, y + 0.25, text, color, ha="left" if right else "right")
