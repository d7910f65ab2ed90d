"""The claims of input_scaling can fail."""

import pytest
from torch import Tensor

from scripts.experiments import input_scaling
from scripts.experiments.parts.digits import Digits
from scripts.results import load
from tests.experiments.sabotage import broken, swapped

FEW = (0, 1)


def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_scaling, "MOST_STEPS", 20)
    monkeypatch.setattr(input_scaling, "BESIDE_STEPS", 20)
    monkeypatch.setattr(input_scaling, "UPDATES", 20)


def test_without_standardizing_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def same(x: Tensor) -> Tensor:
        return x

    def unchanged(data: Digits) -> Digits:
        return data

    few_steps(monkeypatch)
    monkeypatch.setattr(input_scaling, "scaled", same)
    monkeypatch.setattr(input_scaling, "standardized", unchanged)
    said = broken(input_scaling.check(input_scaling.run(FEW)))
    assert "standardized: it is below 1.5" in said
    assert "raises the largest stable rate" in said
    assert "at most 6 standardized" in said
    assert "stay within ±2" in said
    assert "standardized pixels are ahead" in said


def test_without_whitening_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    few_steps(monkeypatch)
    monkeypatch.setattr(input_scaling, "whitened", input_scaling.scaled)
    assert "whitening makes it 1" in broken(input_scaling.check(input_scaling.run(FEW)))


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("shifted", "whitened", ["a mean of 5", "whitening makes", "shifted mean"]),
        ("bias", "no_bias", ["a mean of 5 deviations", "above 10 000 with one"]),
        ("bytes", "unit", ["hundred times smaller", "lag by more than 15 points"]),
        ("below", "above", ["1 % below the largest stable rate"]),
        ("uniform", "gaussian", ["uniform features stay within"]),
        ("weight", "at_zero", ["whatever the weights are"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("input_scaling")
    said = broken(input_scaling.check(swapped(result, one, other)))
    assert all(claim in said for claim in claims), said


def test_swapped_pixels_break_it() -> None:
    result = load("input_scaling")
    result["pixels"] = swapped(result["pixels"], "unit", "standardized")
    assert "ahead of pixels from 0 to 1" in broken(input_scaling.check(result))


def test_large_first_weights_break_it() -> None:
    result = load("input_scaling")
    result["pixels"] = swapped(result["pixels"], "bytes", "bytes_small_weights")
    assert "255 times smaller" in broken(input_scaling.check(result))


def test_raw_in_the_place_of_standardized_breaks_it() -> None:
    result = load("input_scaling")
    result["raw"], result["standardized"] = result["standardized"], result["raw"]
    said = broken(input_scaling.check(result))
    for claim in ("raw: the condition", "standardized: it is", "steps: more than"):
        assert claim in said, claim
