"""Steps to 90 % test accuracy, each network at its own best learning rate.

What to see: with PyTorch's default initialization batch norm is many times faster;
with He's initialization less so; with standardized inputs as well, hardly at all.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import dots, label, panel, ticks, title, write

HEIGHT = 300
RESULTS = ("digits_mlp",)
WORDS = {
    "zh": {
        "title": "初始化与输入都处理好之后，优势所剩不多",
        "what": "达到 90% 测试准确率所需的步数，各用自己最好的学习率",
        "default": "PyTorch 默认初始化",
        "he": "He 初始化",
        "he_standardized": "He 初始化，输入标准化",
        "steps": "步数（对数刻度）",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "ratio": "步数为 {:.1f} 倍",
    },
    "en": {
        "title": "Good initialization and inputs leave little of the lead",
        "what": "Steps to 90% test accuracy, each at its own best learning rate",
        "default": "PyTorch's default initialization",
        "he": "He initialization",
        "he_standardized": "He initialization, standardized inputs",
        "steps": "steps (logarithmic)",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "ratio": "{:.1f} × the steps",
    },
}
STARTS = ("default", "he", "he_standardized")


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three starts, two rows of ten dots each, the median as a bar."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"])
    axes = panel(figure, 12, 56, 456, 200)
    axes.set(xlim=(6, 160), ylim=(9, 0), xscale="log")
    axes.spines["left"].set_visible(False)
    ticks(axes, (10, 20, 50, 100))
    write(figure, 468, 290, words["steps"], "ink-2", ha="right")
    for row, start in enumerate(STARTS):
        top = 3 * row
        label(axes, 6.1, top + 0.72, words[start], "ink-2")
        ratio = result["steps_to_90"][start]["ratio"]["median"]
        label(axes, 158, top + 0.72, words["ratio"].format(ratio), ha="right")
        for line, (arm, color) in enumerate(
            (("plain", "plain"), ("batch_norm", "batch"))
        ):
            one = result["steps_to_90"][start][arm]
            y = top + 1.35 + 0.75 * line
            dots(axes, one["steps"]["seeds"], y, one["steps"]["median"], color)
            if row == 0:
                x = 75 if arm == "plain" else 23
                ha = "right" if arm == "plain" else "left"
                label(axes, x, y + 0.2, words[arm], color, ha=ha)
