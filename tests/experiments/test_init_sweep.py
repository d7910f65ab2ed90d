"""The claims of init_sweep can fail."""

import pytest
from torch import nn

from scripts.experiments import init_sweep
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = init_sweep.network

    def plain(seed: int, batch_norm: bool, std: float, same: bool) -> nn.Sequential:
        return network(seed, False, std, same)

    monkeypatch.setattr(init_sweep, "network", plain)
    said = broken(init_sweep.check(init_sweep.run((0,))))
    assert "with it within more than two decades" in said
    assert "and more than three with" in said
    assert "at 0.001 batch norm is above" in said
    assert "neither end is" in said


def test_zero_and_constant_weights_are_what_they_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = init_sweep.network

    def drawn(seed: int, batch_norm: bool, std: float, same: bool) -> nn.Sequential:
        return network(seed, batch_norm, 0.1 if same else std, False)

    monkeypatch.setattr(init_sweep, "network", drawn)
    said = broken(init_sweep.check(init_sweep.run((0,))))
    assert "zero and constant weights fail" in said


def test_swapped_labels_break_it() -> None:
    result = load("init_sweep")
    said = broken(init_sweep.check(swapped(result, "plain", "batch_norm")))
    for claim in (
        "less than a decade of std",
        "more than two decades",
        "and more than three with",
        "at 0.001",
    ):
        assert claim in said, claim
