"""Draw the picture that a shared link shows: `python -m scripts.website.card`.

1200 × 630 pixels, from the measured curves, with the font that Matplotlib carries; a
test draws it again and compares it with docs/assets/card.png.
"""

import io

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.figure import Figure

from scripts.digest import ROOT
from scripts.figures.parts.palette import LIGHT
from scripts.results import load

CARD = ROOT / "docs" / "assets" / "card.png"
PAPER = "#fffefb"


def draw() -> bytes:
    """Return the card as PNG."""
    result = load("digits_mlp")
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=PAPER)
    ink = LIGHT["ink"]
    left = 0.07
    figure.text(
        left, 0.80, "Normalization & Dropout", size=52, weight="bold", color=ink
    )
    line = "Every line runs. Every number is measured."
    figure.text(left, 0.69, line, size=27, color=LIGHT["ink-2"])
    axes = figure.add_axes((left, 0.10, 0.86, 0.48), facecolor=PAPER)
    for arm, colour, dashes in (
        ("plain", "plain", (5, 1.8)),
        ("batch_norm", "batch", ()),
    ):
        curve = result[arm]["curve"]["accuracy"]
        x = result["epochs"]
        low, high = curve["min"], curve["max"]
        axes.fill_between(x, low, high, color=LIGHT[colour], alpha=0.2, lw=0)
        axes.plot(
            x, curve["median"], color=LIGHT[colour], lw=6, dashes=dashes or (1, 0)
        )
    axes.set_xlim(1, len(result["epochs"]))
    axes.set_ylim(0, 1.03)
    axes.set_xticks([])
    axes.set_yticks([])
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(LIGHT["ink-2"])
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def main() -> None:
    """Write the card."""
    CARD.write_bytes(draw())
    print(f"wrote {CARD.relative_to(ROOT)}: {CARD.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
