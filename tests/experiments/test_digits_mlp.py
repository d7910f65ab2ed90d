"""The claims of digits_mlp can fail."""

import pytest
from torch import nn

from scripts.experiments import digits_mlp
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_three_seeds_hold_it() -> None:
    assert not broken(digits_mlp.check(digits_mlp.run(FEW)))


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = digits_mlp.network

    def plain(seed: int, _batch_norm: bool, *pixels: int) -> nn.Sequential:
        return network(seed, False, *pixels)

    monkeypatch.setattr(digits_mlp, "network", plain)
    said = broken(digits_mlp.check(digits_mlp.run(FEW[:1])))
    assert "lower test loss" in said
    assert "85 %" in said
    assert "fewer steps" in said
    assert "best rate is higher" in said


def test_swapped_labels_break_it() -> None:
    result = load("digits_mlp")
    said = broken(digits_mlp.check(swapped(result, "plain", "batch_norm")))
    assert "85 %" in said
    assert "8 points" in said
    assert "best rate is higher" in said


def test_swapped_initializations_break_it() -> None:
    result = load("digits_mlp")
    said = broken(digits_mlp.check(swapped(result, "default", "he_standardized")))
    assert "part of the factor is the default initialization" in said
    assert "a part is the inputs" in said


def test_running_statistics_sold_as_exact_break_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digits_mlp, "exact", lambda *_: None)
    result = digits_mlp.run(FEW)
    for start in ("default", "he", "he_standardized"):
        one = result["steps_to_90"][start]
        for key in ("batch_norm", "ratio", "fewer", "ties", "slower"):
            assert one["exact"][key] == one[key], (start, key)
    assert "the running statistics lag" in broken(digits_mlp.check(result))


def test_swapped_scorings_break_it() -> None:
    result = load("digits_mlp")
    for start in ("default", "he", "he_standardized"):
        one = result["steps_to_90"][start]
        exact = {**one, **one["exact"]}
        exact["exact"] = {key: one[key] for key in one["exact"]}
        result["steps_to_90"][start] = exact
    said = broken(digits_mlp.check(result))
    assert "from every start" in said
    assert "the running statistics lag" in said


def test_every_seed_is_fewer_a_tie_or_slower() -> None:
    result = load("digits_mlp")
    for start in ("default", "he", "he_standardized"):
        one = result["steps_to_90"][start]
        plain = one["plain"]["steps"]["seeds"]
        for scored in (one, one["exact"]):
            pairs = list(
                zip(scored["batch_norm"]["steps"]["seeds"], plain, strict=True)
            )
            assert scored["fewer"] == sum(a < b for a, b in pairs)
            assert scored["ties"] == sum(a == b for a, b in pairs)
            assert scored["slower"] == sum(a > b for a, b in pairs)
