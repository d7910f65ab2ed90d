"""The claims of modes can fail."""

import pytest
import torch
from torch import Tensor, nn

from scripts.experiments import modes
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing(nn.BatchNorm1d):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            return input * 1

    monkeypatch.setattr(modes.nn, "BatchNorm1d", Nothing)
    said = broken(modes.check(modes.run(modes.SEEDS)))
    assert "what PyTorch's does" in said
    assert "train() uses the batch" in said
    assert "the batch where there are none" in said
    assert "train() moves them" in said


def test_a_layer_that_asks_for_the_grad_mode_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Confused(nn.BatchNorm1d):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            training, self.training = self.training, torch.is_grad_enabled()
            y = super().forward(input)
            self.training = training
            return y

    monkeypatch.setattr(modes.nn, "BatchNorm1d", Confused)
    said = broken(modes.check(modes.run(modes.SEEDS)))
    assert "no_grad() changes neither" in said
    assert "eval() moves no buffer" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        ("train", "eval", ["train() uses the batch", "eval() moves no buffer"]),
        ("m_0_1", "m_0", ["train() moves them"]),
        ("switched_off", "switched_on", ["brings no buffers", "where there are none"]),
        ("grad", "no_grad", ["train() uses the batch"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(modes.check(swapped(load("modes"), one, other)))
    assert all(claim in said for claim in claims), said
