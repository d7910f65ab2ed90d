"""Histograms as rows of small hills: a column a layer, a row an epoch.

Four hundred hills make a heavy file. So each is a line over the middles of its bins, on
whole pixels, without the points that would move it by less than one; an empty bin stays
empty.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import canvas, minus, write

LEFT, COLUMN, BIN = 40, 54, 3  # pixels: the first column, from one to the next, a bin
ROW, HILL = 11, 9  # from one epoch to the next, and the highest hill
EPOCHS, BLOCK = 13, 13 * ROW + 37  # rows, and from one network to the next
Counts = Sequence[Sequence[Sequence[int]]]  # [epoch][layer][bin]


def kept(heights: Sequence[int]) -> list[int]:
    """Places of the points that a line needs to stay within a pixel, and off zeros."""
    places, last = [0], len(heights) - 1
    while places[-1] < last:
        start, end = places[-1], last
        while any(
            abs(
                heights[start]
                + (heights[end] - heights[start]) * (at - start) / (end - start)
                - heights[at]
            )
            > (1 if heights[at] else 0.3)
            for at in range(start + 1, end)
        ):
            end -= 1
        places.append(end)
    return places


def hills(axes: Axes, layers: Counts, left: int, top: int, color: str) -> None:
    """Draw each histogram as high as its highest bin."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for epoch, row in enumerate(layers):
        base = top + ROW * (epoch + 1)
        for layer, counts in enumerate(row):
            tops = [round(HILL * one / max(counts)) for one in counts]
            heights = [0, *tops, 0]
            x = left + COLUMN * layer - BIN // 2
            outline = [(x + BIN * at, base - heights[at]) for at in kept(heights)]
            points += [*outline, outline[0]]
            codes += [int(Path.MOVETO), *[int(Path.LINETO)] * (len(outline) - 1)]
            codes.append(int(Path.CLOSEPOLY))
    patch = PathPatch(Path(points, codes), facecolor=LIGHT[color], linewidth=0)
    axes.add_patch(patch)


def grid(
    figure: Figure,
    words: dict[str, str],
    blocks: Sequence[tuple[str, Counts, str]],
    edge: float,
) -> None:
    """Draw one block below the other: its words' key, its histograms, its colour."""
    axes = canvas(figure)
    layers, bins = len(blocks[0][1][0]), len(blocks[0][1][0][0])
    wide = BIN * bins
    across: list[float] = []
    down: list[float] = []
    for layer in range(layers):
        x = LEFT + COLUMN * layer + wide / 2
        write(figure, x, 44, words["layer"].format(layer + 1), "ink-2", 12, "center")
    for place, (name, counts, color) in enumerate(blocks):
        top = 70 + BLOCK * place
        bottom = top + ROW * EPOCHS + 1
        write(figure, 8, top - 4, words[name], color)
        hills(axes, counts, LEFT, top, color)
        for epoch in (0, EPOCHS - 1):
            y = top + ROW * (epoch + 1)
            write(figure, LEFT - 8, y, str(epoch), "ink-2", 12, "right")
        for layer in range(layers):
            x = LEFT + COLUMN * layer
            across += [x, x + wide, float("nan"), x + wide / 2, x + wide / 2]
            down += [bottom, bottom, float("nan"), bottom, bottom + 4]
            across.append(float("nan"))
            down.append(float("nan"))
    axes.plot(across, down, color=LIGHT["ink-2"], linewidth=0.8)
    low = 70 + BLOCK * (len(blocks) - 1) + ROW * EPOCHS + 15
    for at, value in ((0, -edge), (wide / 2, 0), (wide, edge)):
        write(figure, LEFT + at, low, minus(f"{value:g}"), "ink-2", 11, "center")
