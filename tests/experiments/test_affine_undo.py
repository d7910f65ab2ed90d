"""The claims of affine_undo can fail."""

from typing import Any

import pytest

from scripts.experiments import affine_undo
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


def test_swapped_labels_break_it() -> None:
    result = swapped(load("affine_undo"), "undone", "source_002")
    said = broken(affine_undo.check(result))
    assert "give the input back" in said
    assert "do not" in said
    result = swapped(load("affine_undo"), "x", "normalized")
    assert "mean 0 and variance 1" in broken(affine_undo.check(result))


def test_without_normalization_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def affine_only(x: Any, _m: Any, _v: Any, weight: Any, bias: Any, **_: Any):
        return x * weight + bias

    monkeypatch.setattr(affine_undo, "batch_norm", affine_only)
    said = broken(affine_undo.check(affine_undo.run((0,))))
    assert "mean 0 and variance 1" in said
    assert "give the input back" in said
