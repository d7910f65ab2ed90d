"""What is timed is twins, and what is reported is what was timed."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from scripts.benchmark import layers, measure
from scripts.benchmark.layers import DIRECTIONS, LAYERS, Permuted, Twins
from scripts.benchmark.measure import AIMS, cases, missed, within
from scripts.results import BENCHMARK, load

SMALL = [(name, shape) for name, twins in LAYERS.items() for shape in twins.shapes[:2]]


@pytest.mark.parametrize(("name", "shape"), SMALL)
def test_twins_compute_the_same(name: str, shape: tuple[int, ...]) -> None:
    twins = LAYERS[name]
    torch.manual_seed(0)
    ours, theirs = twins.ours(shape), twins.theirs(shape)
    same = theirs.norm if isinstance(theirs, Permuted) else theirs
    ours.load_state_dict(same.state_dict())
    inputs = () if twins.weight else (torch.randn(shape),)
    if "Dropout" in name:  # random: the same share of zeros, the same scale
        results = [layer(*inputs) / inputs[0] for layer in (ours, theirs)]
        assert [set(result.unique().tolist()) for result in results] == [{0, 2}] * 2
        return
    torch.testing.assert_close(ours(*inputs), theirs(*inputs))
    assert ours.training
    assert theirs.training


def test_every_layer_has_two_shapes_or_more() -> None:
    assert LAYERS
    assert all(len(set(twins.shapes)) >= 2 for twins in LAYERS.values())


class Counted(nn.Module):
    """An identity that says how often it ran forward and backward."""

    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self.log = log

    def forward(self, x: Tensor) -> Tensor:
        self.log.append("forward")
        y = x * 1
        y.register_hook(lambda _: self.log.append("backward"))
        return y


def counted(ours: list[str], theirs: list[str]) -> Twins:
    return Twins(
        "nn.Identity", lambda _: Counted(ours), lambda _: Counted(theirs), ((2,),)
    )


def test_calls_run_what_their_names_say() -> None:
    ours: list[str] = []
    theirs: list[str] = []
    found = layers.calls(counted(ours, theirs), (2,), compiled=False)
    assert tuple(found) == DIRECTIONS
    found["forward"][0]()
    assert (ours, theirs) == (["forward"], [])
    found["forward_backward"][1]()
    assert (ours, theirs) == (["forward"], ["forward", "backward"])


def test_a_layer_is_measured_on_every_shape_in_every_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Any, bool]] = []

    def calls(twins: Twins, shape: Any, compiled: bool) -> Any:
        asked.append((shape, compiled))
        return {"forward": (len(asked), 1), "forward_backward": (2 * len(asked), 1)}

    def paired(ours: float, theirs: float) -> Any:
        return {"ratio": {"median": ours / theirs}}

    monkeypatch.setattr(measure, "calls", calls)
    monkeypatch.setattr(measure, "paired", paired)
    one = measure.layer(Twins("t", nn.Identity, nn.Identity, ((2,), (3, 4))))
    assert asked == [((2,), False), ((2,), True), ((3, 4), False), ((3, 4), True)]
    assert list(one["shapes"]) == ["2", "3x4"]
    assert one["shapes"]["3x4"]["compiled"]["forward_backward"]["ratio"]["median"] == 8
    assert one["eager"] == {"median": 2.5, "min": 1, "max": 6}
    assert one["compiled"] == {"median": 4, "min": 2, "max": 8}


def result(ratios: dict[str, list[float]], cost: float = 1.0) -> dict[str, Any]:
    """Return a result of one layer on one shape."""
    shapes = {
        mode: {
            direction: {"ratio": {"median": ratio}}
            for direction, ratio in zip(DIRECTIONS, both, strict=True)
        }
        for mode, both in ratios.items()
    }
    costs = {name: {"median": cost} for name in measure.COSTS}
    return {"layers": {"Norm": {"shapes": {"2x3": shapes}}}, "deep_net": costs}


def test_missed_aims_are_named_the_worst_first() -> None:
    assert missed(result({"eager": [3.0, 2.9], "compiled": [1.3, 1.0]})) == []
    assert missed(result({"eager": [3.3, 1], "compiled": [1.0, 2.6]}, 75)) == [
        "Norm 2x3 forward + backward compiled: 2.60 times its twin (aim: 1.3)",
        *(f"{name}: 75 ms (aim: 50 ms)" for name in sorted(measure.COSTS)[::-1]),
        "Norm 2x3 forward eager: 3.30 times its twin (aim: 3)",
    ]


def test_cases_within_the_aim_are_counted() -> None:
    one = result({"eager": [3.0, 3.1], "compiled": [1.0, 1.0]})["layers"]
    assert within(one, "eager", 3.0) == {"aim": 3.0, "cases": 2, "within": 1}
    assert [words for words, _ in cases(one, "compiled")] == [
        "Norm 2x3 forward compiled",
        "Norm 2x3 forward + backward compiled",
    ]


def test_the_committed_result_is_of_these_layers_and_aims() -> None:
    committed = load(BENCHMARK)
    assert {name: one["twin"] for name, one in committed["layers"].items()} == {
        name: twins.twin for name, twins in LAYERS.items()
    }
    assert {mode: one["aim"] for mode, one in committed["aims"].items()} == AIMS
    assert committed["machine"]["threads"] == 1
