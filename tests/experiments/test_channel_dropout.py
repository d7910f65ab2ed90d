"""The claims of channel_dropout can fail."""

import pytest

from scripts.experiments import channel_dropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


@pytest.mark.parametrize("kind", ["element", "channel"])
def test_one_kind_for_both_breaks_it(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    layer = channel_dropout.LAYERS[kind]
    both = {"element": layer, "channel": layer}
    monkeypatch.setattr(channel_dropout, "LAYERS", both)
    said = broken(channel_dropout.check(channel_dropout.run(FEW)))
    claim = "three quarters" if kind == "channel" else "of whole channels"
    assert claim in said


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_dropout, "RATES", (1e-6,))
    monkeypatch.setattr(channel_dropout, "MASKS", 1)
    said = broken(channel_dropout.check(channel_dropout.run(FEW)))
    assert "before the mean" in said


@pytest.mark.parametrize(
    ("one", "other"), [("smooth", "shuffled"), ("element", "channel")]
)
def test_swapped_labels_break_it(one: str, other: str) -> None:
    said = broken(channel_dropout.check(swapped(load("channel_dropout"), one, other)))
    assert "three quarters" in said
    assert "leaves all of it" in said or "of whole channels" in said
