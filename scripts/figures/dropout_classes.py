"""One batch, four calls: what is dropped together depends on class and rank.

What to see: Dropout2d drops whole maps of a batch of images. Given a single image it
drops rows instead, and Dropout3d given a batch of images drops whole samples.
"""

import re
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, title, write

HEIGHT = 378
RESULTS = ("dropout_classes",)
WORDS = {
    "zh": {
        "title": "类用错了维数，丢的就不是你以为的单位",
        "axes": "一行一个样本，一列一个通道，小格是像素；涂色的被丢弃",
        "Dropout": "Dropout：单个像素",
        "Dropout2d": "Dropout2d：整张特征图",
        "Dropout3d": "Dropout3d：整个样本！",
        "Dropout2d_image": "Dropout2d，单张图：一行行！",
        "input": "输入 (N, C, H, W)",
        "image": "输入 (C, H, W)，一块一个通道",
    },
    "en": {
        "title": "The wrong rank drops something else than you think",
        "axes": "rows: samples, columns: channels, cells: pixels; coloured: dropped",
        "Dropout": "Dropout: single pixels",
        "Dropout2d": "Dropout2d: whole maps",
        "Dropout3d": "Dropout3d: whole samples!",
        "Dropout2d_image": "Dropout2d, one image: rows!",
        "input": "input (N, C, H, W)",
        "image": "input (C, H, W), a block a channel",
    },
}
PLACES = {
    "Dropout": (0, 0),
    "Dropout2d": (1, 0),
    "Dropout3d": (0, 1),
    "Dropout2d_image": (1, 1),
}
LEFT, TOP, NEXT_COLUMN, NEXT_ROW, CELL = 10, 68, 240, 158, 6.2


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Two by two panels of masks."""
    title(figure, words["title"])
    write(figure, 8, 42, words["axes"], "ink-2", SMALL)
    axes = canvas(figure)
    for name, (column, row) in PLACES.items():
        left, top = LEFT + column * NEXT_COLUMN, TOP + row * NEXT_ROW
        wrong = row == 1
        color = "dropout" if wrong else "ink"
        write(figure, left, top + 8, words[name], color, bold=True)
        single = name == "Dropout2d_image"
        shown = words["image" if single else "input"]
        write(figure, left, top + 25, shown, "ink-2", SMALL)
        shape = result["shapes"]["rank_3" if single else "rank_4"]
        if single:
            shape = [1, *shape]
        _mask(axes, left, top + 34, result["masks"][name], shape, CELL)


def _mask(
    axes: Axes, left: float, top: float, mask: str, shape: list[int], cell: float
) -> None:
    """Tiles of samples and channels; dropped cells filled, all in one path."""
    samples, channels, height, width = shape
    columns = channels if samples > 1 else 2  # the four maps of one image: two by two
    dropped: list[Path] = []
    frames: list[Path] = []
    for tile in range(samples * channels):
        row, column = divmod(tile, columns)
        x = left + column * (width * cell + 6)
        y = top + row * (height * cell + 6)
        frames.append(_rectangle(x, y, width * cell, height * cell))
        values = mask[tile * height * width : (tile + 1) * height * width]
        if "1" not in values:
            dropped.append(frames[-1])
            continue
        for h in range(height):
            line = values[h * width : (h + 1) * width]
            for run in re.finditer("0+", line):
                wide = len(run[0]) * cell
                start = x + run.start() * cell
                dropped.append(_rectangle(start, y + h * cell, wide, cell))
    for paths, options in (
        (dropped, {"facecolor": LIGHT["dropout"], "alpha": 0.75, "linewidth": 0}),
        (frames, {"fill": False, "edgecolor": LIGHT["ink-2"], "linewidth": 0.8}),
    ):
        axes.add_patch(PathPatch(Path.make_compound_path(*paths), **options))


def _rectangle(x: float, y: float, wide: float, high: float) -> Path:
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
    return Path(corners, closed=True)
