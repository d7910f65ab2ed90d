"""The claims of digits_mlp_drift can fail."""

import pytest

from scripts.experiments import digits_mlp, digits_mlp_drift
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
    network = digits_mlp_drift.network
    without = {"plain": (False, 3), "before": (False, 3), "after": (False, 3)}
    monkeypatch.setattr(digits_mlp_drift, "PLACES", without)
    monkeypatch.setattr(
        digits_mlp_drift, "network", lambda seed, _, *p: network(seed, False, *p)
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
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, claims: list[str]
) -> None:
    places = dict(digits_mlp_drift.PLACES)
    places[one], places[other] = places[other], places[one]
    monkeypatch.setattr(digits_mlp_drift, "PLACES", places)
    said = broken(digits_mlp_drift.check(digits_mlp_drift.run(FEW)))
    assert all(claim in said for claim in claims), said


def test_swapped_rates_break_it() -> None:
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
    monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    watch = digits_mlp_drift.watch
    monkeypatch.setattr(
        digits_mlp_drift,
        "watch",
        lambda data, seeds, _, *place: watch(data, seeds, rate, *place),
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
def test_training_and_sampling_swapped_break_it(rate: str, claims: list[str]) -> None:
    result = load("digits_mlp_drift")
    plain = result[rate]["plain"]
    plain.update(frozen_share=plain["step_share"], step_share=plain["frozen_share"])
    said = broken(digits_mlp_drift.check(result))
    assert all(claim in said for claim in claims), said


def test_it_uses_the_best_rate_of_the_plain_network() -> None:
    best = load("digits_mlp")["steps_to_90"]["default"]["plain"]["rate"]
    assert load("digits_mlp_drift")["rates"] == [digits_mlp.LEARNING_RATE, best]
    assert list(map(digits_mlp_drift.key, (0.1, 0.4))) == ["rate_0_1", "rate_0_4"]
