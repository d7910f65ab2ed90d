"""The claims of running_average can fail."""

import pytest
from torch import Tensor, nn

from scripts.experiments import running_average
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(nn.BatchNorm1d):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            return input

    monkeypatch.setattr(running_average.nn, "BatchNorm1d", Forgetful)
    said = broken(running_average.check(running_average.run(FEW)))
    assert "sqrt(0.1 / 1.9)" in said
    assert "behind, in every seed" in said
    assert "ends nearer" in said
    assert "momentum=None stores" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("m_0_1", "m_0_01", ["ends nearer"]),
        ("m_0_1_of_single", "m_0_01_of_single", ["sqrt(0.1 / 1.9)", "0.01 / 1.99"]),
        ("biased", "paper", ["(m - 1)/m", "m/(m - 1)", "momentum=None"]),
        ("paper", "pooled", ["sorted by class", "pooling"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = swapped(load("running_average"), one, other)
    if one == "m_0_1":  # the counts were made from the measurements: make them again
        seeds = result["settled"]
        pairs = zip(seeds["m_0_01"]["seeds"], seeds["m_0_1"]["seeds"], strict=True)
        result["counts"]["m_0_01_below_m_0_1"] = sum(a < b for a, b in pairs)
    said = broken(running_average.check(result))
    assert all(claim in said for claim in claims), said
