"""Networks trained side by side take the steps that each takes alone."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments import digits_mlp
from scripts.experiments.parts.adam import Adam
from scripts.experiments.parts.digits import batches, digits
from scripts.experiments.parts.stacked import (
    StackedBatchNorm,
    StackedLinear,
    chosen,
    descend,
    exact,
    outputs,
    stack,
)
from snippets.batch_norm.batch_norm import BatchNorm

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


def test_stacked_adam_takes_the_steps_of_torch() -> None:
    x, y, order = data()
    plain = [digits_mlp.network(seed, True) for seed in SEEDS]
    stacked = stack([digits_mlp.network(seed, True) for seed in SEEDS])
    rates = (0.003, 0.01, 0.03)
    many = Adam(stacked, torch.tensor(rates))
    optimizers = [
        torch.optim.Adam(net.parameters(), rate)
        for net, rate in zip(plain, rates, strict=True)
    ]
    for index in order:
        for net, optimizer, one in zip(plain, optimizers, index, strict=True):
            optimizer.zero_grad()
            F.cross_entropy(net(x[:, one].T), y[one]).backward()
            optimizer.step()
        together = digits_mlp.losses(stacked, x[:, index].transpose(0, 1), y[index])
        many.step(together)
    probe = x[:, :50]
    evaluated = outputs(stacked.eval(), probe.expand(len(SEEDS), -1, -1))
    expected = torch.stack([net.eval()(probe.T).T for net in plain])
    # The bias before batch norm has no gradient but rounding, of which Adam makes
    # steps: they leave the output as it is, and the running mean follows them.
    torch.testing.assert_close(evaluated, expected.detach(), rtol=1e-3, atol=0.02)


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


def test_exact_statistics_are_those_of_each_network_on_everything() -> None:
    x, y, order = data()
    net = stack([digits_mlp.network(seed, True) for seed in SEEDS])
    for index in order[:5]:  # so that the running statistics are neither old nor exact
        loss = digits_mlp.losses(net, x[:, index].transpose(0, 1), y[index])
        descend(net, loss, torch.tensor(RATES))
    before = {name: one.clone() for name, one in net.state_dict().items()}
    keep = torch.tensor([True, False, True])
    state = chosen(net, keep)
    exact(net, state, x.expand(2, -1, -1))
    after = net.state_dict()
    assert all(torch.equal(one, after[name]) for name, one in before.items())
    assert net.training
    norms = [one for one in net.modules() if isinstance(one, BatchNorm)]
    assert [one.momentum for one in norms] == [0.1, 0.1]

    # By hand, one network after the other, layer by layer.
    for row, s in enumerate([0, 2]):
        z = x
        for place, layer in enumerate(net):
            if isinstance(layer, StackedLinear):
                weight = state[f"{place}.weight"][row]
                torch.testing.assert_close(weight, layer.weight[s])
                z = weight @ z + layer.bias[s]
            elif isinstance(layer, StackedBatchNorm):
                of_row = slice(row * len(z), (row + 1) * len(z))
                of_s = slice(s * len(z), (s + 1) * len(z))
                mean, var = z.mean(1), z.var(1)
                got = (state[f"{place}.layer.running_{k}"] for k in ("mean", "var"))
                for one, expected in zip(got, (mean, var), strict=True):
                    torch.testing.assert_close(one[of_row], expected)
                own = layer.layer.running_mean
                assert own is not None
                assert not torch.allclose(own[of_s], mean, rtol=0.01)
                z = F.batch_norm(
                    z.T,
                    None,
                    None,
                    layer.layer.weight[of_s],
                    layer.layer.bias[of_s],
                    training=True,
                ).T
            else:
                z = layer(z)


@pytest.mark.parametrize("scoring", digits_mlp.SCORINGS)
def test_accuracy_of_some_networks_is_that_of_plain_modules(scoring: str) -> None:
    images = digits()
    images = images._replace(
        train_x=images.train_x.double(), test_x=images.test_x.double()
    )
    x, y, order = data()
    net = stack([digits_mlp.network(seed, True) for seed in SEEDS])
    alone = digits_mlp.network(SEEDS[1], True)
    optimizer = torch.optim.SGD(alone.parameters(), RATES[1])
    for index in order[:12]:
        loss = digits_mlp.losses(net, x[:, index].transpose(0, 1), y[index])
        descend(net, loss, torch.tensor(RATES))
        optimizer.zero_grad()
        F.cross_entropy(alone(x[:, index[1]].T), y[index[1]]).backward()
        optimizer.step()
    if scoring == "exact":
        for layer in alone:
            if isinstance(layer, BatchNorm):
                layer.reset_running_stats()
                layer.momentum = None
        alone(x.T)
    right = alone.eval()(images.test_x.T).argmax(1) == images.test_y
    keep = torch.tensor([False, True, False])
    got = digits_mlp.accuracy(net, images, keep, scoring)
    torch.testing.assert_close(got.double(), right.double().mean().view(1))
    assert net.training


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
