"""The activations of source 000's networks, layer by layer and epoch by epoch.

What to see: the plain network as printed does not end in the middle but at both edges:
its units stand still, each at one place. With batch norm the activations spread out.
But so they do without it when weights and data are scaled properly.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.ridges import BLOCK, grid
from scripts.figures.parts.style import title, write

HEIGHT = 74 + 4 * BLOCK
RESULTS = ("regression_tanh_histograms",)
WORDS = {
    "zh": {
        "title": "激活值：撑开分布，不一定要靠批量归一化",
        "layer": "第 {} 层",
        "plain": "照原文，不加归一化",
        "batch_norm": "照原文，批量归一化",
        "scaled": "缩放得当，不加归一化",
        "scaled_batch_norm": "缩放得当，批量归一化",
        "epochs": "行：训练过的轮数 0 到 12",
    },
    "en": {
        "title": "Activations: spreading them does not take batch norm",
        "layer": "L{}",
        "plain": "as printed, no normalization",
        "batch_norm": "as printed, batch norm",
        "scaled": "properly scaled, no normalization",
        "scaled_batch_norm": "properly scaled, batch norm",
        "epochs": "rows: epochs trained, 0 to 12",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Four blocks of eight layers and thirteen epochs."""
    title(figure, words["title"])
    arms = ("plain", "batch_norm", "scaled", "scaled_batch_norm")
    blocks = [
        (arm, result[arm]["activation"], "batch" if "batch" in arm else "plain")
        for arm in arms
    ]
    grid(figure, words, blocks, result["edges"]["activation"][-1])
    write(figure, 468, HEIGHT - 8, words["epochs"], "ink-2", ha="right")
