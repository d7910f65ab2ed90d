"""The claims of regression_tanh can fail."""

import pytest
from torch import nn

from scripts.experiments import regression_tanh
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = regression_tanh.network

    def without(seed: int, arm: regression_tanh.Arm) -> nn.Sequential:
        net = network(seed, arm)
        for place, layer in enumerate(net):
            if isinstance(layer, regression_tanh.BatchNorm):
                net[place] = nn.Identity()
        return net

    monkeypatch.setattr(regression_tanh, "network", without)
    monkeypatch.setattr(regression_tanh, "CONTROLS", {})
    monkeypatch.setattr(regression_tanh, "LEARNING_RATES", (0.03,))
    monkeypatch.setattr(regression_tanh, "EPOCHS", 2)
    result = regression_tanh.run(FEW)
    assert result["counts"]["batch_norm_below_plain"] == 0
    assert result["plain"]["running"] == result["batch_norm"]["running"]
    committed = load("regression_tanh")
    committed.update(
        {key: result[key] for key in ("plain", "counts", "signal", "flat")}
    )
    committed["batch_norm"]["running"] = result["batch_norm"]["running"]
    said = broken(regression_tanh.check(committed))
    assert "beats the plain network in every seed" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        (
            "plain",
            "batch_norm",
            ["ends as a constant", "x does not get through", "no bias rescues"],
        ),
        (
            "scaled",
            "plain",
            ["ends as a constant", "through the scaled network it does"],
        ),
        ("scaled", "batch_norm", ["whatever statistics", "half the cure"]),
        ("scaled", "scaled_batch_norm", ["half the cure", "whatever statistics"]),
        ("plain_bias_0", "batch_norm_bias_0", ["bad bias is not why"]),
        ("running", "exact", ["spoil the evaluation"]),
        ("input_norm_only", "no_input_norm", ["nor is the input"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("regression_tanh")
    for name in ("plain_bias_0", "input_norm_only"):  # so that the check can read them
        result[name].setdefault("exact", result[name]["running"])
    for name in ("plain", "scaled", "glorot_only", "standardized_only"):
        result[name].setdefault("exact", result[name]["running"])
    said = broken(regression_tanh.check(swapped(result, one, other)))
    assert all(claim in said for claim in claims), said


def test_swapped_counts_break_it() -> None:
    result = load("regression_tanh")
    counts, seeds = result["counts"], len(result["flat"]["seeds"])
    result["counts"] = {name: seeds - count for name, count in counts.items()}
    said = broken(regression_tanh.check(result))
    assert "batch norm as printed beats" in said
    assert "in 9 of 10 seeds" in said


def test_statistics_that_follow_at_once_break_it() -> None:
    result = load("regression_tanh")
    rates = result["rates"]
    rates["batch_norm"]["by_rate"] = rates["batch_norm_exact"]["by_rate"]
    assert "they lag" in broken(regression_tanh.check(result))
