"""The claims of regularization can fail."""

from typing import Any

import pytest

from scripts.experiments import regularization
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def seeds(result: dict[str, Any]) -> int:
    return len(result["about"]["seeds"])


def test_without_dropout_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regularization, "P", 0.0)
    monkeypatch.setattr(regularization, "GHOST", regularization.BATCH_SIZE)
    said = broken(regularization.check(regularization.run(FEW[:2])))
    assert "dropout is ahead of batch norm" in said
    assert "dropout at least 5 points less" in said
    assert "ghost batches of 5" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("dropout", "batch_norm", ["dropout is ahead", "it fits 97 %"]),
        ("ghost", "noiseless", ["ghost batches of 5", "more batch noise fits less"]),
        ("both", "noiseless", ["and both together too"]),
        ("clean", "noisy", ["with clean labels", "dropout is ahead"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = load("regularization")
    for labels in ("clean", "noisy"):  # not inside the arms, which name each other
        arms = result[labels]
        if one in arms:
            arms[one], arms[other] = arms[other], arms[one]
    if one == "clean":
        result = swapped(result, one, other)
    if one == "dropout":  # who is ahead of whom is turned round too
        ahead = result["noisy"]["batch_norm"]["ahead"]["batch_norm"]
        result["noisy"][one]["ahead"]["batch_norm"] = seeds(result) - ahead
    said = broken(regularization.check(result))
    assert all(claim in said for claim in claims), said


def test_every_fifth_label_is_wrong() -> None:
    data = regularization.digits()
    images, clean, noisy = regularization.subsets(FEW, data)
    assert images.shape == (len(FEW), 64, regularization.IMAGES)
    assert ((clean != noisy).sum(1) == 40).all()
