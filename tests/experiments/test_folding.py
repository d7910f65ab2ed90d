"""The claims of folding can fail."""

import pytest
from torch import nn

from scripts.experiments import folding
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "STEPS", 22)


def test_batch_norm_removed_instead_of_folded_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not broken(folding.check(folding.run((0,))))
    monkeypatch.setattr(
        folding,
        "fold_batch_norm",
        lambda net: nn.Sequential(
            *(one for one in net if not isinstance(one, nn.BatchNorm2d))
        ),
    )
    said = broken(folding.check(folding.run((0,))))
    assert "in 32 bits" in said
    assert "by rounding only" in said
    assert "every answer is the same" in said


def test_nothing_folded_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "fold_batch_norm", lambda net: net)
    said = broken(folding.check(folding.run((0,))))
    assert "three of six layers" in said
    assert "values read and written" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("folded", "unfolded", ["three of six layers", "by rounding only"]),
        ("float32", "bfloat16", ["in 32 bits", "by rounding only"]),
        ("share", "moved_share", ["arithmetic is not", "values read and written"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(folding.check(swapped(load("folding"), one, other)))
    assert any(claim in said for claim in claims), said
