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

    @pytest.mark.parametrize(
        ("one", "other", "claims"),
        [
            ("plain", "before", ["drifts farther", "absolute units"]),
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

    def test_training_and_sampling_swapped_break_it(self) -> None:
        result = load("digits_mlp_drift")
        result["plain"]["frozen_share"], result["plain"]["step_share"] = (
            result["plain"]["step_share"],
            result["plain"]["frozen_share"],
        )
        said = broken(digits_mlp_drift.check(result))
        assert "nine tenths" in said
        assert "less than a third" in said


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
