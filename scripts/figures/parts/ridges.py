"""Histograms as rows of small hills: a column a layer, a row an epoch."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import canvas, minus, write

LEFT, COLUMN, WIDE = 40, 54, 48  # pixels: of the first column, from one to the next
ROW, HILL = 11, 9.5  # from one epoch to the next, and the highest hill
BLOCK = 13 * ROW + 45  # from one network to the next


def hills(
    axes: Axes,
    layers: Sequence[Sequence[Sequence[int]]],
    left: float,
    top: float,
    color: str,
) -> None:
    """Draw histograms [epoch][layer][bin], each as high as its highest bin."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for epoch, row in enumerate(layers):
        base = top + ROW * (epoch + 1)
        for layer, counts in enumerate(row):
            x0, step = left + COLUMN * layer, WIDE / len(counts)
            outline: list[tuple[float, float]] = []
            for place, count in enumerate([*counts, 0]):
                x = x0 + place * step
                y = base - HILL * count / max(counts)
                if outline and outline[-1][1] == y:
                    continue
                if not outline:
                    if not count:
                        continue
                    outline.append((x, base))
                else:
                    outline.append((x, outline[-1][1]))
                outline.append((x, y))
                if not count:
                    points += [*outline, outline[0]]
                    codes += [Path.MOVETO]
                    codes += [Path.LINETO] * (len(outline) - 1) + [Path.CLOSEPOLY]
                    outline = []
    path = Path(points, codes)
    axes.add_patch(PathPatch(path, facecolor=LIGHT[color], linewidth=0))


def grid(
    figure: Figure,
    words: dict[str, str],
    blocks: Sequence[tuple[str, Sequence[Sequence[Sequence[int]]], str]],
    edge: float,
) -> None:
    """Draw one block below the other: its words' key, its histograms, its colour."""
    axes = canvas(figure)
    columns = len(blocks[0][1][0])
    for layer in range(columns):
        x = LEFT + COLUMN * layer + WIDE / 2
        write(figure, x, 44, words["layer"].format(layer + 1), "ink-2", 12, "center")
    for place, (name, layers, color) in enumerate(blocks):
        top = 70 + BLOCK * place
        write(figure, 8, top - 4, words[name], color)
        hills(axes, layers, LEFT, top, color)
        bottom = top + ROW * len(layers)
        for epoch in (0, 6, 12):
            y = top + ROW * (epoch + 1)
            write(figure, LEFT - 8, y, str(epoch), "ink-2", 12, "right")
        for layer in range(columns):
            x = LEFT + COLUMN * layer
            axes.plot([x, x + WIDE], [bottom + 1] * 2, color=LIGHT["ink-2"], lw=0.8)
            axes.plot(
                [x + WIDE / 2] * 2,
                [bottom + 1, bottom + 4],
                color=LIGHT["ink-2"],
                lw=0.8,
            )
        for at, value in ((0, -edge), (WIDE / 2, 0), (WIDE, edge)):
            text = minus(f"{value:g}")
            write(figure, LEFT + at, bottom + 15, text, "ink-2", 11, "center")
