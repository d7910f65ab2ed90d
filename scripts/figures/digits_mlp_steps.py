"""Steps to 90 % test accuracy, each network at its own best learning rate.

What to see: with PyTorch's default initialization batch norm is many times faster;
with He's initialization less so; with standardized inputs as well, not even twice.
Scored with the statistics of the whole training set (hollow) instead of the running
ones, which lag after so few steps, batch norm is a little faster in every group.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, panel, ticks, title, write

HEIGHT = 356
RESULTS = ("digits_mlp",)
WORDS = {
    "zh": {
        "title": "初始化与输入都处理好之后，步数相差不到两倍",
        "what": "达到 90% 测试准确率所需的步数，各用自己最好的学习率",
        "default": "PyTorch 默认初始化",
        "he": "He 初始化",
        "he_standardized": "He 初始化，输入标准化",
        "steps": "步数（对数刻度）",
        "plain": "不加归一化",
        "batch_norm": "批量归一化，滑动统计量",
        "exact": "批量归一化，整个训练集的统计量",
        "ratio": "步数之比",
        "times": "{:.1f} 倍",
    },
    "en": {
        "title": "Good initialization and inputs leave a factor below 2",
        "what": "Steps to 90% test accuracy, each at its own best learning rate",
        "default": "PyTorch's default initialization",
        "he": "He initialization",
        "he_standardized": "He initialization, standardized inputs",
        "steps": "steps (logarithmic)",
        "plain": "no normalization",
        "batch_norm": "batch norm, running statistics",
        "exact": "batch norm, statistics of the whole training set",
        "ratio": "ratio of steps",
        "times": "{:.1f} ×",
    },
}
STARTS = ("default", "he", "he_standardized")


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three starts, three rows of ten dots each, the median as a bar."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    axes = panel(figure, 12, 56, 456, 256)
    axes.set(xlim=(5.6, 160), ylim=(11.5, 0), xscale="log")
    axes.spines["left"].set_visible(False)
    ticks(axes, (10, 20, 50, 100))
    write(figure, 468, 346, words["steps"], "ink-2", ha="right")
    label(axes, 158, 0.72, words["ratio"], "ink-2", ha="right")
    for row, start in enumerate(STARTS):
        top = 3.8 * row
        label(axes, 5.7, top + 0.72, words[start], "ink-2")
        one = result["steps_to_90"][start]
        rows = (
            ("plain", "plain", one, "plain"),
            ("batch_norm", "batch", one, "batch_norm"),
            ("exact", "batch", one["exact"], "batch_norm"),
        )
        for line, (what, color, scored, arm) in enumerate(rows):
            steps = scored[arm]["steps"]
            y = top + 1.35 + 0.78 * line
            hollow = what == "exact"
            dots(axes, steps["seeds"], y, steps["median"], color, hollow)
            if what != "plain":
                times = words["times"].format(scored["ratio"]["median"])
                label(axes, 158, y + 0.2, times, ha="right")
            if row == 0:
                x = 75 if what == "plain" else steps["max"] * 1.07
                ha = "right" if what == "plain" else "left"
                label(axes, x, y + 0.2, words[what], color, ha=ha)
