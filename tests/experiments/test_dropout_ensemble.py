"""The claims of dropout_ensemble can fail."""

import pytest

from scripts.experiments import dropout_ensemble
from scripts.experiments.parts.stacked_dropout import StackedDropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackedDropout, "forward", lambda _, x: x)
    monkeypatch.setattr(dropout_ensemble, "SHALLOW_INPUTS", 4)
    said = broken(dropout_ensemble.check(dropout_ensemble.run(FEW)))
    assert "one random mask is 4 points" in said
    assert "probabilities differ" in said
    assert "lower loss in every seed" in said


def test_unscaled_layer_is_no_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropout_ensemble, "SHALLOW_INPUTS", 4)
    monkeypatch.setattr(dropout_ensemble.Dropout, "forward", lambda _, x: 0.5 * x)
    monkeypatch.setattr(dropout_ensemble, "STEPS", 5)
    said = broken(dropout_ensemble.check(dropout_ensemble.run(FEW)))
    assert "the geometric mean over all masks is the scaled layer" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("geometric_error", "arithmetic_error", ["one softmax layer", "is not"]),
        ("scaled", "masks_1", ["one random mask", "lower loss"]),
        ("scaled", "masks_200", ["lower loss", "geometric mean of 200"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = swapped(load("dropout_ensemble"), one, other)
    said = broken(dropout_ensemble.check(result))
    assert all(claim in said for claim in claims), said
