"""How smooth the loss is, at the same loss and at several learning rates.

What to see: at rate 0.05 and the same loss, the loss varies a hundred times less along
the gradient with batch norm; at initialization more. And below, that without batch norm
the largest slope change (beta) follows the learning rate, about 2 / rate, while with
batch norm it hardly depends on it.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import FAINT, label, panel, ticks, title, write

HEIGHT = 506
RESULTS = ("smoothness",)
WORDS = {
    "zh": {
        "title": "同一损失下更平滑，初始化时更粗糙",
        "range": "沿梯度走一段，损失变动的范围（学习率 0.05，对数刻度）",
        "beta": "损失降到 1 时的有效 β（对数刻度）",
        "level_start": "初始化",
        "level": "损失 {}",
        "rate": "训练用的学习率（对数刻度）",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "edge": "2 / 学习率",
    },
    "en": {
        "title": "Smoother at the same loss, rougher at the start",
        "range": "Range of the loss along the gradient (rate 0.05, log scale)",
        "beta": "Effective β where the loss falls to 1 (log scale)",
        "level_start": "initialization",
        "level": "loss {}",
        "rate": "learning rate of the training (log scale)",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "edge": "2 / rate",
    },
}
LEVELS = (("start", ""), ("loss_2", "2"), ("loss_1", "1"), ("loss_0_5", "0.5"))
COLOURS = {"plain": "plain", "batch_norm": "batch"}


def bar(axes: Axes, x: float, one: dict[str, float], color: str) -> None:
    """Draw the median as a dot and the whole range as an upright line."""
    axes.plot([x, x], [one["min"], one["max"]], color=LIGHT[color], lw=1.6, alpha=FAINT)
    shape = "o" if color == "batch" else "s"
    axes.plot([x], [one["median"]], shape, color=LIGHT[color], markersize=6.5)


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Above by level, below by learning rate."""
    title(figure, words["title"])
    write(figure, 8, 46, words["range"])
    axes = panel(figure, 44, 58, 424, 160)
    axes.set(xlim=(-0.5, 3.5), ylim=(0.04, 90), yscale="log")
    ticks(axes, (), (0.1, 1, 10))
    for place, (level, value) in enumerate(LEVELS):
        x = 44 + 424 * (place + 0.5) / 4
        key = "level" if value else "level_start"
        write(figure, x, 236, words[key].format(value), "ink-2", 12, "center")
        for arm, color in COLOURS.items():
            at = place + (0.1 if arm == "batch_norm" else -0.1)
            bar(axes, at, result[f"{arm}_0_05"][level]["loss_range"], color)
    label(axes, 1.78, 32, words["plain"], "plain", ha="right")
    label(axes, 1.2, 0.06, words["batch_norm"], "batch")

    write(figure, 8, 278, words["beta"])
    axes = panel(figure, 44, 290, 424, 160)
    axes.set(xlim=(0.009, 0.28), ylim=(7, 260), xscale="log", yscale="log")
    ticks(axes, (0.0125, 0.05, 0.2), (10, 30, 100))
    rates = (0.009, 0.28)
    axes.plot(
        rates, [2 / one for one in rates], color=LIGHT["ink-2"], lw=1, dashes=(2, 2.5)
    )
    for name, rate in result["rates"].items():
        arm = "batch_norm" if name.startswith("batch_norm") else "plain"
        shifted = rate * (1.04 if arm == "batch_norm" else 0.96)
        bar(axes, shifted, result[name]["loss_1"]["beta"], COLOURS[arm])
    label(axes, 0.0105, 225, words["edge"], "ink-2")
    label(axes, 0.0142, 36, words["plain"], "plain")
    label(axes, 0.049, 11, words["batch_norm"], "batch", ha="right")
    write(figure, 468, HEIGHT - 10, words["rate"], "ink-2", ha="right")
