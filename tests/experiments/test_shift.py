"""The claims of shift can fail."""

from typing import Any

import pytest

from scripts.experiments import shift
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = shift.trained

    def plain(*arguments: Any, batch_norm: bool = False) -> Any:
        return trained(*arguments, batch_norm=batch_norm)

    monkeypatch.setattr(shift, "trained", plain)
    monkeypatch.setattr(shift, "recalibrated", lambda net, _: net)
    monkeypatch.setattr(shift, "EPOCHS", 5)
    monkeypatch.setattr(shift, "PROBES", 4)
    said = broken(shift.check(shift.run(FEW)))
    assert "costs them more than 10 points" in said
    assert "batches of one class" in said
    assert "falls with the batch size" in said
    assert "moves by more than half" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("running", "batch", ["more than 10 points", "the batch undo"]),
        ("running", "plain", ["more than 10 points"]),
        ("clean", "inverted", ["on clean images", "nothing undoes"]),
        ("n_8", "n_32", ["moves by more than half"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(shift.check(swapped(load("shift"), one, other)))
    assert all(claim in said for claim in claims), said


def test_swapped_batch_sizes_break_it() -> None:
    result = load("shift")
    result["sizes"] = swapped(result["sizes"], "n_2", "n_32")
    assert "falls with the batch size" in broken(shift.check(result))
