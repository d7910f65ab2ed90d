"""The claims of depth_and_init can fail."""

import pytest
import torch
from torch import nn

from scripts.experiments import depth_and_init
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth_and_init, "EPOCHS", 1)
    monkeypatch.setattr(depth_and_init, "SAMPLES", 100)


@pytest.mark.usefixtures("short")
def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = depth_and_init.network

    def plain(
        seed: int, activation: str, batch_norm: bool, inputs: int, width: int
    ) -> nn.Sequential:
        return network(seed, activation, False, inputs, width)

    monkeypatch.setattr(depth_and_init, "network", plain)
    said = broken(depth_and_init.check(depth_and_init.run((0,))))
    assert "every layer puts out the same spread" in said
    assert "tanh has below 5 % saturated" in said
    assert "the gradients grow toward the input" in said
    assert "with batch norm they do" in said
    assert "ahead in the median" in said


@pytest.mark.usefixtures("short")
def test_with_one_start_for_all_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    one = dict.fromkeys(depth_and_init.STARTS, depth_and_init.normal(0.07))
    monkeypatch.setattr(depth_and_init, "STARTS", one)
    said = broken(depth_and_init.check(depth_and_init.run((0,))))
    for claim in ("tanh, 0.01", "tanh, 1.0", "explode", "ReLU, 0.01", "ReLU, He"):
        assert claim in said, claim


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("tanh", "relu", ["tanh, 1.0", "ReLU, 0.01 and 1.0", "explode"]),
        ("tanh", "sigmoid", ["tanh, 0.01", "below 0.1 % saturated"]),
        ("std_0_01", "glorot", ["tanh, 0.01", "ReLU, LeCun or Glorot"]),
        ("glorot", "he", ["ReLU, He", "ReLU, LeCun or Glorot"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("depth_and_init")
    said = broken(depth_and_init.check(swapped(result, one, other)))
    assert all(claim in said for claim in claims), said


def test_swapped_arms_break_it() -> None:
    result = load("depth_and_init")
    result["trained"] = swapped(result["trained"], "plain", "batch_norm")
    for one in ("tanh", "relu", "sigmoid"):
        result[one]["std_1"] = swapped(result[one]["std_1"], "plain", "batch_norm")
    said = broken(depth_and_init.check(result))
    for claim in ("do not train at any rate", "ahead in the median", "same spread"):
        assert claim in said, claim


def test_swapped_longer_runs_break_it() -> None:
    result = load("depth_and_init")
    result["longer"] = swapped(result["longer"], "relu", "sigmoid")
    assert "five times as long" in broken(depth_and_init.check(result))


def test_glorot_and_lecun_are_one_where_the_width_stays() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(200, 200)
    draws: list[torch.Tensor] = []
    for scheme in ("lecun", "glorot"):
        torch.manual_seed(1)
        draws.append(depth_and_init.initialize(layer, scheme).weight.clone())
    assert torch.equal(*draws)
