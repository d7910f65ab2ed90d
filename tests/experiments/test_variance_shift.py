"""The claims of variance_shift can fail."""

import pytest

from scripts.experiments import variance_shift
from scripts.experiments.parts.stacked_dropout import StackedDropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackedDropout, "forward", lambda _, x: x)
    said = broken(variance_shift.check(variance_shift.run(FEW[:1])))
    assert "the stored variance is too large" in said
    assert "at p = 0.5 by 30 %" in said
    assert "in the third layer more" in said
    assert "lower the loss" in said


def test_old_statistics_sold_as_recomputed_break_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        variance_shift, "recomputed", lambda net, _: dict(net.named_buffers())
    )
    said = broken(variance_shift.check(variance_shift.run(FEW[:1])))
    assert "lower the loss in 9 of 10 seeds" in said
    assert "15 %" in said


def test_swapped_labels_break_it() -> None:
    result = load("variance_shift")
    said = broken(variance_shift.check(swapped(result, "everywhere", "last")))
    assert "the stored variance is too large" in said
    assert "nothing shifts" in said
    said = broken(variance_shift.check(swapped(result, "stored", "recomputed")))
    assert "lower the loss in 9 of 10 seeds" in said
    said = broken(variance_shift.check(swapped(result, "p_0_1", "p_0_5")))
    assert "the more the larger p" in said
