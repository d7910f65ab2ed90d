"""Stored over met variance against p, and what it costs.

What to see: with dropout in front of a batch norm the stored variance is too large, as
the formula (crosses) says, and in the next layer more; with dropout behind the last
batch norm it is right at every p. Below: recomputing the statistics lowers the loss a
little; moving the dropout lowers it a lot.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT
from scripts.figures.parts.style import (
    SMALL,
    band,
    label,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 566
RESULTS = ("variance_shift",)
WORDS = {
    "zh": {
        "title": "Dropout 之后的批量归一化，存下的方差偏大",
        "ratio": "存下的方差 ÷ 推理时遇到的方差（10 个种子）",
        "third": "第 3 层",
        "second": "第 2 层",
        "formula": "× 公式",
        "only": "只在最后一个批量归一化之后加 Dropout",
        "loss": "推理时的测试损失（对数刻度）",
        "stored": "处处加 Dropout",
        "again": "重新计算统计量",
        "last": "只在最后加 Dropout",
        "p": "丢弃概率 p",
    },
    "en": {
        "title": "Batch norm behind dropout stores too large a variance",
        "ratio": "Stored variance ÷ variance met in eval (10 seeds)",
        "third": "layer 3",
        "second": "layer 2",
        "formula": "× formula",
        "only": "dropout only behind the last batch norm",
        "loss": "Test loss in eval (logarithmic)",
        "stored": "dropout everywhere",
        "again": "statistics recomputed",
        "last": "dropout only at the end",
        "p": "dropout probability p",
    },
}


def collected(rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """One spread per p as a curve."""
    return {key: [row[key] for row in rows] for key in ("median", "min", "max")}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Ratios above, losses below."""
    title(figure, words["title"])
    rates = result["rates"]
    keys = [f"p_{p:g}".replace(".", "_") for p in rates]
    everywhere = [result["everywhere"][key] for key in keys]
    last = [result["last"][key] for key in keys]

    write(figure, 8, 46, words["ratio"])
    axes = panel(figure, 44, 60, 424, 196)
    axes.set(xlim=(0, 0.72), ylim=(0.7, 3.4))
    ticks(axes, rates, (1, 1.5, 2, 2.5, 3))
    for layer, color in ((1, "dropout"), (2, "plain")):
        band(axes, rates, collected([one["ratio"][layer] for one in everywhere]), color)
    band(axes, rates, collected([one["ratio"][2] for one in last]), "batch")
    axes.plot(
        rates,
        [one["formula"]["median"] for one in everywhere],
        "x",
        color=LIGHT["ink"],
        markersize=7,
        markeredgewidth=1.6,
        zorder=6,
    )
    label(axes, 0.6, 2.52, words["third"], "plain", ha="right")
    label(axes, 0.615, 1.5, words["second"], "dropout")
    label(axes, 0.02, 1.9, words["formula"], size=SMALL)
    label(axes, 0.712, 0.78, words["only"], "batch", ha="right")

    write(figure, 8, 312, words["loss"])
    below = panel(figure, 44, 326, 424, 196)
    below.set(xlim=(0, 0.72), ylim=(0.05, 1.6), yscale="log")
    ticks(below, rates, (0.05, 0.1, 0.2, 0.5, 1))
    curves = (
        ([one["stored"]["loss"] for one in everywhere], "dropout"),
        ([one["recomputed"]["loss"] for one in everywhere], "group"),
        ([one["stored"]["loss"] for one in last], "batch"),
    )
    for rows, color in curves:
        band(below, rates, collected(rows), color)
    label(below, 0.46, 0.42, words["stored"], "dropout", ha="right")
    label(below, 0.712, 0.15, words["again"], "group", ha="right")
    label(below, 0.712, 0.058, words["last"], "batch", ha="right")
    write(figure, 468, HEIGHT - 8, words["p"], "ink-2", ha="right")
