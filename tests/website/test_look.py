"""One palette in the figures and in the pages; the card is drawn from the numbers."""

import io
import re

import numpy as np
import pytest
from matplotlib.image import imread

from scripts.digest import ROOT
from scripts.figures.parts.palette import DARK, LIGHT
from scripts.website import card

CSS = (ROOT / "docs/assets/site.css").read_text(encoding="utf-8")
LIGHT_CSS, DARK_CSS = CSS.split('[data-md-color-scheme="slate"]')[:2]


@pytest.mark.parametrize(
    ("css", "palette"), [(LIGHT_CSS, LIGHT), (DARK_CSS, DARK)], ids=["light", "dark"]
)
def test_one_palette(css: str, palette: dict[str, str]) -> None:
    declared = dict(re.findall(r"--([\w-]+): (#\w+);", css))
    assert {name: declared.get(name) for name in palette} == palette


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(imread(io.BytesIO(png), format="png"))


def test_the_card_shows_the_numbers() -> None:
    drawn, kept = pixels(card.draw()), pixels(card.CARD.read_bytes())
    assert drawn.shape == kept.shape == (630, 1200, 4)
    # Another build of the font renderer may move an edge by a shade.
    assert np.abs(drawn - kept).mean() < 0.002


def test_a_card_of_other_numbers_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    result = card.load("digits_mlp")
    arms = {"plain": result["batch_norm"], "batch_norm": result["plain"]}
    monkeypatch.setattr(card, "load", lambda _: {**result, **arms})
    assert np.abs(pixels(card.draw()) - pixels(card.CARD.read_bytes())).mean() > 0.002
