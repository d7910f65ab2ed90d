"""The claims of freezing can fail."""

from typing import Any

import pytest

from scripts.experiments import freezing
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_nothing_frozen_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        """Leave batch norm live."""

    monkeypatch.setattr(freezing, "freeze_batch_norm", nothing)
    said = broken(freezing.check(freezing.run(FEW)))
    assert "frozen beats live" in said
    assert "frozen does not" in said
    assert "no brake" in said


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        """There is nothing to freeze or to recalibrate."""

    def plain(function: Any) -> Any:
        return lambda *arguments: function(*arguments, batch_norm=False)

    for name in ("freeze_batch_norm", "recalibrate_batch_norm"):
        monkeypatch.setattr(freezing, name, nothing)
    for name in ("trained", "stacked"):
        monkeypatch.setattr(freezing, name, plain(getattr(freezing, name)))
    said = broken(freezing.check(freezing.run(FEW)))
    assert "frozen beats live" in said
    assert "recalibration alone" in said
    assert "no brake" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("live", "frozen", ["live only loses", "no brake", "frozen does not"]),
        ("n_2", "n_16", ["frozen beats live", "live only loses"]),
        ("same", "shifted", ["frozen beats live", "recalibration alone"]),
        (
            "frozen_above_live",
            "live_below_before",
            ["live beats frozen in 9", "frozen beats live"],
        ),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(freezing.check(swapped(load("freezing"), one, other)))
    assert any(claim in said for claim in claims), said
