"""The claims of norm_axes can fail."""

import pytest
import torch
from torch import nn

from scripts.experiments import norm_axes
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


@pytest.mark.parametrize(
    ("one", "other", "claim"),
    [
        ("batch_norm", "layer_norm", "batch_norm shares its statistics over NHW"),
        ("group_norm", "instance_norm", "group_norm shares its statistics over cHW"),
        ("rms_norm", "layer_norm_sequence", "only RMSNorm and local response"),
        ("train", "eval", "in training batch_norm shares"),
        ("neighbours", "partition", "only batch norm makes a sample depend"),
        ("batch_of_one", "one_position", "refuses a batch of one"),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claim: str) -> None:
    result = swapped(load("norm_axes"), one, other)
    assert claim in broken(norm_axes.check(result))


def identity(base: type[nn.Module]) -> type[nn.Module]:
    class Nothing(base):  # type: ignore[misc, valid-type]
        def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
            return input

    return Nothing


@pytest.mark.parametrize(
    ("layer", "claim"),
    [
        ("BatchNorm2d", "batch_norm shares its statistics over NHW"),
        ("LayerNorm", "layer_norm shares its statistics over CHW"),
        ("GroupNorm", "group_norm shares its statistics over cHW"),
        ("InstanceNorm1d", "reach later steps"),
        ("RMSNorm", "rms_norm shares its statistics over C"),
        ("LocalResponseNorm", "sliding window"),
    ],
)
def test_without_the_layer_it_breaks(
    monkeypatch: pytest.MonkeyPatch, layer: str, claim: str
) -> None:
    monkeypatch.setattr(norm_axes.nn, layer, identity(getattr(nn, layer)))
    said = broken(norm_axes.check(norm_axes.run(FEW[:1])))
    assert claim in said


def test_a_layer_with_the_wrong_axes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class PerSample(nn.BatchNorm2d):
        """What source 000 says: the mean and variance of each input sample."""

        def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
            return nn.functional.layer_norm(input, input.shape[1:])

    monkeypatch.setattr(norm_axes.nn, "BatchNorm2d", PerSample)
    said = broken(norm_axes.check(norm_axes.run(FEW[:1])))
    assert "batch_norm shares its statistics over NHW" in said
    assert "only batch norm makes a sample depend" in said


def test_seeds_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Moody(nn.RMSNorm):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if torch.initial_seed() else super().forward(x)

    monkeypatch.setattr(norm_axes.nn, "RMSNorm", Moody)
    with pytest.raises(ValueError, match="rms_norm differs between seeds"):
        norm_axes.run(FEW)
