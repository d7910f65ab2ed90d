"""The claims of momentum can fail."""

import pytest

from scripts.experiments import momentum
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    stacked = momentum.stacked
    monkeypatch.setattr(
        momentum, "stacked", lambda seeds, **_: stacked(seeds, batch_norm=False)
    )
    monkeypatch.setattr(momentum, "exactly", lambda net, *_: net)
    said = broken(momentum.check(momentum.run(FEW)))
    assert "10 points behind 0.1 in evaluation" in said
    assert "0.1 is at 90 % for good" in said
    assert "momentum 1 is 10 points behind" in said
    assert "remembers old weights" in said


def test_a_momentum_that_reaches_training_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = momentum.train

    def other_rates(net, x, y, seeds, rates, *rest):  # type: ignore[no-untyped-def]
        average = any(getattr(one, "momentum", 1) is None for one in net.modules())
        return train(net, x, y, seeds, rates * (1.5 if average else 1), *rest)

    monkeypatch.setattr(momentum, "train", other_rates)
    assert "bit for bit" in broken(momentum.check(momentum.run(FEW)))


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("m_0_01", "m_0_1", ["10 points behind 0.1 in evaluation", "0.1 is at 90 %"]),
        ("m_0_001", "m_0_1", ["0.001 is not at 90 %", "0.1 is at 90 %"]),
        ("m_1", "m_0_1", ["momentum 1 is 10 points behind"]),
        ("batch_64", "batch_4", ["so is momentum 1", "momentum 1 is 10 points"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(momentum.check(swapped(load("momentum"), one, other)))
    assert all(claim in said for claim in claims), said
