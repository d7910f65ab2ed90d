"""How far an accumulated gradient is from that of the large batch.

What to see: two lines at the bottom, rounding; and batch norm far above, seven powers
of ten, rising as the parts get smaller.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    SMALL,
    band,
    label,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 324
RESULTS = ("accumulation",)
WORDS = {
    "zh": {
        "title": "有批量归一化时，4 × 16 不等于 64",
        "what": "累积的梯度与整批梯度的相对差异（对数刻度）",
        "batch_norm": "批量归一化，开始时",
        "later": "训练两轮之后",
        "others": "不加归一化、层归一化：只有舍入误差",
        "parts": "份数 × 每份的样本数",
    },
    "en": {
        "title": "With batch norm, 4 × 16 is not 64",
        "what": "Relative difference of the accumulated gradient (logarithmic)",
        "batch_norm": "batch norm, at the start",
        "later": "after two epochs",
        "others": "none, and layer norm: rounding only",
        "parts": "parts × samples in a part",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """One panel, four sizes of the parts."""
    title(figure, words["title"])
    write(figure, 8, 46, words["what"])
    left, width, top, height = 56, 412, 60, 208
    axes = panel(figure, left, top, width, height)
    sizes = result["parts"]
    axes.set(xlim=(-0.15, len(sizes) - 0.85), ylim=(2e-8, 30), yscale="log")
    ticks(axes, (), (1e-7, 1e-5, 1e-3, 0.1, 1, 10))
    places = range(len(sizes))

    def curve(arm: str, when: str) -> dict[str, list[float]]:
        found = [result[arm][when][f"parts_of_{size}"] for size in sizes]
        return {k: [one[k] for one in found] for k in ("median", "min", "max")}

    band(axes, places, curve("plain", "start"), "plain")
    band(axes, places, curve("layer_norm", "start"), "layer")
    band(axes, places, curve("batch_norm", "start"), "batch")
    band(axes, places, curve("batch_norm", "later"), "batch", "group")
    label(axes, 0.05, 0.07, words["batch_norm"], "batch")
    label(axes, 0.05, 4, words["later"], "batch")
    label(axes, 0.05, 5e-7, words["others"], "ink")
    for place, size in enumerate(sizes):
        x = left + width * (place + 0.15) / (len(sizes) - 0.7)
        text = f"{result['batch'] // size} × {size}"
        write(figure, x, top + height + 20, text, "ink-2", ha="center", size=SMALL)
    write(figure, 468, HEIGHT - 10, words["parts"], "ink-2", ha="right")
