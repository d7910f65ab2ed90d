"""The claims of shuffling can fail."""

import pytest

from scripts.experiments import shuffling
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    mlp = shuffling.mlp
    monkeypatch.setattr(
        shuffling,
        "mlp",
        lambda seed, norm: mlp(seed, "plain" if norm == "batch_norm" else norm),
    )
    said = broken(shuffling.check(shuffling.run(FEW)))
    assert "with it none does better than 25 %" in said
    assert "exact statistics do not save it" in said
    assert "stays near ln 10" in said


@pytest.mark.parametrize("other", ["plain", "layer_norm"])
def test_swapped_labels_break_it(other: str) -> None:
    result = swapped(load("shuffling"), "batch_norm", other)
    said = broken(shuffling.check(result))
    assert "still reach 80 %" in said
    assert "with it none does better than 25 %" in said


def test_swapped_orders_break_it() -> None:
    said = broken(shuffling.check(swapped(load("shuffling"), "shuffled", "by_class")))
    assert "shuffled, all are above 90 %" in said
    assert "stays near ln 10" in said


def test_batches_of_one_class_hold_one_class() -> None:
    data = shuffling.digits()
    order = shuffling.by_class(FEW, data)
    assert order.shape == (shuffling.STEPS, len(FEW), shuffling.BATCH_SIZE)
    labels = data.train_y[order]
    assert (labels == labels[..., :1]).all()
    assert labels[:20, 0, 0].bincount(minlength=10).tolist() == [2] * 10
