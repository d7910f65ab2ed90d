"""A curve fitted with dropout, its spread, and that more data do not change it.

What to see: the band widens to the far right, hardly in the gap, where the truth leaves
it. Below: with ten times the data every dot stays where it was; a larger p moves them.
"""

import math
from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    dots,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 560
RESULTS = ("mc_dropout",)
WORDS = {
    "zh": {
        "title": "数据多了十倍，蒙特卡洛 Dropout 的宽度几乎不变",
        "fit": "一个种子：100 次预测的均值 ± 2 个标准差；虚线是真实曲线",
        "inside": "有数据",
        "gap": "缺口",
        "outside": "数据之外",
        "std": "预测的标准差（每个点是一个种子，对数刻度）",
        "p_0_1": "p = 0.1，40 个点",
        "ten_times": "p = 0.1，400 个点",
        "p_0_3": "p = 0.3，40 个点",
    },
    "en": {
        "title": "Ten times the data: the spread hardly changes",
        "fit": "One seed: mean ± 2 std of 100 predictions; dashed: the truth",
        "inside": "data",
        "gap": "gap",
        "outside": "outside",
        "std": "Std of the predictions (a dot is a seed, logarithmic)",
        "p_0_1": "p = 0.1, 40 points",
        "ten_times": "p = 0.1, 400 points",
        "p_0_3": "p = 0.3, 40 points",
    },
}
ARMS = (("p_0_1", "dropout"), ("ten_times", "batch"), ("p_0_3", "plain"))


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """The toy above, nine rows of dots below."""
    title(figure, words["title"])
    write(figure, 8, 42, words["fit"], size=SMALL)
    drawn, x = result["drawn"], result["x"]
    axes = panel(figure, 34, 62, 432, 178)
    axes.set(xlim=(-6, 6), ylim=(-3, 3))
    ticks(axes, (-6, -3, -1, 1, 3, 6), (-2, 0, 2))
    low = [m - 2 * s for m, s in zip(drawn["mean"], drawn["std"], strict=True)]
    high = [m + 2 * s for m, s in zip(drawn["mean"], drawn["std"], strict=True)]
    axes.fill_between(x, low, high, color=LIGHT["dropout"], alpha=0.22, linewidth=0)
    axes.plot(x, drawn["mean"], color=LIGHT["dropout"], linewidth=1.8)
    line(axes, x, [math.sin(2 * one) for one in x], "ink-2", width=1.2)
    axes.plot(
        drawn["points_x"], drawn["points_y"], "o", color=LIGHT["ink"], markersize=3
    )
    for where, name in (
        (-4.6, "outside"),
        (-2, "inside"),
        (0, "gap"),
        (2, "inside"),
        (4.6, "outside"),
    ):
        label(axes, where, -2.7, words[name], "ink-2", ha="center")

    write(figure, 8, 290, words["std"])
    below = panel(figure, 90, 300, 378, 224)
    below.set(xlim=(0.06, 1.2), ylim=(9.6, 0), xscale="log")
    below.spines["left"].set_visible(False)
    ticks(below, (0.1, 0.2, 0.5, 1))
    for group, place in enumerate(("inside", "gap", "outside")):
        write(figure, 8, 300 + 224 * (3.2 * group + 1.75) / 9.6 + 4, words[place])
        for row, (arm, color) in enumerate(ARMS):
            std = result[arm][place]["std"]
            y = 3.2 * group + 0.75 + row
            dots(below, std["seeds"], y, std["median"], color)
            if group == 0:
                label(below, 1.2, y + 0.2, words[arm], color, ha="right")
