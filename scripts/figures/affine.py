"""Losses with learned gamma and beta over those with 1 and 0.

What to see: with sigmoid all dots of the training loss and most of the test loss lie
left of 1; with ReLU the test loss lies on both sides.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, line, panel, ticks, title, write

HEIGHT = 264
RESULTS = ("affine",)
WORDS = {
    "zh": {
        "title": "学习 γ 与 β：对 sigmoid 有用，对 ReLU 可有可无",
        "what": "损失之比：学习 γ、β 的网络比固定为 1、0 的网络",
        "sigmoid": "sigmoid",
        "relu": "ReLU",
        "train_loss": "训练损失",
        "loss": "测试损失",
        "better": "← 学习更好",
        "ratio": "损失之比（对数刻度）",
    },
    "en": {
        "title": "Learned γ and β help sigmoid; ReLU hardly needs them",
        "what": "Loss with γ and β learned, over that with 1 and 0",
        "sigmoid": "sigmoid",
        "relu": "ReLU",
        "train_loss": "training loss",
        "loss": "test loss",
        "better": "← better learned",
        "ratio": "ratio of the losses (logarithmic)",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Two groups of two rows around one."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    left, top, height = 112, 76, 132
    axes = panel(figure, left, top, 468 - left, height)
    axes.set(xlim=(0.5, 1.6), ylim=(5.6, 0), xscale="log")
    axes.spines["left"].set_visible(False)
    ticks(axes, (0.5, 0.6, 0.8, 1, 1.25, 1.5))
    line(axes, (1, 1), (0, 5.6), "ink-2", width=1)
    label(axes, 0.985, -0.1, words["better"], "ink", ha="right")
    for group, activation in enumerate(("sigmoid", "relu")):
        start = 2.9 * group
        y = top + height * (start + 0.5) / 5.6
        write(figure, 8, y, words[activation], "ink-2")
        for row, what in enumerate(("train_loss", "loss")):
            y = start + 1.0 + 0.9 * row
            one = result[activation][f"{what}_ratio"]["ratio"]
            hollow = what == "train_loss"
            dots(axes, one["seeds"], y, one["median"], "batch", hollow)
            write(figure, 8, top + height * (y + 0.2) / 5.6, words[what], "batch")
    write(figure, 468, HEIGHT - 10, words["ratio"], "ink-2", ha="right")
