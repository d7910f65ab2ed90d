"""The claims of dead_relu can fail."""

import pytest
from torch import nn

from scripts.experiments import dead_relu
from scripts.results import load
from tests.experiments.sabotage import broken, swapped

FEW = (0, 1)


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = dead_relu.network

    def plain(seed: int, arm: str) -> nn.Sequential:
        return network(seed, "plain")

    monkeypatch.setattr(dead_relu, "network", plain)
    said = broken(dead_relu.check(dead_relu.run(FEW)))
    assert "with batch norm fewer than 2 %" in said
    assert "with batch norm the median accuracy" in said


def test_swapped_labels_break_it() -> None:
    result = load("dead_relu")
    said = broken(dead_relu.check(swapped(result, "plain", "batch_norm")))
    for claim in ("at 1 more than 15 %", "at 2 more than 60 %", "fewer than 2 %"):
        assert claim in said, claim


def test_swapped_rates_break_it() -> None:
    result = load("dead_relu")
    said = broken(dead_relu.check(swapped(result, "rate_0_6", "rate_2")))
    assert "at 2 more than 60 %" in said
    assert "at 0.6 fewer than 3 %" in said
    assert "at 2 every seed diverges" in said


def test_leaky_in_the_place_of_batch_norm_breaks_it() -> None:
    result = load("dead_relu")
    for key, one in result["batch_norm"].items():
        one["accuracy"] = result["leaky"][key]["accuracy"]
        one["diverged"] = result["leaky"][key]["diverged"]
    said = broken(dead_relu.check(result))
    assert "nothing diverges" in said
    assert "with batch norm the median accuracy" in said
