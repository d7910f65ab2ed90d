"""A digit under both kinds of dropout, and what a 3x3 mean leaves of the noise.

What to see: with single pixels dropped the mean fills the holes, blurred to a grey
patch; a dropped channel is gone, and the mean cannot bring it back. Below, the same as
a number, on feature maps: and that it depends on neighbours that agree.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    canvas,
    dots,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 540
RESULTS = ("channel_dropout",)
WORDS = {
    "zh": {
        "title": "3×3 平均能减轻逐元素的噪声，减不了整通道的",
        "image": "原图",
        "element": "逐元素",
        "channel": "整通道",
        "p": "p = 0.5",
        "kept": "留下的通道",
        "dropped": "丢掉的通道",
        "mean": "3×3 平均",
        "left": "平均之后还剩多少噪声（1 = 全部；10 个种子）",
        "smooth_element": "数字的特征图，逐元素",
        "smooth_channel": "数字的特征图，整通道",
        "shuffled_element": "打乱像素位置之后，逐元素",
    },
    "en": {
        "title": "A 3×3 mean reduces noise of values, not of channels",
        "image": "input",
        "element": "single values",
        "channel": "whole channels",
        "p": "p = 0.5",
        "kept": "kept",
        "dropped": "dropped",
        "mean": "3×3 mean",
        "left": "Noise left after the mean (1 = all of it; 10 seeds)",
        "smooth_element": "feature maps of digits, single values",
        "smooth_channel": "feature maps of digits, whole channels",
        "shuffled_element": "pixels shuffled, single values",
    },
}
CELL, LEVELS = 12, 5
ROWS = (
    ("smooth", "element", "dropout"),
    ("smooth", "channel", "group"),
    ("shuffled", "element", "plain"),
)


def mean(image: list[list[float]]) -> list[list[float]]:
    """Means of 3x3 values, without padding."""
    size = len(image) - 2
    return [
        [
            sum(image[y + dy][x + dx] for dy in range(3) for dx in range(3)) / 9
            for x in range(size)
        ]
        for y in range(size)
    ]


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Images above, noise below."""
    title(figure, words["title"])
    axes = canvas(figure)
    example = result["example"]
    totals = [sum(map(sum, one)) for one in example["channel"]]
    kept, dropped = totals.index(max(totals)), totals.index(min(totals))
    columns = (
        (12, "image", "ink-2", example["image"]),
        (128, "p", "dropout", example["element"][kept]),
        (244, "kept", "group", example["channel"][kept]),
        (360, "dropped", "group", example["channel"][dropped]),
    )
    write(figure, 128, 44, words["element"], "dropout")
    write(figure, 244, 44, words["channel"], "group")
    for x, name, color, image in columns:
        write(figure, x, 62, words[name], color, SMALL)
        _image(axes, x, 70, image)
        _image(axes, x + CELL, 206, mean(image))
    write(figure, 12, 198, words["mean"] + " ↓", "ink-2", SMALL)

    write(figure, 8, 322, words["left"])
    below = panel(figure, 12, 334, 456, 168)
    below.set(xlim=(0, 1.15), ylim=(3, 0))
    below.spines["left"].set_visible(False)
    ticks(below, (0, 0.25, 0.5, 0.75, 1))
    line(below, (1, 1), (0, 3), "ink-2", width=1.2)
    for row, (maps, kind, color) in enumerate(ROWS):
        left = result[maps][kind]["p_0_5"]["left"]
        label(below, 0, row + 0.42, words[f"{maps}_{kind}"], color)
        dots(below, left["seeds"], row + 0.68, left["median"], color)


def _image(axes: Axes, left: float, top: float, image: list[list[float]]) -> None:
    """Draw an image as squares, all of one shade as one path."""
    size = CELL * len(image)
    axes.add_patch(
        Rectangle(
            (left, top),
            size,
            size,
            fill=False,
            edgecolor=LIGHT["ink-2"],
            linewidth=0.8,
        )
    )
    squares: dict[int, list[tuple[float, float]]] = {}
    for y, row in enumerate(image):
        for x, value in enumerate(row):
            shade = min(LEVELS, round(LEVELS * value / 1.6))
            if shade > 0:
                squares.setdefault(shade, []).append((left + CELL * x, top + CELL * y))
    for shade, corners in sorted(squares.items()):
        points: list[tuple[float, float]] = []
        codes: list[int] = []
        for x, y in corners:
            points += [(x, y), (x + CELL, y), (x + CELL, y + CELL), (x, y + CELL)]
            points.append((x, y))
            codes += [int(Path.MOVETO), *[int(Path.LINETO)] * 3, int(Path.CLOSEPOLY)]
        axes.add_patch(
            PathPatch(
                Path(points, codes),
                facecolor=LIGHT["ink"],
                alpha=shade / LEVELS,
                linewidth=0,
            )
        )
