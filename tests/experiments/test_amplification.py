"""The claims of amplification can fail."""

import pytest

from scripts.experiments import amplification
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not broken(amplification.check(amplification.run(FEW)))
    without = {
        arm: (activation, False, scheme)
        for arm, (activation, _, scheme) in amplification.ARMS.items()
    }
    monkeypatch.setattr(amplification, "ARMS", without)
    said = broken(amplification.check(amplification.run(FEW)))
    for claim in (
        "batch norm and ReLU: above 25 %",
        "batch norm and tanh",
        "batch norm damps nothing",
        "scaled by 1 %",
    ):
        assert claim in said, claim


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("relu", "batch_norm_relu", ["ReLU with He's", "damps nothing"]),
        ("tanh", "batch_norm_tanh", ["tanh with Glorot's", "damps nothing"]),
        ("batch_norm_tanh", "batch_norm_relu", ["above 25 %", "between 5 and 10 %"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("amplification")
    said = broken(amplification.check(swapped(result, one, other)))
    assert all(claim in said for claim in claims), said
