"""The running statistics catching up with the batch.

What to see: after one batch running_mean is a tenth of the mean (what source 003
printed), after 22 nine tenths, exactly 1 - 0.9^k. With fresh batches it never settles.
Below, how far eval() is from train(): it never gets to zero, because running_var is
the unbiased variance.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    band,
    label,
    line,
    marks,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 466
RESULTS = ("batch_norm_2d",)
WORDS = {
    "zh": {
        "title": "滑动均值从 0 出发，每个小批量走剩下路程的十分之一",
        "fraction": "滑动均值已走完全程的百分之几",
        "error": "eval() 与 train() 的输出相差百分之几",
        "theory": "1 − 0.9ᵏ",
        "tenth": "k = 1：只有均值的十分之一",
        "fresh": "每次换新的小批量（20 个种子）",
        "limit": "方差除以 15 还是 16，留下这 {:.1f}%",
        "batches": "小批量个数 k",
    },
    "en": {
        "title": "Each batch moves the average a tenth of what is left",
        "fraction": "How far the running mean has gone (%)",
        "error": "Difference between eval() and train() (%)",
        "theory": "1 − 0.9ᵏ",
        "tenth": "k = 1: a tenth of the mean",
        "fresh": "a fresh batch each time (20 seeds)",
        "limit": "variance over 15 or over 16: {:.1f}% remain",
        "batches": "batches k",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Above the running mean and variance, below the error of the output."""
    title(figure, words["title"])
    equal = {int(k[2:]): v for k, v in result["equal"].items() if k.startswith("k_")}
    k = sorted(equal)

    write(figure, 8, 48, words["fraction"])
    axes = panel(figure, 44, 60, 424, 210)
    axes.set(xlim=(0, 50), ylim=(-5, 140))
    ticks(axes, k, (0, 10, 41, 65, 90, 100))
    fresh = {
        key: [100 * value for value in values]
        for key, values in result["fresh"]["mean_fraction"].items()
    }
    band(axes, range(1, 51), fresh, "ink-2")
    steps = range(51)
    line(axes, steps, [100 * (1 - 0.9**n) for n in steps], "batch")
    marks(axes, k, [100 * equal[n]["mean_fraction"] for n in k], "batch")
    label(axes, 3.4, 4, words["tenth"], "batch")
    label(axes, 1.5, 98, words["theory"], "batch")
    label(axes, 41, 131, words["fresh"], "ink-2", ha="right")

    write(figure, 8, 322, words["error"])
    below = panel(figure, 44, 334, 424, 90)
    below.set(xlim=(0, 50), ylim=(0, 20))
    ticks(below, k, (0, 10, 20))
    limit = 100 * result["equal"]["eval_error_limit"]
    line(below, (0, 50), (limit, limit), "ink-2", width=1.2)
    error = [100 * equal[n]["eval_error"] for n in k]
    line(below, k, error, "batch")
    marks(below, k, error, "batch")
    label(below, 50, 8.5, words["limit"].format(limit), "ink-2", ha="right")
    write(figure, 468, 456, words["batches"], "ink-2", ha="right")
