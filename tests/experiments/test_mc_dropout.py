"""The claims of mc_dropout can fail."""

import pytest

from scripts.experiments import mc_dropout
from scripts.experiments.parts.stacked_dropout import StackedDropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackedDropout, "forward", lambda _, x: x)
    monkeypatch.setattr(mc_dropout, "STEPS", 100)
    monkeypatch.setattr(mc_dropout, "SAMPLES", 5)
    result = mc_dropout.run(FEW)
    said = broken(mc_dropout.check(result))
    assert "outside the data the spread is larger" in said
    assert "hold the curve in most places inside" in said
    assert "p sets it" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("inside", "outside", ["outside the data", "in most places inside"]),
        ("inside", "gap", ["more than twice as large"]),
        ("p_0_1", "ten_times", ["falls by a quarter"]),
        ("shrinks", "wider", ["p sets it", "ten times the data"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(mc_dropout.check(swapped(load("mc_dropout"), one, other)))
    assert all(claim in said for claim in claims), said
