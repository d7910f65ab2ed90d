"""The claims of dropout_rate can fail."""

import pytest

from scripts.experiments import dropout_rate
from scripts.experiments.parts.stacked_dropout import StackedDropout
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StackedDropout, "forward", lambda _, x: x)
    monkeypatch.setattr(dropout_rate, "STEPS", 100)
    said = broken(dropout_rate.check(dropout_rate.run(FEW)))
    assert "p = 0.9 costs" in said
    assert "p = 0.7 costs" in said


def test_swapped_labels_break_it() -> None:
    said = broken(dropout_rate.check(swapped(load("dropout_rate"), "p_0_9", "p_0_1")))
    assert "p = 0.9 costs" in said
    assert "the median moves by less" in said
