"""Experiments give their committed results again, and their claims can fail."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from scripts.digest import ROOT
from scripts.experiments import affine_undo, batch_norm_2d, digits_mlp, digits_mlp_drift
from scripts.results import load, names

FEW = (0, 1, 2)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@pytest.mark.parametrize("name", names())
def test_experiment_gives_its_committed_result_again(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.experiments", "--check", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def broken(claims: dict[str, bool]) -> str:
    """Sentences that no longer hold."""
    return "; ".join(claim for claim, holds in claims.items() if not holds)


def swapped(result: Any, one: str, other: str) -> Any:
    """The same measurements under each other's names, at every depth."""
    if isinstance(result, dict):
        names = {one: other, other: one}
        return {names.get(k, k): swapped(v, one, other) for k, v in result.items()}
    return result


class TestDigitsMlp:
    def test_three_seeds_hold_it(self) -> None:
        assert not broken(digits_mlp.check(digits_mlp.run(FEW)))

    def test_without_batch_norm_it_breaks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        network = digits_mlp.network

        def plain(seed: int, batch_norm: bool) -> nn.Sequential:
            return network(seed, False)

        monkeypatch.setattr(digits_mlp, "network", plain)
        said = broken(digits_mlp.check(digits_mlp.run(FEW[:1])))
        assert "lower test loss" in said
        assert "85 %" in said
        assert "fewer steps" in said
        assert "best rate is higher" in said

    def test_swapped_labels_break_it(self) -> None:
        result = load("digits_mlp")
        said = broken(digits_mlp.check(swapped(result, "plain", "batch_norm")))
        assert "85 %" in said
        assert "8 points" in said
        assert "best rate is higher" in said

    def test_swapped_initializations_break_it(self) -> None:
        result = load("digits_mlp")
        said = broken(digits_mlp.check(swapped(result, "default", "he_standardized")))
        assert "part of the factor is the default initialization" in said
        assert "a part is the inputs" in said

    def test_running_statistics_sold_as_exact_break_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(digits_mlp, "exact", lambda *_: None)
        result = digits_mlp.run(FEW)
        for start in ("default", "he", "he_standardized"):
            one = result["steps_to_90"][start]
            for key in ("batch_norm", "ratio", "fewer", "ties", "slower"):
                assert one["exact"][key] == one[key], (start, key)
        assert "the running statistics lag" in broken(digits_mlp.check(result))

    def test_swapped_scorings_break_it(self) -> None:
        result = load("digits_mlp")
        for start in ("default", "he", "he_standardized"):
            one = result["steps_to_90"][start]
            exact = {**one, **one["exact"]}
            exact["exact"] = {key: one[key] for key in one["exact"]}
            result["steps_to_90"][start] = exact
        said = broken(digits_mlp.check(result))
        assert "from every start" in said
        assert "the running statistics lag" in said

    def test_every_seed_is_fewer_a_tie_or_slower(self) -> None:
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


class TestDigitsMlpDrift:
    def test_without_batch_norm_it_breaks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
        network = digits_mlp_drift.network
        without = {"plain": (False, 3), "before": (False, 3), "after": (False, 3)}
        monkeypatch.setattr(digits_mlp_drift, "PLACES", without)
        monkeypatch.setattr(
            digits_mlp_drift, "network", lambda seed, _: network(seed, False)
        )
        said = broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
        assert "drifts farther" in said
        assert "drifts less than what goes in" in said
        assert "absolute units" in said
        assert "with batch norm a step stays below half" in said
        assert "with batch norm by one" in said
        assert "above 85 % accuracy" in said

    @pytest.mark.parametrize(
        ("one", "other", "claims"),
        [
            (
                "plain",
                "before",
                ["drifts farther", "absolute units", "at 0.4 more", "four fifths"],
            ),
            ("plain", "after", ["drifts farther", "less than what goes in"]),
            ("before", "after", ["less than what goes in"]),
        ],
    )
    def test_swapped_labels_break_it(
        self, monkeypatch: pytest.MonkeyPatch, one: str, other: str, claims: list[str]
    ) -> None:
        places = dict(digits_mlp_drift.PLACES)
        places[one], places[other] = places[other], places[one]
        monkeypatch.setattr(digits_mlp_drift, "PLACES", places)
        said = broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
        assert all(claim in said for claim in claims), said

    def test_swapped_rates_break_it(self) -> None:
        result = swapped(load("digits_mlp_drift"), "rate_0_1", "rate_0_4")
        said = broken(digits_mlp_drift.check(result))
        for claim in (
            "nine tenths of the plain",
            "less than a third",
            "four fifths",
            "one step moves the plain layer farther",
            "nine deviations",
            "in absolute units",
            "at 0.4 more",
            "above 85 % accuracy",
        ):
            assert claim in said, claim

    @pytest.mark.parametrize("rate", [0.1, 0.4])
    def test_one_rate_for_both_breaks_it(
        self, monkeypatch: pytest.MonkeyPatch, rate: float
    ) -> None:
        watch = digits_mlp_drift.watch
        monkeypatch.setattr(
            digits_mlp_drift,
            "watch",
            lambda seeds, _, *place: watch(seeds, rate, *place),
        )
        said = broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
        assert ("in absolute units the plain layer moves less" in said) == (rate > 0.1)
        assert ("and at 0.4 more, in every seed" in said) == (rate < 0.4)

    @pytest.mark.parametrize(
        ("rate", "claims"),
        [
            ("rate_0_1", ["nine tenths of the plain", "less than a third"]),
            ("rate_0_4", ["four fifths"]),
        ],
    )
    def test_training_and_sampling_swapped_break_it(
        self, rate: str, claims: list[str]
    ) -> None:
        result = load("digits_mlp_drift")
        plain = result[rate]["plain"]
        plain.update(frozen_share=plain["step_share"], step_share=plain["frozen_share"])
        said = broken(digits_mlp_drift.check(result))
        assert all(claim in said for claim in claims), said

    def test_it_uses_the_best_rate_of_the_plain_network(self) -> None:
        best = load("digits_mlp")["steps_to_90"]["default"]["plain"]["rate"]
        assert load("digits_mlp_drift")["rates"] == [digits_mlp.LEARNING_RATE, best]
        assert list(map(digits_mlp_drift.key, (0.1, 0.4))) == ["rate_0_1", "rate_0_4"]


class TestBatchNorm2d:
    @pytest.mark.parametrize(
        ("one", "other", "claim"),
        [
            ("running_var", "running_var_if_biased", "not the biased one"),
            ("k_1", "k_22", "nine tenths of the way"),
            ("k_50", "k_1", "within 4 %"),
        ],
    )
    def test_swapped_labels_break_it(self, one: str, other: str, claim: str) -> None:
        result = swapped(load("batch_norm_2d"), one, other)
        assert claim in broken(batch_norm_2d.check(result))

    def test_without_batch_norm_it_breaks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Nothing(nn.BatchNorm2d):
            def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
                return input

        monkeypatch.setattr(batch_norm_2d.nn, "BatchNorm2d", Nothing)
        said = broken(batch_norm_2d.check(batch_norm_2d.run(FEW)))
        assert "by hand give PyTorch's output" in said
        assert "a tenth of the mean" in said
        assert "1 - 0.9^k" in said
        assert "never settle" in said


class TestAffineUndo:
    def test_swapped_labels_break_it(self) -> None:
        result = swapped(load("affine_undo"), "undone", "source_002")
        said = broken(affine_undo.check(result))
        assert "give the input back" in said
        assert "do not" in said
        result = swapped(load("affine_undo"), "x", "normalized")
        assert "mean 0 and variance 1" in broken(affine_undo.check(result))

    def test_without_normalization_it_breaks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def affine_only(x: Any, _m: Any, _v: Any, weight: Any, bias: Any, **_: Any):
            return x * weight + bias

        monkeypatch.setattr(affine_undo, "batch_norm", affine_only)
        said = broken(affine_undo.check(affine_undo.run((0,))))
        assert "mean 0 and variance 1" in said
        assert "give the input back" in said
