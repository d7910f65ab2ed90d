"""The claims of scale_invariance can fail."""

import pytest

from scripts.experiments import scale_invariance
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = scale_invariance.network
    monkeypatch.setattr(
        scale_invariance, "network", lambda seed, _: network(seed, False)
    )
    said = broken(scale_invariance.check(scale_invariance.run(FEW)))
    assert "is a tenth" in said
    assert "orthogonal" in said
    assert "has no gradient" in said
    assert "100 r at 10 W" in said
    assert "weight decay takes the steps" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("batch_norm", "plain", ["is a tenth", "orthogonal", "no gradient"]),
        ("scaled_rate_base", "scaled_base", ["100 r at 10 W"]),
        ("growing_decay", "decay_base", ["weight decay takes the steps"]),
        ("decay", "base", ["effective rate more than doubles"]),
        ("times_0_01", "times_0_0001", ["at 0.01 W the output"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    result = swapped(load("scale_invariance"), one, other)
    for name in ("batch_norm", "plain"):  # both names, so that the check can read them
        both = result[name].get("zero") or result[name].get("not")
        result[name].update({"zero": both, "not": both})
    said = broken(scale_invariance.check(result))
    assert all(claim in said for claim in claims), said
