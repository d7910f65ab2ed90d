"""Boxes and arrows of diagrams, in pixels of the figure."""

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from scripts.figures.parts.palette import LIGHT


def box(
    axes: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    color: str,
    alpha: float,
) -> None:
    """Draw a rounded box: a faint face and a clear edge."""
    for face, opacity, line in ((True, alpha, 0.0), (False, 1.0, 1.1)):
        axes.add_patch(
            FancyBboxPatch(
                (left, top),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=9",
                facecolor=LIGHT[color],
                edgecolor=LIGHT[color],
                fill=face,
                alpha=opacity,
                linewidth=line,
            )
        )


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow from start to end."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "->",
            "color": LIGHT["ink-2"],
            "linewidth": 1.3,
            "shrinkA": 0,
            "shrinkB": 1,
        },
    )
