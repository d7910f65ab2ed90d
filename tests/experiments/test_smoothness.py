"""The claims of smoothness can fail."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scripts.experiments import smoothness
from scripts.experiments.parts.stacked import stack
from scripts.results import load
from tests.experiments.sabotage import FEW, broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = smoothness.network

    def plain(seed: int, batch_norm: bool) -> nn.Sequential:
        return network(seed, False)

    monkeypatch.setattr(smoothness, "network", plain)
    shorter = {name: (*how[:2], 60) for name, how in smoothness.TRAINED.items()}
    monkeypatch.setattr(smoothness, "TRAINED", shorter)
    monkeypatch.setattr(smoothness, "LEVELS", (2.2, 2.1, 2.0))
    names = {"loss_1": "loss_2_1", "loss_0_5": "loss_2_2"}
    result = smoothness.run(FEW)
    for one in result.values():
        if isinstance(one, dict) and "start" in one:
            one.update({new: one.get(old, one["start"]) for new, old in names.items()})
    monkeypatch.undo()
    said = broken(smoothness.check(result))
    assert "at every level" in said
    assert "at initialization batch norm is rougher" in said


@pytest.mark.parametrize(
    ("one", "other", "claims"),
    [
        (
            "plain_0_05",
            "batch_norm_0_05",
            ["at every level", "three times", "at initialization"],
        ),
        ("plain_0_0125", "plain_0_2", ["the rate decides", "about as smooth"]),
        ("beta", "gradient", ["the rate decides"]),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, claims: list[str]) -> None:
    said = broken(smoothness.check(swapped(load("smoothness"), one, other)))
    assert all(claim in said for claim in claims), said


def test_walk_measures_a_known_quadratic() -> None:
    """Of a linear layer's loss, by hand: range, change and beta along the gradient."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 10)).double()
    x, y = torch.randn(64, 32, dtype=torch.float64), torch.arange(32) % 10
    found = smoothness.walk(stack([net]), x.unsqueeze(0), y[None])[:, 0]

    def at(weight: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, ...]:
        w, b = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        loss = F.cross_entropy(x.T @ w.T + b, y)
        return (loss.detach(), *torch.autograd.grad(loss, [w, b]))

    linear = net[0]
    assert isinstance(linear, nn.Linear)
    weight, bias = linear.weight.detach(), linear.bias.detach()
    loss, w, b = at(weight, bias)
    size = torch.cat([w.flatten(), b]).norm()
    there = [at(weight - far * w, bias - far * b) for far in smoothness.WALK]
    values = torch.stack([one[0] for one in there])
    change = torch.stack(
        [torch.cat([(o[1] - w).flatten(), o[2] - b]).norm() / size for o in there]
    )
    beta = change / torch.tensor(smoothness.WALK, dtype=torch.float64)
    expected = [loss, values.max() - values.min(), change.max(), beta.max(), size]
    torch.testing.assert_close(found, torch.stack(expected))
