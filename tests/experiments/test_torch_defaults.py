"""The claims of torch_defaults can fail."""

from typing import Any

import pytest
from torch import nn

from scripts.experiments import torch_defaults
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


@pytest.mark.parametrize(
    ("one", "other", "claim"),
    [
        ("BatchNorm2d", "InstanceNorm2d", "instance norm: neither affine nor tracked"),
        ("RMSNorm", "LayerNorm", "eps is 1e-5 everywhere but in RMSNorm"),
        ("dropout", "alpha_dropout", "F.dropout drops unless told not to"),
        ("MultiheadAttention", "TransformerEncoderLayer", "an encoder layer 0.1"),
        ("eps", "momentum", "eps 1e-5, momentum 0.1"),
        ("p", "inplace", "the default p"),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claim: str) -> None:
    result = swapped(load("torch_defaults"), one, other)
    assert claim in broken(torch_defaults.check(result))


def test_without_dropout_and_with_other_defaults_it_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Keras(nn.BatchNorm2d):
        def __init__(
            self,
            num_features: int,
            eps: float = 1e-3,
            momentum: float = 0.99,
            **rest: Any,
        ) -> None:
            super().__init__(num_features, eps, momentum, **rest)

    class NoDropout(nn.Dropout):
        def __init__(self, p: float = 0.0, inplace: bool = False) -> None:
            super().__init__(p, inplace)

    monkeypatch.setattr(torch_defaults.nn, "BatchNorm2d", Keras)
    monkeypatch.setattr(torch_defaults.nn, "Dropout", NoDropout)
    result = torch_defaults.run(FEW)
    result["layers"]["BatchNorm2d"]["defaults"] |= {
        "affine": True,
        "track_running_stats": True,
        "bias": True,
    }
    said = broken(torch_defaults.check(result))
    assert "eps 1e-5, momentum 0.1" in said
    assert "the default p of every dropout layer is 0.5" in said
