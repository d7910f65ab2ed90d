"""What batch norm does in each mode, however its statistics are tracked.

What to see: training always uses the batch; evaluation uses the running statistics
where there are buffers and the batch where there are none; the buffers move in a single
row only.
"""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, title, write

HEIGHT = 396
RESULTS = ("modes",)
WORDS = {
    "zh": {
        "title": "只有一行会改动滑动统计量",
        "statistics": "归一化用",
        "moved": "滑动统计量",
        "gradient": "梯度经过统计量",
        "tracked": "track_running_stats=True",
        "untracked": "track_running_stats=False",
        "switched_off": "建好之后改为 False",
        "switched_on": "建好之后改为 True",
        "batch": "这一批",
        "running": "滑动统计量",
        "yes": "更新",
        "no": "不动",
        "none": "没有",
        "through": "是",
        "constant": "否",
    },
    "en": {
        "title": "Only one row moves the running statistics",
        "statistics": "normalizes by",
        "moved": "buffers",
        "gradient": "through stats?",
        "tracked": "track_running_stats=True",
        "untracked": "track_running_stats=False",
        "switched_off": "set to False afterwards",
        "switched_on": "set to True afterwards",
        "batch": "the batch",
        "running": "running stats",
        "yes": "move",
        "no": "stay",
        "none": "none",
        "through": "yes",
        "constant": "no",
    },
}
COLORS = {"batch": "plain", "running": "batch", "yes": "dropout"}
COLUMNS = (("statistics", 182), ("moved", 286), ("gradient", 386))
TRACKS = ("tracked", "untracked", "switched_off", "switched_on")
WIDE, ROW = 96, 30


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Two blocks of four rows, three columns; momentum 0.1, gradients on."""
    title(figure, words["title"])
    axes = canvas(figure)
    for name, left in COLUMNS:
        write(figure, left + WIDE / 2 - 4, 50, words[name], "ink-2", SMALL, ha="center")
    for block, mode in enumerate(("train", "eval")):
        top = 62 + 168 * block
        write(figure, 8, top + 18, f"{mode}()", bold=True)
        for row, track in enumerate(TRACKS):
            one = result["cells"][mode][track]["m_0_1"]["grad"]
            y = top + 28 + ROW * row
            write(figure, 14, y + 18, words[track], size=SMALL)
            buffers = "none" if not one["buffers"] else "yes" if one["moved"] else "no"
            shown = (one["statistics"], buffers, one["gradient"])
            for (_, left), value in zip(COLUMNS, shown, strict=True):
                color = COLORS.get(value, "ink-2")
                axes.add_patch(
                    FancyBboxPatch(
                        (left, y + 2),
                        WIDE - 10,
                        ROW - 6,
                        boxstyle="round,pad=0,rounding_size=4",
                        facecolor=(LIGHT[color], 0.06),
                        edgecolor=LIGHT[color],
                        linewidth=0.8 if value in COLORS else 0,
                    )
                )
                text = "ink" if color == "ink-2" else color
                middle = left + WIDE / 2 - 5
                write(figure, middle, y + 18, words[value], text, SMALL, ha="center")
