"""The claims of placement can fail."""

import pytest

from scripts.experiments import placement
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = placement.network
    plain = placement.nn.Identity

    def without(seed: int, where: str) -> placement.nn.Sequential:
        return placement.nn.Sequential(
            *(
                plain() if isinstance(layer, placement.BatchNorm) else layer
                for layer in network(seed, where)
            )
        )

    monkeypatch.setattr(placement, "network", without)
    monkeypatch.setattr(placement, "EPOCHS", 2)
    said = broken(placement.check(placement.run(FEW)))
    assert "at 0.03 the test loss is lower" in said
    assert "at 0.3 it is lower before" in said
    assert "although the training loss" in said


def test_swapped_labels_break_it() -> None:
    result = load("placement")
    for rate in result["rates"]:
        for one in result[placement.key(rate)].values():
            one.update(after_lower=one["after_higher"], after_higher=one["after_lower"])
    said = broken(placement.check(result))
    assert "at 0.03 the test loss is lower" in said
    assert "at 0.3 it is lower before" in said
    assert "although the training loss" in said


def test_swapped_rates_break_it() -> None:
    said = broken(placement.check(swapped(load("placement"), "rate_0_03", "rate_0_3")))
    assert "at 0.03 the test loss is lower" in said
    assert "at 0.3 it is lower before" in said
    said = broken(placement.check(swapped(load("placement"), "rate_0_03", "rate_1")))
    assert "1 is the best rate of both" in said
    assert "neither is ahead" in said
