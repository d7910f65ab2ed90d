"""The share of the gradient that batch norm removes, and training without removing.

What to see: in the second layer the two removed directions hold far more than the
dashed line of a random direction; in the first hardly more. Below: the test loss after
five epochs rises the more of the statistics is kept out of the graph.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import (
    band,
    dots,
    label,
    line,
    panel,
    ticks,
    title,
    write,
)

HEIGHT = 470
RESULTS = ("gradient_projection",)
WORDS = {
    "zh": {
        "title": "去掉的两个方向，在第二层最多占梯度的 {:.0%}",
        "share": "沿 1 与沿 x̂ 的分量占梯度平方和的比例",
        "first": "第一层",
        "second": "第二层",
        "chance": "随机方向",
        "steps": "训练步数（五轮）",
        "loss": "五轮之后的测试损失，每个点一个种子",
        "full": "完整的梯度",
        "variance_cut": "方差不传梯度",
        "mean_cut": "均值不传梯度",
        "both_cut": "两者都不传",
    },
    "en": {
        "title": "Removed directions: up to {:.0%} of layer 2's gradient",
        "share": "share of the squared gradient along 1 and x̂",
        "first": "first layer",
        "second": "second layer",
        "chance": "random direction",
        "steps": "training steps (five epochs)",
        "loss": "test loss after five epochs, one dot a seed",
        "full": "full gradient",
        "variance_cut": "variance detached",
        "mean_cut": "mean detached",
        "both_cut": "both detached",
    },
}
ARMS = ("full", "variance_cut", "mean_cut", "both_cut")


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Shares over the steps above, losses of the four ways to train below."""
    most = result["share"]["second"]["largest"]["median"]
    title(figure, words["title"].format(most))
    write(figure, 8, 46, words["share"])
    axes = panel(figure, 44, 58, 424, 168)
    steps, share = result["steps"], result["share"]
    axes.set(xlim=(0, 105), ylim=(0, 0.45))
    ticks(axes, (0, 22, 44, 66, 88), (0, 0.1, 0.2, 0.3, 0.4))
    band(axes, steps, share["second"]["both"], "batch")
    band(axes, steps, share["first"]["both"], "batch", "group")
    chance = 2 * result["chance"]
    line(axes, (0, 105), (chance, chance), "ink-2", width=1.4)
    label(axes, 42, 0.4, words["second"], "batch")
    label(axes, 14, 0.085, words["first"], "batch")
    label(axes, 62, 0.06, words["chance"], "ink-2", ha="right")
    write(figure, 468, 262, words["steps"], "ink-2", ha="right")

    write(figure, 8, 296, words["loss"])
    below = panel(figure, 144, 306, 316, 132)
    below.set(xlim=(0, 1.2), ylim=(3.6, -0.6))
    below.spines["left"].set_visible(False)
    ticks(below, (0, 0.25, 0.5, 0.75, 1))
    for row, arm in enumerate(ARMS):
        loss = result["arm"][arm]["loss"]
        color = "batch" if arm == "full" else "plain"
        dots(below, loss["seeds"], row, loss["median"], color)
        write(figure, 136, 306 + 132 * (row + 0.6) / 4.2 + 4, words[arm], ha="right")
