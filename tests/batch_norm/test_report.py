"""`batch_norm_report` measures what it says and leaves the model exactly as it was.

`check_untouched` takes any function that looks at a model with a batch. Ours passes; a
forward in training mode, even under no_grad, fails, and so does a forgotten hook.
"""

import copy
import math
from collections import UserDict
from collections.abc import Callable
from dataclasses import FrozenInstanceError, astuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from snippets.batch_norm.freeze import freeze_batch_norm
from snippets.batch_norm.recalibrate import recalibrate_batch_norm
from snippets.batch_norm.report import LayerReport, batch_norm_report

Look = Callable[[nn.Module, Tensor], object]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class Net(nn.Module):
    """With all that a forward may disturb: buffers, random numbers, a counter."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.bn1 = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)
        self.drop = nn.Dropout(0.5)
        self.inner = nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        h = self.drop(self.bn1(self.conv1(x)).relu())
        return self.inner(h + 1e-3 * torch.randn_like(h))


def one(layer: nn.Module, batch: object = None) -> LayerReport:
    """The report of a model that is a single layer."""
    (report,) = batch_norm_report(layer, batch).layers
    return report


def check_untouched(look: Look, model: nn.Module, x: Tensor) -> None:
    """Buffers, versions, modes, hooks, gradients and random state are as before."""

    def everything() -> list[object]:
        tensors = [*model.parameters(), *model.buffers()]
        hooks = [len(vars(m)["_forward_pre_hooks"]) for m in model.modules()]
        return [
            {name: value.tolist() for name, value in model.state_dict().items()},
            [(id(t), t._version, t.grad, t.requires_grad) for t in tensors],
            [module.training for module in model.modules()],
            hooks,
            torch.get_rng_state().tolist(),
            [sorted(vars(module)) for module in model.modules()],
        ]

    before = everything()
    look(model, x)
    assert everything() == before


# ---------------------------------------------------------------- the numbers


def test_without_a_batch_the_state_alone_is_told():
    model = Net()
    for _ in range(3):
        model(normal(4, 2, 6, 6))
    model.inner.eval()
    first, second = batch_norm_report(model).layers
    assert astuple(first) == ("bn1", "train", None, None, 3, None, None, 0, 0)
    assert astuple(second) == ("inner.1", "eval", None, None, 3, None, None, 0, 0)


@given(
    shape=st.sampled_from([(6, 3), (4, 3, 5), (2, 3, 4, 4), (2, 3, 2, 2, 2)]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    eps=st.sampled_from([1e-5, 0.1]),
    training=st.booleans(),
    seed=st.integers(0, 9),
)
@settings(deadline=None, derandomize=True, max_examples=30)
def test_distances_are_those_of_the_worst_channel(shape, dtype, eps, training, seed):
    layer = nn.SyncBatchNorm(3, eps=eps, dtype=dtype).train(training)
    layer.running_mean.copy_(normal(3, seed=seed + 1))
    layer.running_var.copy_(normal(3, seed=seed + 2).square() + 0.1)
    x = (2 * normal(*shape, seed=seed) + 1).to(dtype)
    values = x.double().transpose(0, 1).flatten(1)
    mean, var = layer.running_mean.double(), layer.running_var.double()
    shift = (values.mean(1) - mean) / (var + eps).sqrt()
    ratio = ((values.var(1) + eps) / (var + eps)).log()
    report = one(layer, x)
    rel = 0.05 if dtype == torch.bfloat16 else 1e-4
    assert report.values == values.shape[1]
    assert report.shift == pytest.approx(shift[shift.abs().argmax()].item(), rel=rel)
    expected = ratio[ratio.abs().argmax()].item()
    assert report.log_ratio == pytest.approx(expected, rel=rel, abs=rel / 5)
    assert (report.bad, report.dead) == (0, 0)


def test_after_recalibration_the_distances_are_zero():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    model = nn.Sequential(model, copy.deepcopy(model)[1:])
    x = 5 * normal(6, 2, 5, 5) + 3
    before = batch_norm_report(model, x).layers
    assert all(abs(layer.shift) > 0.1 for layer in before)
    recalibrate_batch_norm(model, [x])
    for layer in batch_norm_report(model, x).layers:
        assert abs(layer.shift) < 1e-4
        assert abs(layer.log_ratio) < 1e-4


def test_a_fault_in_one_layer_does_not_show_in_the_next():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 4), nn.BatchNorm1d(4)
    )
    x = normal(50, 3)
    recalibrate_batch_norm(model, [x])
    model[1].running_mean += 100
    first, second = batch_norm_report(model, x).layers
    assert abs(first.shift) > 10
    assert abs(second.shift) < 1e-4


def test_a_shared_layer_shows_its_calls_and_the_worst_of_them():
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bn = nn.BatchNorm1d(2, eps=0.01)

        def forward(self, x: Tensor) -> Tensor:
            return self.bn(x).mean() + self.bn(input=x[:4] + 7).mean()

    model = Shared()
    x = normal(6, 2)
    report = one(model, x)
    assert (report.calls, report.values) == (2, 4)
    shift = (x[:4] + 7).mean(0).max().item() / 1.01**0.5
    assert report.shift == pytest.approx(shift, rel=1e-5)


def test_one_value_per_channel_is_told_and_not_raised():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    report = one(model.train(), normal(1, 2))
    assert (report.values, report.log_ratio, report.dead) == (1, None, 0)
    assert report.shift is not None
    assert one(nn.BatchNorm1d(3), normal(2, 3)).log_ratio is not None
    report = one(nn.BatchNorm1d(3), normal(0, 3))
    assert (report.values, report.shift) == (None, None)


def test_dead_channels_are_counted_in_the_layer_and_in_the_batch():
    layer = nn.BatchNorm1d(4)
    layer.running_var[0] = 1e-7
    assert one(layer).dead == 1
    x = normal(8, 4)
    x[:, 1] = 5
    x[:, 2] *= 1e-4
    assert one(layer, x).dead == 3
    x[:, 0] = 5
    assert one(layer, x).dead == 3


def test_a_variance_of_exactly_eps_is_not_dead():
    layer = nn.BatchNorm1d(3, eps=0.25)
    layer.running_var.copy_(torch.tensor([0.25, 0.125, 0.5]))
    assert one(layer).dead == 1


def test_the_variance_of_dead_channels_is_the_unbiased_one():
    layer = nn.BatchNorm1d(1, eps=0.75)
    x = torch.tensor([[-1.0], [1.0], [0.0]])  # biased 2/3, unbiased 1
    report = one(layer, x)
    assert report.dead == 0
    assert report.log_ratio == pytest.approx(0, abs=1e-6)


def test_channels_with_nan_or_infinity_are_counted():
    layer = nn.BatchNorm1d(5)
    layer.running_mean[0] = math.nan
    layer.running_var[1] = math.inf
    with torch.no_grad():
        layer.weight[1] = math.nan
        layer.bias[2] = math.inf
    assert one(layer).bad == 3
    x = normal(8, 5)
    x[0, 3] = math.nan
    report = one(layer, x)
    assert report.bad == 4
    assert math.isnan(report.shift)


def test_layers_without_running_statistics_have_no_distances():
    layer = nn.BatchNorm1d(3, track_running_stats=False, affine=False).eval()
    assert astuple(one(layer)) == ("", "batch", None, None, None, None, None, 0, 0)
    report = one(layer, normal(4, 3) * torch.tensor([1, 1, 0]))
    assert astuple(report) == ("", "batch", 4, 1, None, None, None, 0, 1)
    assert one(layer.train()).mode == "train"


def test_a_layer_that_the_batch_does_not_reach_has_no_distances():
    model = Net()
    model.unused = nn.BatchNorm1d(2)
    report = batch_norm_report(model, normal(3, 2, 6, 6)).layers[-1]
    assert (report.layer, report.values, report.shift) == ("unused", None, None)


def test_frozen_layers_are_reported_in_the_mode_they_stay_in():
    model = Net()
    freeze_batch_norm(model)
    model.train()
    assert {layer.mode for layer in batch_norm_report(model).layers} == {"eval"}


# ---------------------------------------------------------------- nothing changes


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_untouched(training):
    model = Net().train(training)
    model.inner.train(not training)
    check_untouched(batch_norm_report, model, normal(4, 2, 6, 6))
    check_untouched(lambda m, _: batch_norm_report(m), model, normal(4, 2, 6, 6))


def test_the_model_is_untouched_after_an_exception():
    def look(model: nn.Module, x: Tensor) -> None:
        with pytest.raises(RuntimeError, match="expected input"):
            batch_norm_report(model, x)

    check_untouched(look, Net(), normal(4, 5, 6, 6))


def test_a_report_between_forward_and_backward_does_no_harm():
    model = Net().eval()
    x = normal(4, 2, 6, 6)
    loss = model(x).sum()
    batch_norm_report(model, x)
    loss.backward()
    assert model.conv1.weight.grad is not None


def test_the_report_is_repeatable():
    model = Net()
    x = normal(4, 2, 6, 6)
    assert batch_norm_report(model, x) == batch_norm_report(model, x)


# ---------------------------------------------------------------- batches and table


def test_tensors_tuples_lists_and_dicts_are_batches():
    class Named(nn.BatchNorm1d):
        def forward(self, input: Tensor, target: object = None) -> Tensor:  # noqa: A002
            return super().forward(input)

    x = normal(4, 3)
    expected = one(Named(3), x)
    mapping = {"input": x, "target": 1}
    for batch in ((x, 1), [x, 1], mapping, UserDict(mapping)):
        assert one(Named(3), batch) == expected


def test_the_table_is_aligned():
    model = Net()
    for _ in range(12):
        model(normal(4, 2, 6, 6))
    model.inner[1].running_mean += 1000
    model.unused = nn.BatchNorm1d(2, track_running_stats=False)
    lines = str(batch_norm_report(model, normal(4, 2, 6, 6))).split("\n")
    assert len({len(line) for line in lines}) == 1
    assert tuple(lines[0].split()) == tuple(LayerReport.__annotations__)
    assert lines[1].split()[:5] == ["bn1", "train", "64", "1", "12"]
    assert lines[3].split() == ["unused", "train", "-", "-", "-", "-", "-", "0", "0"]
    shift = lines[2].split()[5]
    assert float(shift) < -100
    end = lines[0].index("shift") + len("shift")
    assert lines[2][:end].endswith(shift)  # numbers to the right
    assert all(line[0] != " " for line in lines)  # names to the left


def test_reports_are_frozen_data():
    report = batch_norm_report(Net())
    with pytest.raises(FrozenInstanceError):
        report.layers[0].dead = 3
    with pytest.raises(FrozenInstanceError):
        report.layers = ()
    assert batch_norm_report(Net()) == report


def test_a_model_without_batch_norm_is_refused():
    with pytest.raises(ValueError, match="expected batch norm, got none in Linear"):
        batch_norm_report(nn.Linear(2, 2))


# ---------------------------------------------------------------- the check can fail


def test_a_forward_in_training_mode_fails_the_check():
    def look(model: nn.Module, x: Tensor) -> None:
        with torch.no_grad():
            model(x)

    with pytest.raises(AssertionError):
        check_untouched(look, Net(), normal(4, 2, 6, 6))


def test_a_look_that_forgets_its_hooks_fails_the_check():
    def look(model: nn.Module, x: Tensor) -> None:
        model.bn1.register_forward_pre_hook(lambda *_: None)

    with pytest.raises(AssertionError):
        check_untouched(look, Net(), normal(4, 2, 6, 6))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_on_a_gpu_is_reported_and_untouched():
    model = Net().cuda()
    x = normal(4, 2, 6, 6).cuda()
    before = torch.cuda.get_rng_state()
    check_untouched(batch_norm_report, model, x)
    assert torch.equal(torch.cuda.get_rng_state(), before)
    expected = batch_norm_report(Net(), x.cpu()).layers[0]
    report = batch_norm_report(model, x).layers[0]
    assert_close(report.shift, expected.shift, rtol=1e-2, atol=1e-3)
