"""The claims of batch_norm_2d can fail."""

import pytest
import torch
from torch import nn

from scripts.experiments import batch_norm_2d
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


@pytest.mark.parametrize(
    ("one", "other", "claim"),
    [
        ("running_var", "running_var_if_biased", "not the biased one"),
        ("k_1", "k_22", "nine tenths of the way"),
        ("k_50", "k_1", "within 4 %"),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claim: str) -> None:
    result = swapped(load("batch_norm_2d"), one, other)
    assert claim in broken(batch_norm_2d.check(result))


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing(nn.BatchNorm2d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
            return input

    monkeypatch.setattr(batch_norm_2d.nn, "BatchNorm2d", Nothing)
    said = broken(batch_norm_2d.check(batch_norm_2d.run(FEW)))
    assert "by hand give PyTorch's output" in said
    assert "a tenth of the mean" in said
    assert "1 - 0.9^k" in said
    assert "never settle" in said
