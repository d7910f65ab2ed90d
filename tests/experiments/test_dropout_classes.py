"""The claims of dropout_classes can fail."""

import pytest
from torch import nn

from scripts.experiments import dropout_classes
from scripts.results import load
from tests.experiments.sabotage import broken, swapped

DRAWS = range(20)


@pytest.mark.parametrize(
    ("one", "other", "claim"),
    [
        ("Dropout1d", "Dropout2d", "Dropout1d reads (N, C) as (C, L)"),
        ("Dropout2d", "Dropout3d", "Dropout2d drops channels of (N, C, H, W)"),
        ("Dropout", "DropPath", "DropPath drops whole samples"),
        ("AlphaDropout", "FeatureAlphaDropout", "AlphaDropout decides like Dropout"),
        ("rank_3", "rank_4", "Dropout2d reads (C, H, W) as (N, C, L)"),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claim: str) -> None:
    result = swapped(load("dropout_classes"), one, other)
    assert claim in broken(dropout_classes.check(result))


@pytest.mark.parametrize("claim", ["Dropout1d drops channels", "Dropout2d drops"])
def test_with_plain_dropout_for_channels_it_breaks(
    monkeypatch: pytest.MonkeyPatch, claim: str
) -> None:
    monkeypatch.setattr(dropout_classes.nn, "Dropout1d", nn.Dropout)
    monkeypatch.setattr(dropout_classes.nn, "Dropout2d", nn.Dropout)
    said = broken(dropout_classes.check(dropout_classes.run(DRAWS)))
    assert claim in said


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropout_classes, "P", 0.0)
    said = broken(dropout_classes.check(dropout_classes.run(DRAWS)))
    assert "Dropout decides each value alone" in said
    assert "Dropout2d drops channels" in said
    assert "DropPath drops whole samples" in said
