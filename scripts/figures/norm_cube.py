"""The batch as a cube of samples, channels and positions, cut five ways.

What to see: the coloured block shares one mean and one variance. Batch norm's block
goes through all samples; every other block stays within one. The blocks are those that
were measured by changing one number at a time, not those of a documentation.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, title, write

HEIGHT = 480
RESULTS = ("norm_axes",)
WORDS = {
    "zh": {
        "title": "五种归一化，只差把小批量切成怎样的块",
        "batch_norm": "批量归一化",
        "layer_norm": "层归一化（整个样本）",
        "instance_norm": "实例归一化",
        "group_norm": "组归一化（G = 2）",
        "layer_norm_channels_first": "层归一化（每个位置）",
        "fifth": "Transformer、RMSNorm",
        "over": "沿 {}",
        "count": "{} 个数一组，共 {} 组",
        "key_1": "每一格是一个数：",
        "key_2": "{} 个样本",
        "key_3": "{} 个通道",
        "key_4": "{} 个位置（H × W）",
        "key_5": "涂色的一块共用",
        "key_6": "一个均值和一个方差，",
        "key_7": "粗线是块与块的分界。",
        "comma": "、",
        "part": "{} 的一半",
    },
    "en": {
        "title": "Five norms: five ways to cut a batch into blocks",
        "batch_norm": "batch norm",
        "layer_norm": "layer norm (sample)",
        "instance_norm": "instance norm",
        "group_norm": "group norm (G = 2)",
        "layer_norm_channels_first": "layer norm (place)",
        "fifth": "transformers; RMSNorm",
        "over": "over {}",
        "count": "{} values each, {} blocks",
        "key_1": "Each cell is a number:",
        "key_2": "{} samples",
        "key_3": "{} channels",
        "key_4": "{} places (H × W)",
        "key_5": "A coloured block",
        "key_6": "shares a mean and",
        "key_7": "variance; bold: cuts.",
        "comma": ", ",
        "part": "half of {}",
    },
}
CUBES = (
    ("batch_norm", "batch", 0, 0),
    ("layer_norm", "layer", 1, 0),
    ("instance_norm", "plain", 2, 0),
    ("group_norm", "group", 0, 1),
    ("layer_norm_channels_first", "layer", 1, 1),
)
LEFT, TOP, NEXT_COLUMN, NEXT_ROW = 8, 36, 156, 222
WIDE, HIGH = 14.0, 20.0  # of a cell's front
BACK = (9.5, -9.0)  # from one sample to the one behind it


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Three cubes above, two below and what the cells mean."""
    title(figure, words["title"])
    axes = canvas(figure)
    sizes = result["sizes"]
    counts = (sizes["C"], sizes["H"] * sizes["W"], sizes["N"])
    for name, color, column, row in CUBES:
        left, top = LEFT + column * NEXT_COLUMN, TOP + row * NEXT_ROW
        measured = result["layers"][name]["train"]
        n, c, h, w = measured["sides"]
        cube = (left + 20, top + 40)
        _cube(axes, *cube, counts, (c, h * w, n), color)
        bottom = cube[1] + counts[1] * HIGH
        if row == column == 0:
            _names(figure, *cube, counts)
        write(figure, left + 4, bottom + 28, words[name], color, bold=True)
        over = [
            axis if side == sizes[axis] else words["part"].format(axis)
            for axis, side in zip("NCHW", (n, c, h, w), strict=True)
            if side > 1
        ]
        lines = [words["over"].format(words["comma"].join(over))]
        total = counts[0] * counts[1] * counts[2]
        values = measured["values"]
        lines.append(words["count"].format(values, total // values))
        if (column, row) == (1, 1):
            lines.append(words["fifth"])
        for number, text in enumerate(lines):
            write(figure, left + 4, bottom + 47 + 17 * number, text, "ink", SMALL)
    _key(figure, words, sizes)


def _cube(
    axes: Axes,
    left: float,
    top: float,
    counts: tuple[int, int, int],
    sides: tuple[int, int, int],
    color: str,
) -> None:
    """Front, top and right face; the coloured block holds the corner of all three."""
    channels, places, samples = counts

    def point(c: float, p: float, n: float) -> tuple[float, float]:
        return left + c * WIDE + n * BACK[0], top + p * HIGH + n * BACK[1]

    def fill(*corners: tuple[float, float, float], alpha: float) -> None:
        axes.add_patch(
            Polygon(
                [point(*one) for one in corners],
                facecolor=LIGHT[color],
                edgecolor="none",
                alpha=alpha,
            )
        )

    c, p, n = sides
    first = channels - c  # the block ends at the right, at the top and in front
    fill((first, 0, 0), (channels, 0, 0), (channels, p, 0), (first, p, 0), alpha=0.85)
    fill((first, 0, 0), (channels, 0, 0), (channels, 0, n), (first, 0, n), alpha=0.5)
    fill(
        (channels, 0, 0),
        (channels, p, 0),
        (channels, p, n),
        (channels, 0, n),
        alpha=0.66,
    )

    def edge(
        a: tuple[float, float, float], b: tuple[float, float, float], cut: bool
    ) -> None:
        axes.plot(
            *zip(point(*a), point(*b), strict=True),
            color=LIGHT["ink" if cut else "ink-2"],
            linewidth=1.5 if cut else 0.5,
            alpha=1 if cut else 0.75,
            solid_capstyle="round",
        )

    for cut in (False, True):  # the cuts last, above the grid
        for i in range(channels + 1):
            if (i % c == 0 or i == channels) == cut:
                edge((i, 0, 0), (i, places, 0), cut)
                edge((i, 0, 0), (i, 0, samples), cut)
        for i in range(places + 1):
            if (i % p == 0 or i == places) == cut:
                edge((0, i, 0), (channels, i, 0), cut)
                edge((channels, i, 0), (channels, i, samples), cut)
        for i in range(samples + 1):
            if (i % n == 0 or i == samples) == cut:
                edge((0, 0, i), (channels, 0, i), cut)
                edge((channels, 0, i), (channels, places, i), cut)


def _names(
    figure: Figure,
    left: float,
    top: float,
    counts: tuple[int, int, int],
) -> None:
    """Name the three directions of the first cube."""
    channels, places, samples = counts
    bottom = top + places * HIGH
    middle = left + channels * WIDE / 2
    write(figure, middle, bottom + 13, "C", "ink-2", SMALL, ha="center")
    write(figure, left - 4, top + 44, "H", "ink-2", SMALL, ha="right")
    write(figure, left - 4, top + 59, "W", "ink-2", SMALL, ha="right")
    x = left + channels * WIDE + samples * BACK[0] / 2 + 8
    write(figure, x, bottom + samples * BACK[1] / 2 + 12, "N", "ink-2", SMALL)


def _key(figure: Figure, words: dict[str, str], sizes: dict[str, int]) -> None:
    """Say what a cell and a colour mean, in the sixth place."""
    left, top = LEFT + 2 * NEXT_COLUMN + 4, TOP + NEXT_ROW + 40
    lines = (
        words["key_1"],
        "N: " + words["key_2"].format(sizes["N"]),
        "C: " + words["key_3"].format(sizes["C"]),
        "H, W: " + words["key_4"].format(sizes["H"] * sizes["W"]),
        "",
        words["key_5"],
        words["key_6"],
        words["key_7"],
    )
    for number, text in enumerate(lines):
        if text:
            write(figure, left, top + 18 * number, text, "ink-2", SMALL)
