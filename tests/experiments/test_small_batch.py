"""The claims of small_batch can fail."""

from typing import Any

import pytest

from scripts.experiments import small_batch
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    normalization = small_batch.normalization

    def without(norm: str, channels: int) -> Any:
        return normalization("plain" if norm == "batch_norm" else norm, channels)

    monkeypatch.setattr(small_batch, "normalization", without)
    monkeypatch.setattr(small_batch, "SIZES", {"mlp": (2, 4, 8, 16), "cnn": (16,)})
    said = broken(small_batch.check(small_batch.run(FEW[:1])))
    assert "batch norm fails at batch 2" in said
    assert "exact statistics do not save it" in said


def test_swapped_labels_break_it() -> None:
    result = load("small_batch")
    result["mlp"] = swapped(result["mlp"], "batch_norm", "group_norm")
    for one in result["mlp"].values():  # only batch norm has exact statistics
        if isinstance(one, dict):
            one["below"], one["above"] = one["above"], one["below"]
            one["batch_norm"]["exact"] = one["batch_norm"]["running"]
    said = broken(small_batch.check(result))
    assert "batch norm fails at batch 2" in said
    assert "at 4 it is behind group norm" in said
    assert "exact statistics do not save it" in said


def test_swapped_sizes_break_it() -> None:
    result = swapped(load("small_batch"), "batch_2", "batch_16")
    said = broken(small_batch.check(result))
    assert "batch norm fails at batch 2" in said
    assert "at 8 and 16" in said


def test_swapped_networks_break_it() -> None:
    result = load("small_batch")
    result["cnn"] = result["mlp"]
    assert "does not fail at 2 or 16" in broken(small_batch.check(result))
