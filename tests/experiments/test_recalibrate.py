"""The claims of recalibrate can fail."""

import pytest
from torch import nn

from scripts.experiments import recalibrate
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        """Recalibrate nothing, as where there is no batch norm."""

    def forget(net: nn.Module, data: object, count: int) -> recalibrate.Statistics:
        return recalibrate.statistics(net, count)  # as if they were the true ones

    monkeypatch.setattr(recalibrate, "recalibrate_batch_norm", nothing)
    said = broken(recalibrate.check(recalibrate.run(FEW)))
    assert "leaves less than a hundredth" in said
    assert "to less than a fifth" in said
    assert "no longer matters" in said
    assert "more batches are better" in said
    monkeypatch.setattr(recalibrate, "true_statistics", forget)
    said = broken(recalibrate.check(recalibrate.run(FEW)))
    assert "off by a third" in said
    assert "factor above 5" in said


def test_recalibration_that_trains_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    snippet = recalibrate.recalibrate_batch_norm

    def careless(net: nn.Module, loader: object) -> None:
        snippet(net, loader)  # type: ignore[arg-type]
        next(net.parameters()).data.mul_(1.001)

    monkeypatch.setattr(recalibrate, "recalibrate_batch_norm", careless)
    assert "no weight moves" in broken(recalibrate.check(recalibrate.run(FEW)))


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("m_0_01", "m_0_1", ["off by a third", "factor above 5", "single batch"]),
        ("before", "after_22", ["off by a third", "leaves less than a hundredth"]),
        ("after_1", "after_22", ["more batches are better", "less than a hundredth"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(recalibrate.check(swapped(load("recalibrate"), one, other)))
    assert all(claim in said for claim in claims), said
