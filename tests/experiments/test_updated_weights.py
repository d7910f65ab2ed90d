"""The claims of updated_weights can fail."""

import pytest
from torch import nn

from scripts.experiments import updated_weights
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updated_weights, "Dropout", lambda _: nn.Identity())
    said = broken(updated_weights.check(updated_weights.run(FEW)))
    assert "p to the B" in said
    assert "in 95 of 100 cases" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("sgd", "adam", ["stands still", "in 95 of 100"]),
        ("sgd", "decay", ["stands still", "weight decay"]),
        ("batch_1", "batch_32", ["p to the B", "never is"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(updated_weights.check(swapped(load("updated_weights"), one, other)))
    assert all(claim in said for claim in claims), said
