"""What each p gains or costs in test accuracy, in three amounts of data.

What to see: from 0.1 to 0.5 the seeds scatter around zero, to both sides; at 0.7 nearly
all are below, and 0.9 is far off the scale. There is no best p to read
off from the accuracy; the loss, on the page, says a little more for p = 0.1.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    FAINT,
    SMALL,
    label,
    line,
    minus,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 500
RESULTS = ("dropout_rate",)
WORDS = {
    "zh": {
        "title": "p 太大必然有害；p 小时，各种子有增有减",
        "what": "相对于 p = 0，测试准确率增减几个百分点；每个点是一个种子",
        "few": "100 张图像",
        "many": "1000 张图像",
        "noisy": "1000 张图像，20% 的标签是错的",
        "off": "{:.0f}",
        "p": "丢弃概率 p",
    },
    "en": {
        "title": "A high p does harm; at a low p the seeds disagree",
        "what": "Points of test accuracy gained against p = 0; a dot is a seed",
        "few": "100 images",
        "many": "1000 images",
        "noisy": "1000 images, 20% of labels wrong",
        "off": "{:.0f}",
        "p": "dropout probability p",
    },
}
SHOWN = {"p_0_1": 0.1, "p_0_3": 0.3, "p_0_5": 0.5, "p_0_7": 0.7}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three panels over one axis of p."""
    title(figure, words["title"])
    write(figure, 8, 42, words["what"], size=SMALL)
    for row, case in enumerate(("few", "many", "noisy")):
        top = 68 + 136 * row
        axes = panel(figure, 44, top, 424, 104)
        axes.set(xlim=(0, 1), ylim=(-13, 5))
        axes.spines["bottom"].set_visible(row == 2)
        ticks(axes, (*SHOWN.values(), 0.9) if row == 2 else (), (-10, -5, 0, 5))
        line(axes, (0, 1), (0, 0), "ink-2", width=1.2)
        write(figure, 52, top - 2, words[case])
        for name, p in SHOWN.items():
            gain = result[case][name]["gain"]
            axes.plot(
                [p] * len(gain["seeds"]),
                [100 * value for value in gain["seeds"]],
                "o",
                color=LIGHT["dropout"],
                markersize=5,
                alpha=FAINT,
                markeredgewidth=0,
                clip_on=False,
            )
            axes.plot(
                [p],
                [100 * gain["median"]],
                "_",
                color=LIGHT["dropout"],
                markersize=22,
                markeredgewidth=2,
            )
        off = words["off"].format(100 * result[case]["p_0_9"]["gain"]["median"])
        label(axes, 0.9, -12, minus(off) + " ↓", "dropout", ha="center", size=SMALL)
    write(figure, 468, HEIGHT - 8, words["p"], "ink-2", ha="right")
