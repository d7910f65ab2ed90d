"""The claims of noisy_batch_norm can fail."""

import pytest
from torch import nn

from scripts.experiments import noisy_batch_norm
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = noisy_batch_norm.network

    def plain(seed: int, activation: str, arm: str) -> nn.Sequential:
        return network(seed, activation, "plain")

    monkeypatch.setattr(noisy_batch_norm, "network", plain)
    monkeypatch.setattr(noisy_batch_norm, "STEPS", {"tanh": 60, "relu": 20})
    monkeypatch.setattr(noisy_batch_norm, "STEPS_BY_RATE", 20)
    said = broken(noisy_batch_norm.check(noisy_batch_norm.run(FEW)))
    assert "moves the distributions more than no batch norm" in said
    assert "batch norm without noise moves them less" in said
    assert "fewer steps than the plain network" in said


def test_without_noise_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noisy_batch_norm, "Noise", nn.Identity)
    monkeypatch.setattr(noisy_batch_norm, "STEPS", {"tanh": 60, "relu": 20})
    monkeypatch.setattr(noisy_batch_norm, "STEPS_BY_RATE", 20)
    said = broken(noisy_batch_norm.check(noisy_batch_norm.run(FEW)))
    assert "moves the distributions more than no batch norm" in said
    assert "the noise costs" in said
    assert "the noise leaves a higher loss" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("plain", "noisy", ["more than no batch norm", "fewer steps", "best rate"]),
        ("batch_norm", "noisy", ["without noise moves them less", "higher loss"]),
        ("tanh", "relu", ["less than two thirds", "advantage of the noisy"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("noisy_batch_norm")
    result["relu"]["plain_best"] = result["tanh"]["plain_best"]
    said = broken(noisy_batch_norm.check(swapped(result, one, other)))
    assert all(claim in said for claim in claims), said
