"""What each layer of source 000's networks computes before tanh, epoch by epoch.

What to see: as printed, without batch norm, the layers narrow to a needle before any
training, and then stand at a few places, one a unit. What source 000 calls "BN PreAct"
is the second block, before batch norm; the third is what enters tanh. The last is the
network without batch norm at the proper scale: alive in every layer.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.ridges import BLOCK, grid
from scripts.figures.parts.style import title, write

HEIGHT = 74 + 4 * BLOCK
RESULTS = ("regression_tanh_histograms",)
WORDS = {
    "zh": {
        "title": "预激活：照原文写的网络死了，缩放得当的没有",
        "layer": "第 {} 层",
        "plain": "照原文，不加归一化",
        "before": "照原文，批量归一化之前（原图标作“BN PreAct”的就是它）",
        "after": "照原文，批量归一化之后，即 tanh 的输入",
        "scaled": "缩放得当，不加归一化",
        "epochs": "行：训练过的轮数 0 到 12",
    },
    "en": {
        "title": "Pre-activations: dead as printed, alive when scaled",
        "layer": "L{}",
        "plain": "as printed, no normalization",
        "before": "as printed, before batch norm (the source's “BN PreAct”)",
        "after": "as printed, after batch norm: what enters tanh",
        "scaled": "properly scaled, no normalization",
        "epochs": "rows: epochs trained, 0 to 12",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Four blocks of eight layers and thirteen epochs."""
    title(figure, words["title"])
    grid(
        figure,
        words,
        (
            ("plain", result["plain"]["linear"], "plain"),
            ("before", result["batch_norm"]["linear"], "batch"),
            ("after", result["batch_norm"]["input"], "batch"),
            ("scaled", result["scaled"]["linear"], "plain"),
        ),
        result["edges"]["linear"][-1],
    )
    write(figure, 468, HEIGHT - 8, words["epochs"], "ink-2", ha="right")
