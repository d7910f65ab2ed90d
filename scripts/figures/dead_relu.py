"""Dead units and accuracy against the learning rate.

What to see: without batch norm the share of dead units shoots up from a rate of about
0.6 on, and the accuracy falls; with it neither happens up to the highest rate tried.
LeakyReLU, which cannot die, falls at the same rates.
"""

from typing import Any

from matplotlib.figure import Figure

from scripts.figures.parts.style import band, label, panel, ticks, title, write

HEIGHT = 470
RESULTS = ("dead_relu",)
WORDS = {
    "zh": {
        "title": "学习率高，ReLU 成片死去；有批量归一化则不会",
        "dead": "死去的 ReLU 单元（%）",
        "accuracy": "{} 轮之后的测试准确率（%）",
        "rate": "学习率（对数刻度）",
        "plain": "不加归一化",
        "batch_norm": "批量归一化",
        "leaky": "LeakyReLU，不加归一化",
        "standardized": "只把像素标准化",
    },
    "en": {
        "title": "High rates kill ReLU units, but not with batch norm",
        "dead": "Dead ReLU units (%)",
        "accuracy": "Test accuracy after {} epochs (%)",
        "rate": "learning rate (logarithmic)",
        "plain": "no normalization",
        "batch_norm": "batch norm",
        "leaky": "LeakyReLU, no normalization",
        "standardized": "only the pixels standardized",
    },
}


def draw(figure: Figure, words: dict[str, str], result: dict[str, Any]) -> None:
    """Share of dead units above, accuracy below."""
    title(figure, words["title"])
    rates = result["rates"]
    write(figure, 8, 48, words["dead"])
    dead = panel(figure, 44, 58, 424, 150)
    write(figure, 8, 250, words["accuracy"].format(result["epochs"]))
    accuracy = panel(figure, 44, 262, 424, 160)
    for axes in (dead, accuracy):
        axes.set(xlim=(0.1, 3.1), ylim=(0, 100), xscale="log")
        ticks(axes, rates, (0, 50, 100))
    for what, axes, arms in (
        ("dead", dead, (("plain", "plain"), ("standardized", "layer"))),
        (
            "accuracy",
            accuracy,
            (("plain", "plain"), ("leaky", "group"), ("standardized", "layer")),
        ),
    ):
        for arm, color in (*arms, ("batch_norm", "batch")):
            rows = _by_rate(result[arm])
            seeds = {
                key: [100 * row[what][key] for row in rows]
                for key in ("median", "min", "max")
            }
            band(axes, rates, seeds, color)
    label(dead, 0.105, 84, words["plain"], "plain")
    label(dead, 3.05, 7, words["batch_norm"], "batch", ha="right")
    label(dead, 0.105, 66, words["standardized"], "layer")
    label(accuracy, 3.05, 78, words["batch_norm"], "batch", ha="right")
    label(accuracy, 0.115, 58, words["plain"], "plain")
    label(accuracy, 0.115, 42, words["leaky"], "group")
    label(accuracy, 0.115, 26, words["standardized"], "layer")
    write(figure, 468, 462, words["rate"], "ink-2", ha="right")


def _by_rate(arm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rates of an arm from the smallest on: rate_0_3 is 0.3."""
    keys = sorted(arm, key=lambda key: float(key[5:].replace("_", ".")))
    return [arm[key] for key in keys]
