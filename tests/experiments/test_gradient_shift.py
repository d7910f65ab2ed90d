"""The claims of gradient_shift can fail."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scripts.experiments import gradient_shift
from scripts.experiments.parts.stacked import stack
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = gradient_shift.network

    def plain(seed: int, activation: str, batch_norm: bool) -> nn.Sequential:
        return network(seed, activation, False)

    monkeypatch.setattr(gradient_shift, "network", plain)
    monkeypatch.setattr(gradient_shift, "MEASURED", (0, 5, 10, 15))
    said = broken(gradient_shift.check(gradient_shift.run(FEW)))
    assert "with batch norm they shift by a third" in said
    assert "its loss falls below 1" in said
    assert "at the start batch norm makes them shift more" in said
    assert "both learn faster" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        (
            "plain",
            "batch_norm",
            ["hardly shift", "does not learn", "late in training", "learn faster"],
        ),
        ("sigmoid", "relu", ["hardly shift", "late in training"]),
        ("start", "late", ["late in training"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(gradient_shift.check(swapped(load("gradient_shift"), one, other)))
    assert all(claim in said for claim in claims), said


def test_shift_is_that_of_a_plain_network() -> None:
    """Layer by layer on one network with PyTorch's own modules, in float64."""
    net = gradient_shift.network(0, "tanh", batch_norm=False).double()
    x = torch.randn(64, 16, dtype=torch.float64)
    y = torch.arange(16) % 10
    stacked = stack([net])
    relative, cosine = gradient_shift.shift(stacked, x.unsqueeze(0), y[None], 0.1)
    linears = [one for one in net if isinstance(one, nn.Linear)]
    layer = linears[3]
    F.cross_entropy(net(x.T), y).backward()
    assert layer.weight.grad is not None
    before = layer.weight.grad.clone()
    with torch.no_grad():
        for below in linears[:3]:
            for one in below.parameters():
                assert one.grad is not None
                one.sub_(0.1 * one.grad)
    layer.weight.grad = None
    F.cross_entropy(net(x.T), y).backward()
    after = layer.weight.grad
    assert isinstance(after, torch.Tensor)
    torch.testing.assert_close(relative[2, 0], (after - before).norm() / before.norm())
    expected = F.cosine_similarity(after.flatten(), before.flatten(), dim=0)
    torch.testing.assert_close(cosine[2, 0], expected)
