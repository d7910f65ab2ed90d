"""What is timed beside each other does what the page says of it."""

import tempfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from scripts.benchmark import costs
from scripts.benchmark.costs import BATCHES, PAIRS, SAMPLES, missed, report
from scripts.benchmark.deep_net import LAYERS
from scripts.results import load
from scripts.website import gallery


@pytest.mark.parametrize("name", PAIRS)
def test_both_of_a_pair_run(name: str) -> None:
    torch.manual_seed(0)
    for call in PAIRS[name]():
        call()


@pytest.mark.parametrize("name", ["batch_norm_backward", "batch_norm_backward_steps"])
def test_the_gradients_are_those_of_torch(name: str) -> None:
    torch.manual_seed(0)
    ours, theirs = PAIRS[name]()
    for one, other in zip(_tensors(ours()), _tensors(theirs()), strict=True):
        assert_close(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["freeze", "keep_probability_dropout", "masked"])
def test_a_step_goes_backward_to_the_input(name: str) -> None:
    torch.manual_seed(0)
    for call in PAIRS[name]():
        gradient = _tensors(call())[0]
        assert gradient.shape in {costs.IMAGES, costs.TOKENS, (32, 256, 128)}
        assert gradient.abs().sum() > 0


def test_the_other_of_a_conversion_changes_nothing() -> None:
    ours, theirs = PAIRS["to_group_norm"]()
    kinds = [
        {type(m) for m in model.modules()}
        for model in (ours(), theirs())
        if isinstance(model, nn.Module)
    ]
    assert nn.GroupNorm in kinds[0]
    assert nn.BatchNorm2d not in kinds[0]
    assert nn.BatchNorm2d in kinds[1]


def test_two_processes_take_the_same_steps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = costs.two_processes()
    assert set(found) == {"ours", "theirs", "ratio"}
    assert all(0 < one["min"] <= one["median"] <= one["max"] for one in found.values())
    # A rank that fails ends the run.
    monkeypatch.setattr(costs.sys, "executable", "/bin/false")
    with pytest.raises(SystemExit, match="a process of SyncBatchNorm failed"):
        costs.two_processes()
    assert not list(tmp_path.iterdir())


def test_the_committed_costs_are_of_all_pairs() -> None:
    measured = load("costs")
    assert set(measured["costs"]) == {*PAIRS, "synchronize"}
    assert (measured["layers"], measured["batches"], measured["samples"]) == (
        LAYERS,
        BATCHES,
        SAMPLES,
    )
    assert len(report(measured)) == len(PAIRS) + 1
    assert missed(measured) == []
    kinds = {"ours", "theirs", "ratio"}
    assert all(set(one) == kinds for one in measured["costs"].values())


def test_every_snippet_says_what_it_costs() -> None:
    for topic in gallery.TOPICS:
        for path in gallery.snippets(topic):
            for language, unit in (("zh", ("毫秒", "倍")), ("en", (" ms", "times"))):
                text = gallery.cost(path, language)
                assert any(word in text for word in unit), path
                assert "{" not in text
    assert not set(gallery.COSTS) & set(gallery.TIMED)


@pytest.mark.parametrize(
    ("value", "text"), [(0.234, "0.23 ms"), (2.349, "2.3 ms"), (52.4, "52 ms")]
)
def test_milliseconds_have_two_digits(
    value: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread = {"ours": {"median": value}, "theirs": {"median": value}}
    measured = {
        "costs": {"drop_path": spread, "batch_norm_backward_steps": spread},
        **dict.fromkeys(("layers", "batches", "samples"), 1),
    }
    monkeypatch.setattr(gallery, "result", lambda _: measured)
    assert text in gallery.beside("drop_path", "en")


def _tensors(found: object) -> list[Tensor]:
    assert isinstance(found, tuple)
    return [one.flatten() if one.dim() < 2 else one for one in found]
