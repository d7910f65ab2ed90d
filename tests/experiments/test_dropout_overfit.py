"""The claims of dropout_overfit can fail."""

import pytest

from scripts.experiments import dropout_overfit
from scripts.experiments.parts.stacked_dropout import StackedDropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackedDropout, "forward", lambda _, x: x)
    monkeypatch.setattr(dropout_overfit, "EPOCHS", 300)
    monkeypatch.setattr(dropout_overfit, "SEEN", (10, 50, 100, 200, 300))
    said = broken(dropout_overfit.check(dropout_overfit.run(FEW)))
    assert "but less" in said
    assert "dropout is nearer to the line" in said
    assert "neither is ahead" in said


def test_without_weight_decay_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    arms = {k: (a, b, 0.0) for k, (a, b, _) in dropout_overfit.ARMS.items()}
    monkeypatch.setattr(dropout_overfit, "ARMS", arms)
    monkeypatch.setattr(dropout_overfit, "EPOCHS", 300)
    monkeypatch.setattr(dropout_overfit, "SEEN", (10, 50, 100, 200, 300))
    said = broken(dropout_overfit.check(dropout_overfit.run(FEW)))
    assert "L2 with a fitting factor" in said
    assert "factor of more than 1.5" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("plain", "dropout", ["goes through the points", "but less"]),
        ("dropout", "l2", ["factor of more than 1.5", "hardly rises"]),
        ("plain", "l2", ["goes through the points", "hardly rises"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(dropout_overfit.check(swapped(load("dropout_overfit"), one, other)))
    assert all(claim in said for claim in claims), said
