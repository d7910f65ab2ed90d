"""Networks trained side by side take the steps that each takes alone."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments import digits_mlp
from scripts.experiments.parts.digits import batches, digits
from scripts.experiments.parts.stacked import descend, outputs, stack

SEEDS = (0, 1, 2)
RATES = (0.1, 0.4, 1.6)
STEPS = 30


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """Differences are then mistakes, not rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def data() -> tuple[Tensor, Tensor, Tensor]:
    x, y, *_ = digits()
    order = torch.stack([batches(seed, len(y), 64, STEPS) for seed in SEEDS], 1)
    return x.double(), y, order


@pytest.mark.parametrize("batch_norm", [False, True])
def test_stacked_networks_take_the_steps_of_plain_modules(batch_norm: bool) -> None:
    x, y, order = data()
    plain = [digits_mlp.network(seed, batch_norm) for seed in SEEDS]
    stacked = stack([digits_mlp.network(seed, batch_norm) for seed in SEEDS])
    optimizers = [
        torch.optim.SGD(net.parameters(), rate)
        for net, rate in zip(plain, RATES, strict=True)
    ]
    for index in order:
        alone: list[Tensor] = []
        for net, optimizer, one in zip(plain, optimizers, index, strict=True):
            loss = F.cross_entropy(net(x[:, one].T), y[one])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            alone.append(loss.detach())
        together = digits_mlp.losses(stacked, x[:, index].transpose(0, 1), y[index])
        descend(stacked, together, torch.tensor(RATES))
        torch.testing.assert_close(together.detach(), torch.stack(alone))

    # The same weights in the end, and in evaluation the same running statistics.
    for s, net in enumerate(plain):
        linear = [one for one in net if isinstance(one, nn.Linear)]
        weights = [one for one in stacked if hasattr(one, "weight")]
        assert len(linear) == len(weights) == 3
        for one, many in zip(linear, weights, strict=True):
            torch.testing.assert_close(many.weight[s], one.weight)
            torch.testing.assert_close(many.bias[s].squeeze(-1), one.bias)
    stacked.eval()
    probe = x[:, :50]
    evaluated = outputs(stacked, probe.expand(len(SEEDS), -1, -1))
    expected = torch.stack([net.eval()(probe.T).T for net in plain])
    torch.testing.assert_close(evaluated, expected.detach())


def test_reading_outputs_in_training_leaves_the_running_statistics() -> None:
    x, _, _ = data()
    net = stack([digits_mlp.network(seed, True) for seed in SEEDS])
    before = {name: one.clone() for name, one in net.named_buffers()}
    batch = x[:, :64].expand(len(SEEDS), -1, -1)
    read = outputs(net, batch)
    for name, one in net.named_buffers():
        assert torch.equal(one, before[name]), name
    torch.testing.assert_close(read, net(batch).detach())
    assert any(not torch.equal(b, before[n]) for n, b in net.named_buffers())


def test_a_layer_that_cannot_be_stacked_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot stack LayerNorm"):
        stack([nn.Sequential(nn.LayerNorm(3)) for _ in SEEDS])


def test_every_epoch_shows_every_image_once_but_the_short_last_batch() -> None:
    order = batches(seed=0, count=10, size=3, steps=7)
    assert order.shape == (7, 3)
    for epoch in (order[:3], order[3:6]):
        assert len(set(epoch.flatten().tolist())) == 9
    assert not torch.equal(order[:3], order[3:6])
    assert torch.equal(order, batches(seed=0, count=10, size=3, steps=7))
    assert not torch.equal(order, batches(seed=1, count=10, size=3, steps=7))
