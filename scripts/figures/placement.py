"""Batch norm after the activation minus before it, at three learning rates.

What to see: the filled dots, the test loss, lie left of zero at the small rate, right
of it at the middle one, and on both sides at the best one: no rule. The hollow dots,
the training loss, stay on the left much longer.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, line, panel, ticks, title, write

HEIGHT = 352
RESULTS = ("placement",)
WORDS = {
    "zh": {
        "title": "放在激活之前还是之后？学习率一变，胜负就变",
        "what": "十轮之后的损失：之后减之前；每个点是一个种子",
        "after": "← 之后更好",
        "before": "之前更好 →",
        "rate": "学习率 {:g}",
        "best": "学习率 {:g}（两者的最佳）",
        "loss": "测试",
        "train_loss": "训练",
        "axis": "损失之差",
    },
    "en": {
        "title": "Before or after the activation? The rate decides",
        "what": "Loss after ten epochs, after minus before; a dot is a seed",
        "after": "← after is better",
        "before": "before is better →",
        "rate": "rate {:g}",
        "best": "rate {:g} (best of both)",
        "loss": "test",
        "train_loss": "training",
        "axis": "difference of the losses",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three groups of two rows around zero."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    axes = panel(figure, 70, 84, 398, 218)
    axes.set(xlim=(-0.17, 0.09), ylim=(8.4, 0))
    axes.spines["left"].set_visible(False)
    ticks(axes, (-0.15, -0.1, -0.05, 0, 0.05))
    line(axes, (0, 0), (0, 8.4), "ink-2", width=1)
    label(axes, -0.004, -0.2, words["after"], "ink", ha="right")
    label(axes, 0.09, -0.2, words["before"], "ink", ha="right")
    for row, rate in enumerate(result["rates"]):
        one = result[f"rate_{rate:g}".replace(".", "_")]
        top = 2.9 * row
        name = words["best" if rate == result["rates"][-1] else "rate"]
        write(figure, 8, 84 + 218 * (top + 0.75) / 8.4, name.format(rate), "ink-2")
        for step, what in enumerate(("loss", "train_loss")):
            y = top + 1.2 + 0.9 * step
            each = one[what]["difference"]
            hollow = what == "train_loss"
            dots(axes, each["seeds"], y, each["median"], "batch", hollow)
            write(figure, 8, 84 + 218 * (y + 0.2) / 8.4, words[what], "batch")
    write(figure, 468, HEIGHT - 10, words["axis"], "ink-2", ha="right")
