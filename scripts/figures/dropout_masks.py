"""Eight values through dropout: three training calls, their mean, and eval.

What to see: every call strikes out others and doubles what it keeps; a value is never
passed on as it is in training, but on average it is; in eval all pass unchanged.
"""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import SMALL, canvas, title, write

HEIGHT = 336
RESULTS = ("updated_weights",)
WORDS = {
    "zh": {
        "title": "训练时随机置零、放大其余；推理时什么也不做",
        "x": "输入 x",
        "call": "训练，第 {} 次",
        "mean": "训练，平均",
        "eval": "推理",
        "p": "p = {:g}：以概率 {:g} 置零，留下的乘以 {:g}",
    },
    "en": {
        "title": "Training: zero some, scale the rest. Eval: nothing",
        "x": "input x",
        "call": "training, call {}",
        "mean": "training, mean",
        "eval": "eval",
        "p": "p = {:g}: zero with probability {:g}, times {:g} if kept",
    },
}
X = (0.6, 1.2, 0.3, 0.9, 1.5, 0.4, 0.8, 1.1)
KEPT = ("10110100", "01101011", "11000110")
LEFT, TOP, CELL, HIGH, NEXT = 124, 62, 43, 28, 44


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """One row for each call."""
    p = result["p"]
    scale = 1 / (1 - p)
    title(figure, words["title"])
    write(figure, 8, 44, words["p"].format(p, p, scale), "ink-2")
    axes = canvas(figure)
    rows: list[tuple[str, str, list[float]]] = [(words["x"], "ink", list(X))]
    for call, kept in enumerate(KEPT, 1):
        values = [
            x * scale if keep == "1" else 0.0 for x, keep in zip(X, kept, strict=True)
        ]
        rows.append((words["call"].format(call), "dropout", values))
    rows += [(words["mean"], "dropout", list(X)), (words["eval"], "batch", list(X))]
    for row, (name, color, values) in enumerate(rows):
        y = TOP + NEXT * row
        write(figure, 8, y + 19, name, color)
        for place, value in enumerate(values):
            x = LEFT + CELL * place
            axes.add_patch(
                Rectangle(
                    (x, y),
                    CELL,
                    HIGH,
                    facecolor=LIGHT[color],
                    alpha=0.22 * value / 1.5 if value else 0,
                    linewidth=0,
                )
            )
            axes.add_patch(
                Rectangle(
                    (x, y),
                    CELL,
                    HIGH,
                    fill=False,
                    edgecolor=LIGHT[color],
                    linewidth=0.9,
                )
            )
            text, shade = (f"{value:.1f}", "ink") if value else ("0", "ink-2")
            write(figure, x + CELL / 2, y + 19, text, shade, SMALL, ha="center")
