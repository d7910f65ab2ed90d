"""The claims of accumulation can fail."""

import pytest

from scripts.experiments import accumulation
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    mlp = accumulation.mlp
    monkeypatch.setattr(
        accumulation,
        "mlp",
        lambda seed, norm: mlp(seed, "plain" if norm == "batch_norm" else norm),
    )
    said = broken(accumulation.check(accumulation.run(FEW)))
    assert "differs from 64 by more than 15 %" in said


@pytest.mark.parametrize("other", ["plain", "layer_norm"])
def test_swapped_labels_break_it(other: str) -> None:
    result = swapped(load("accumulation"), "batch_norm", other)
    said = broken(accumulation.check(result))
    assert "equal up to rounding" in said
    assert "differs from 64 by more than 15 %" in said


def test_swapped_sizes_break_it() -> None:
    result = swapped(load("accumulation"), "parts_of_4", "parts_of_32")
    assert "the smaller the parts" in broken(accumulation.check(result))
