"""Networks with dropout side by side take the steps that each takes alone."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from scripts.experiments.parts.stacked_dropout import (
    Adam,
    StackedDropout,
    stack_with_dropout,
)
from snippets.dropout.dropout import Dropout

RATES = (0.0, 0.3, 0.7)
DECAY = (0.0, 0.1, 0.01)


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """Differences are then mistakes, not rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(p: float) -> nn.Sequential:
    torch.manual_seed(int(10 * p))
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), Dropout(p), nn.Linear(8, 1))


def test_under_the_same_masks_they_take_the_steps_of_plain_modules() -> None:
    plain = [network(p) for p in RATES]
    stacked = stack_with_dropout([network(p) for p in RATES])
    drop = stacked[2]
    assert isinstance(drop, StackedDropout)
    together = Adam(stacked, 0.01, DECAY)
    alone = [
        torch.optim.Adam(net.parameters(), 0.01, weight_decay=decay)
        for net, decay in zip(plain, DECAY, strict=True)
    ]
    for step in range(20):
        x = torch.randn(3, 3, 5)
        torch.manual_seed(step)
        # The same seed gives the layer its mask once more, for a batch of ones.
        hidden = stacked[1](stacked[0](x))
        torch.manual_seed(step)
        mask = drop(torch.ones_like(hidden))
        torch.manual_seed(step)
        losses = stacked(x).square().mean((1, 2))
        together.step(losses)
        for s, (net, optimizer) in enumerate(zip(plain, alone, strict=True)):
            one = net[3]((net[1](net[0](x[s].T)).T * mask[s]).T).square().mean()
            torch.testing.assert_close(losses[s], one)
            optimizer.zero_grad()
            one.backward()
            optimizer.step()
    for s, net in enumerate(plain):
        for place in (0, 3):
            torch.testing.assert_close(stacked[place].weight[s], net[place].weight)
            torch.testing.assert_close(
                stacked[place].bias[s].squeeze(-1), net[place].bias
            )


def test_each_network_drops_at_its_own_rate_and_none_in_eval() -> None:
    torch.manual_seed(0)
    layer = StackedDropout([Dropout(p) for p in RATES])
    x = torch.ones(3, 100, 400)
    y = layer(x)
    for s, p in enumerate(RATES):
        assert abs((y[s] == 0).double().mean().item() - p) < 0.01
        assert abs(y[s].mean().item() - 1) < 0.02
        assert y[s].max().item() == pytest.approx(1 / (1 - p))
    assert layer.eval()(x) is x
