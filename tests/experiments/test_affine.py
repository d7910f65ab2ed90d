"""The claims of affine can fail."""

import pytest

from scripts.experiments import affine
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_held_although_called_learned_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = affine.trained
    monkeypatch.setattr(
        affine,
        "trained",
        lambda seeds, data, activation, _: trained(seeds, data, activation, False),
    )
    said = broken(affine.check(affine.run(FEW)))
    assert "with sigmoid, learned gamma and beta" in said
    assert "and the test loss by the median" in said


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = affine.network

    def without(seed: int, activation: str) -> affine.nn.Sequential:
        return affine.nn.Sequential(
            *(
                affine.nn.Identity() if isinstance(layer, affine.BatchNorm) else layer
                for layer in network(seed, activation)
            )
        )

    monkeypatch.setattr(affine, "network", without)
    said = broken(affine.check(affine.run(FEW[:1])))
    assert "with sigmoid, learned gamma and beta" in said


def test_swapped_labels_break_it() -> None:
    said = broken(affine.check(swapped(load("affine"), "sigmoid", "relu")))
    assert "and the test loss by the median" in said
    result = load("affine")
    one = result["sigmoid"]["train_loss_ratio"]
    one["lower"] = len(result["about"]["seeds"]) - one["lower"]
    assert "with sigmoid, learned" in broken(affine.check(result))
