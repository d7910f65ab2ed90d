"""Test accuracy after a hundred steps by learning rate, for three ranges of pixels.

What to see: with pixels from 0 to 255 the rates that learn anything lie thousands of
times lower, and even the best of them stays far behind; standardized pixels allow the
same rates as pixels from 0 to 1 and more of them are good.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, powers, ticks, title, write

HEIGHT = 290
RESULTS = ("input_scaling",)
WORDS = {
    "zh": {
        "title": "像素不缩放，哪个学习率都学不好",
        "what": "训练 {} 步之后的测试准确率（%）",
        "rate": "学习率（对数刻度）",
        "bytes": "0 到 255",
        "unit": "0 到 1",
        "standardized": "标准化",
    },
    "en": {
        "title": "With raw pixels no learning rate does well",
        "what": "Test accuracy after {} steps (%)",
        "rate": "learning rate (logarithmic)",
        "bytes": "0 to 255",
        "unit": "0 to 1",
        "standardized": "standardized",
    },
}
KINDS = (("bytes", "plain"), ("unit", "group"), ("standardized", "layer"))


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Medians and ranges over the seeds."""
    title(figure, words["title"])
    write(figure, 8, 46, words["what"].format(result["updates"]))
    pixels = result["pixels"]
    axes = panel(figure, 44, 58, 424, 180)
    axes.set(xlim=(1e-5, 3.2), ylim=(0, 100), xscale="log")
    ticks(axes, (1e-5, 1e-4, 1e-3, 0.01, 0.1, 1), (0, 50, 90, 100))
    powers(axes.xaxis)
    for kind, color in KINDS:
        percent = {
            key: [100 * value for value in values]
            for key, values in pixels[kind]["by_rate"].items()
        }
        band(axes, pixels["rates"], percent, color)
    label(axes, 1.2e-4, 82, words["bytes"], "plain", ha="right")
    label(axes, 0.05, 55, words["unit"], "group")
    label(axes, 0.018, 88, words["standardized"], "layer", ha="right")
    write(figure, 468, 280, words["rate"], "ink-2", ha="right")
