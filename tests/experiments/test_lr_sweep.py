"""The claims of lr_sweep can fail."""

import pytest

from scripts.experiments import lr_sweep
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = lr_sweep.network
    monkeypatch.setattr(lr_sweep, "network", lambda seed, _: network(seed, False))
    said = broken(lr_sweep.check(lr_sweep.run(FEW[:1])))
    assert "the highest rate that works is higher" in said
    assert "twice as wide" in said
    assert "a small rate is not faster" in said
    assert "on raw pixels it is" in said


def test_swapped_labels_break_it() -> None:
    result = swapped(load("lr_sweep"), "plain", "batch_norm")
    said = broken(lr_sweep.check(result))
    assert "a small rate is not faster" in said
    assert "on raw pixels it is" in said
    result = load("lr_sweep")
    for name in lr_sweep.SETTINGS:  # what is counted, counted the other way round
        seeds = len(result["about"]["seeds"])
        result[name]["higher"] = seeds - result[name]["higher"]
        result[name]["wider"]["median"] **= -1
    said = broken(lr_sweep.check(result))
    assert "the highest rate that works is higher" in said
    assert "twice as wide" in said


def test_swapped_inputs_break_it() -> None:
    said = broken(lr_sweep.check(swapped(load("lr_sweep"), "sgd", "raw")))
    assert "a small rate is not faster" in said
    assert "on raw pixels it is" in said
    assert "within 3 points" in said
