"""How all figures look. Lengths are pixels of a figure 480 wide, y downwards.

Axes are placed by hand: a layout that measured text would depend on installed fonts.
"""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.figures.parts.palette import DASHES, LIGHT

WIDTH = 480
SMALL, NORMAL, TITLE = 12, 13, 14.5
FAINT = 0.75  # dots and lines: overlaps show, and each has a contrast of 3 by itself

RC: dict[str, Any] = {
    "axes.edgecolor": LIGHT["ink-2"],
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",  # only to measure; the SVG names the real fonts
    "font.size": NORMAL,
    "lines.solid_capstyle": "round",
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "normalization-and-dropout",
    "text.color": LIGHT["ink"],
    "text.parse_math": False,
    "xtick.color": LIGHT["ink-2"],
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "xtick.major.width": 0.8,
    "ytick.color": LIGHT["ink-2"],
    "ytick.labelsize": SMALL,
    "ytick.major.size": 3,
    "ytick.major.width": 0.8,
}


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Place axes by their distances from the figure's left and upper edges."""
    wide, high = figure.get_size_inches() * 72
    place = (left / wide, 1 - (top + height) / high, width / wide, height / high)
    axes = figure.add_axes(place)
    axes.patch.set_visible(False)
    return axes


def canvas(figure: Figure) -> Axes:
    """Axes over the whole figure, in pixels, y downwards: for drawings."""
    wide, high = figure.get_size_inches() * 72
    axes = panel(figure, 0, 0, wide, high)
    axes.set(xlim=(0, wide), ylim=(high, 0))
    axes.set_axis_off()
    return axes


def write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    color: str = "ink",
    size: float = NORMAL,
    ha: str = "left",
    bold: bool = False,
) -> None:
    """Write at a place of the figure in pixels; y is the base line."""
    wide, high = figure.get_size_inches() * 72
    weight = "bold" if bold else "normal"
    figure.text(
        x / wide,
        1 - y / high,
        text,
        color=LIGHT[color],
        size=size,
        ha=ha,
        va="baseline",
        weight=weight,
    )


def title(figure: Figure, text: str) -> None:
    """Say the finding in one bold line at the top."""
    write(figure, 8, 20, text, size=TITLE, bold=True)


def label(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    color: str = "ink",
    ha: str = "left",
    size: float = NORMAL,
) -> None:
    """Name a series beside its line, in data coordinates; y is the base line."""
    axes.text(x, y, text, color=LIGHT[color], ha=ha, va="baseline", size=size)


def minus(text: str) -> str:
    """Write a minus sign, not a hyphen."""
    return text.replace("-", "−")


def ticks(axes: Axes, x: Sequence[float] = (), y: Sequence[float] = ()) -> None:
    """Set the ticks by hand."""
    axes.xaxis.set_major_locator(FixedLocator(list(x)))
    axes.yaxis.set_major_locator(FixedLocator(list(y)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{value:g}")))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{value:g}")))


def powers(axis: Axis) -> None:
    """Write the ticks of a logarithmic axis as powers of ten."""
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: "10" + raised(round(math.log10(value))))
    )


def raised(power: int) -> str:
    """Write a power small and high."""
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def line(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    color: str,
    dashes: str | None = None,
    width: float = 1.8,
) -> None:
    """Draw a line in a series' colour and dashes."""
    (drawn,) = axes.plot(x, y, color=LIGHT[color], linewidth=width, clip_on=False)
    if pattern := DASHES[dashes or color]:
        drawn.set_dashes(pattern)


def band(
    axes: Axes,
    x: Sequence[float],
    seeds: dict[str, Any],
    color: str,
    dashes: str | None = None,
) -> None:
    """Draw the median over seeds as a line and the whole range as a band."""
    axes.fill_between(
        x,
        seeds["min"],
        seeds["max"],
        color=LIGHT[color],
        alpha=0.2,
        linewidth=0,
    )
    line(axes, x, seeds["median"], color, dashes)


def level(axes: Axes, low: float, high: float, color: str = "ink-2") -> None:
    """Draw a baseline as a horizontal strip across the axes."""
    left, right = axes.get_xlim()
    axes.add_patch(
        Rectangle(
            (left, low),
            right - left,
            high - low,
            facecolor=LIGHT[color],
            alpha=0.22,
            linewidth=0,
        )
    )


def dots(
    axes: Axes,
    values: Sequence[float],
    y: float,
    median: float,
    color: str,
    hollow: bool = False,
) -> None:
    """Draw one dot a seed in a row, and the median as an upright bar."""
    axes.plot(
        values,
        [y] * len(values),
        "o",
        color=LIGHT[color],
        markersize=5,
        alpha=0.9 if hollow else FAINT,
        fillstyle="none" if hollow else "full",
        markeredgewidth=1 if hollow else 0,
        clip_on=False,
    )
    axes.plot([median], [y], "|", color=LIGHT[color], markersize=13, markeredgewidth=2)


def marks(axes: Axes, x: Sequence[float], y: Sequence[float], color: str) -> None:
    """Mark measured points."""
    axes.plot(x, y, "o", color=LIGHT[color], markersize=6, clip_on=False, zorder=5)


def stairs(
    axes: Axes, heights: Sequence[float], edges: Sequence[float], color: str
) -> None:
    """Draw a histogram whose bins are counted already."""
    axes.stairs(
        heights, edges, fill=True, facecolor=LIGHT[color], alpha=0.3, linewidth=0
    )
    axes.stairs(heights, edges, color=LIGHT[color], linewidth=1.4)
