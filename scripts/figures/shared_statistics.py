"""Which numbers of an N x C x H x W batch share a mean in batch normalization.

What to see: a column of one colour, through all samples and both directions of the
image, ends in one mean and one variance: 16 numbers of each channel, three channels.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, minus, title, write

HEIGHT = 438
RESULTS = ("batch_norm_2d",)
WORDS = {
    "zh": {
        "title": "同一通道的 16 个数，共用一个均值和一个方差",
        "shape": "小批量的形状：N = 4，C = 3，H = W = 2",
        "sample": "样本 {}",
        "channel": "通道 {}",
        "mean": "均值 {:.3f}",
        "variance": "方差 {:.3f}",
        "count": "16 个数",
    },
    "en": {
        "title": "16 values of a channel share one mean, one variance",
        "shape": "shape of the batch: N = 4, C = 3, H = W = 2",
        "sample": "sample {}",
        "channel": "channel {}",
        "mean": "mean {:.3f}",
        "variance": "variance {:.3f}",
        "count": "16 values",
    },
}
COLORS = ("dropout", "layer", "batch")  # as red, green and blue of an image
LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 84, 88, 48, 26
NEXT_CHANNEL, NEXT_SAMPLE = 132, 66


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Samples as rows, channels as columns, statistics below."""
    title(figure, words["title"])
    write(figure, 8, 42, words["shape"], "ink-2")
    axes = canvas(figure)
    one = result["one_batch"]
    bottom = TOP + 3 * NEXT_SAMPLE + 2 * CELL_HEIGHT
    for n, sample in enumerate(result["x"]):
        top = TOP + n * NEXT_SAMPLE
        write(figure, 8, top + CELL_HEIGHT + 4, words["sample"].format(n + 1), "ink-2")
        for c, plane in enumerate(sample):
            _plane(axes, LEFT + c * NEXT_CHANNEL, top, plane, COLORS[c])
    for c, color in enumerate(COLORS):
        left = LEFT + c * NEXT_CHANNEL
        middle = left + CELL_WIDTH
        name = words["channel"].format(c + 1)
        write(figure, middle, TOP - 14, name, color, ha="center", bold=True)
        axes.add_patch(  # around the whole channel
            FancyBboxPatch(
                (left, TOP),
                2 * CELL_WIDTH,
                bottom - TOP,
                boxstyle="round,pad=6,rounding_size=8",
                facecolor=LIGHT[color],
                edgecolor=LIGHT[color],
                alpha=0.16,
                linewidth=0,
            )
        )
        axes.annotate(
            "",
            (middle, bottom + 40),
            (middle, bottom + 7),
            arrowprops={"arrowstyle": "->", "color": LIGHT[color], "linewidth": 1.6},
        )
        write(figure, middle + 9, bottom + 28, words["count"], color, SMALL)
        mean, variance = one["mean"][c], one["biased_var"][c]
        for line, text in enumerate(
            (words["mean"].format(mean), words["variance"].format(variance))
        ):
            y = bottom + 60 + 19 * line
            write(figure, middle, y, minus(text), color, ha="center")


def _plane(
    axes: Axes, left: float, top: float, plane: list[list[float]], color: str
) -> None:
    """Draw the 2 x 2 numbers of one channel of one sample."""
    for h, row in enumerate(plane):
        for w, value in enumerate(row):
            x, y = left + w * CELL_WIDTH, top + h * CELL_HEIGHT
            axes.add_patch(
                Rectangle(
                    (x, y),
                    CELL_WIDTH,
                    CELL_HEIGHT,
                    facecolor=LIGHT[color],
                    edgecolor=LIGHT[color],
                    fill=False,
                    linewidth=0.9,
                )
            )
            axes.text(
                x + CELL_WIDTH / 2,
                y + CELL_HEIGHT / 2 + 4,
                minus(f"{value:.2f}"),
                ha="center",
                va="baseline",
                size=SMALL,
            )
