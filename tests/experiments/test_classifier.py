"""Stacked classifiers with PyTorch's batch norm take the steps of plain modules."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts import classifier
from scripts.experiments.parts.digits import batches, digits
from snippets.batch_norm.batch_norm import BatchNorm

SEEDS = (0, 1)
RATES = (0.1, 0.4)
STEPS = 20


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """Differences are then mistakes, not rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def data() -> tuple[Tensor, Tensor]:
    x, y, *_ = digits()
    return x.double(), y


def plain(seed: int, momentum: float | None) -> nn.Sequential:
    net = classifier.network(seed, momentum=momentum)
    for place, layer in enumerate(net):
        if isinstance(layer, BatchNorm):
            net[place] = nn.BatchNorm1d(layer.num_features, momentum=momentum)
    return net


@pytest.mark.parametrize("momentum", [0.01, 0.1, None])
def test_stacked_networks_take_the_steps_of_plain_modules(
    momentum: float | None,
) -> None:
    x, y = data()
    net = classifier.stacked(SEEDS, momentum=momentum)
    assert sum(isinstance(one, nn.BatchNorm1d) for one in net.modules()) == 2
    assert not any(isinstance(one, BatchNorm) for one in net.modules())
    rates = torch.tensor(RATES)
    together = list(classifier.train(net, x, y, SEEDS, rates, 16, STEPS))
    logits = classifier.evaluated(net, x[:, :50], len(SEEDS))
    for s, (seed, rate) in enumerate(zip(SEEDS, RATES, strict=True)):
        alone = plain(seed, momentum)
        optimizer = torch.optim.SGD(alone.parameters(), rate)
        order = batches(seed, len(y), 16, STEPS)
        for index, losses in zip(order, together, strict=True):
            loss = F.cross_entropy(alone(x[:, index].T), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            torch.testing.assert_close(losses[s], loss.detach())
        expected = alone.eval()(x[:, :50].T).T
        torch.testing.assert_close(logits[s], expected.detach())


def test_exact_statistics_are_those_of_everything() -> None:
    x, y = data()
    net = classifier.stacked(SEEDS)
    list(classifier.train(net, x, y, SEEDS, torch.tensor(RATES), 16, STEPS))
    before = {name: one.clone() for name, one in net.state_dict().items()}
    whole = classifier.exactly(net, x, len(SEEDS))
    assert all(torch.equal(one, before[k]) for k, one in net.state_dict().items())
    first = net[0](x.expand(len(SEEDS), -1, -1)).detach()
    state = whole.state_dict()
    mean, var = (state[f"1.layer.running_{name}"] for name in ("mean", "var"))
    torch.testing.assert_close(mean, first.mean(-1).flatten())
    torch.testing.assert_close(var, first.var(-1).flatten())
