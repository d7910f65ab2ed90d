"""Group norm, convolutions and Adam, stacked, take the steps that each takes alone."""

from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments import lr_sweep, small_batch
from scripts.experiments.digits_mlp import losses
from scripts.experiments.parts.digits import batches, digits
from scripts.experiments.parts.stacked import descend, outputs
from scripts.experiments.parts.stacked_layers import StackedAdam, stack_more

SEEDS = (0, 1, 2)
RATES = (0.01, 0.04, 0.16)
STEPS = 20
Build = Callable[[int], nn.Sequential]


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """Differences are then mistakes, not rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def compare(build: Build, images: bool, adam: bool) -> None:
    x, y, *_ = digits()
    x = x.double()
    order = torch.stack([batches(seed, len(y), 16, STEPS) for seed in SEEDS], 1)
    plain = [build(seed) for seed in SEEDS]
    stacked = stack_more([build(seed) for seed in SEEDS])
    kind = torch.optim.Adam if adam else torch.optim.SGD
    optimizers = [
        kind(net.parameters(), rate) for net, rate in zip(plain, RATES, strict=True)
    ]
    together = StackedAdam(stacked, torch.tensor(RATES))

    def alone(index: Tensor) -> Tensor:
        """(N, 64) or (N, 1, 8, 8)."""
        one = x[:, index].T
        return one.reshape(-1, 1, 8, 8) if images else one

    def joined(index: Tensor) -> Tensor:
        """(S, 64, N) or (N, S, 8, 8)."""
        many = x[:, index].transpose(0, 1)
        if not images:
            return many
        return many.permute(2, 0, 1).reshape(-1, len(SEEDS), 8, 8)

    for index in order:
        for net, optimizer, one in zip(plain, optimizers, index, strict=True):
            optimizer.zero_grad()
            F.cross_entropy(net(alone(one)), y[one]).backward()
            optimizer.step()
        loss = losses(stacked, joined(index), y[index])
        if adam:
            together.descend(loss)
        else:
            descend(stacked, loss, torch.tensor(RATES))
    stacked.eval()
    same = torch.arange(50).expand(len(SEEDS), -1)
    got = outputs(stacked, joined(same))
    expected = torch.stack([net.eval()(alone(same[0])).T for net in plain])
    torch.testing.assert_close(got, expected.detach())


@pytest.mark.parametrize("norm", small_batch.NORMS)
def test_mlp_takes_the_steps_of_plain_modules(norm: str) -> None:
    compare(lambda seed: small_batch.mlp(seed, norm), images=False, adam=False)


@pytest.mark.parametrize("norm", small_batch.NORMS)
def test_cnn_takes_the_steps_of_plain_modules(norm: str) -> None:
    compare(lambda seed: small_batch.cnn(seed, norm), images=True, adam=False)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_adam_takes_the_steps_of_torch(batch_norm: bool) -> None:
    compare(lambda seed: lr_sweep.network(seed, batch_norm), images=False, adam=True)
