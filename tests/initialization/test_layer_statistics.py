"""LayerStatistics against direct computation, and its promise to leave no trace."""

import copy
import math
from collections import OrderedDict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.initialization.layer_statistics import LayerStatistics


def small_net():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(6 * 4 * 4, 5),
        nn.Tanh(),
    )


def hooks_of(model):
    count = 0
    for module in model.modules():
        count += len(module._forward_hooks) + len(module._forward_pre_hooks)
        count += len(module._backward_hooks)
    for parameter in model.parameters():
        count += len(parameter._post_accumulate_grad_hooks or {})
    return count


def check_moments(layer, outputs):
    """Mean and population std of all values, to 1e-9 of their size, in float64."""
    every = torch.cat([y.flatten() for y in outputs]).double()
    size = float(every.abs().max()) + 1e-300
    assert layer["values"] == len(every)
    assert abs(layer["mean"] - float(every.mean())) <= 1e-9 * size
    assert abs(layer["std"] - float(every.std(correction=0))) <= 1e-9 * size


def check_no_trace(watch, model):
    """Outputs, gradients, buffers, modes, hooks and the random stream are unchanged."""
    twin = copy.deepcopy(model)
    x = torch.randn(4, 3, 6, 6)
    torch.manual_seed(0)
    expected = twin(x)
    expected.square().sum().backward()
    after = torch.get_rng_state()
    torch.manual_seed(0)
    with watch(model):
        y = model(x)
        y.square().sum().backward()
    assert torch.equal(torch.get_rng_state(), after)
    assert torch.equal(y, expected)
    assert hooks_of(model) == hooks_of(twin)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(p, q)
        assert torch.equal(p.grad, q.grad)
    for p, q in zip(model.buffers(), twin.buffers(), strict=True):
        assert torch.equal(p, q)
    assert [m.training for m in model.modules()] == [m.training for m in twin.modules()]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    shift=st.sampled_from([0.0, 3.0, 1e6]),
)
def test_mean_and_std_are_exact_over_calls_of_unequal_size(sizes, shift):
    generator = torch.Generator().manual_seed(len(sizes))
    batches = [
        (i + 1) * torch.randn(n, 3, generator=generator, dtype=torch.float64)
        + shift * i
        for i, n in enumerate(sizes)
    ]
    model = nn.Identity()
    with LayerStatistics(model) as statistics:
        for batch in batches:
            model(batch)
    check_moments(statistics.layers["Identity"], batches)


def test_the_moments_check_can_fail():
    x = torch.randn(50, 3, dtype=torch.float64)
    model = nn.Identity()
    with LayerStatistics(model) as statistics:
        model(x)
    for wrong in ({"std": float(x.std())}, {"mean": 1e-3}, {"values": 149}):
        with pytest.raises(AssertionError):
            check_moments(statistics.layers["Identity"] | wrong, [x])


def test_every_layer_reports_the_numbers_of_a_direct_computation():
    model, x = small_net(), torch.randn(8, 3, 6, 6)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    before = copy.deepcopy(model)
    with LayerStatistics(model) as statistics:
        model(x).square().mean().backward()
        optimizer.step()
    h = x
    for name, layer in before.named_children():
        h = layer(h)
        found = statistics.layers[name]
        y = h.detach()
        assert found["mean"] == pytest.approx(float(y.mean()), rel=1e-5, abs=1e-6)
        assert found["std"] == pytest.approx(float(y.std(correction=0)), rel=1e-5)
        dead = (y == 0).transpose(0, 1).flatten(1).all(1).double().mean()
        assert found["dead"] == pytest.approx(float(dead), abs=1e-6)
    h.square().mean().backward()
    for name, layer in before.named_children():
        found, own = statistics.layers[name], list(layer.parameters())
        if not own:
            assert "gradient" not in found
            assert "update" not in found
            continue
        size = math.sqrt(sum(float(p.detach().square().sum()) for p in own))
        gradient = math.sqrt(sum(float(p.grad.square().sum()) for p in own))
        assert found["gradient"] == pytest.approx(gradient, rel=1e-5)
        assert found["update"] == pytest.approx(0.1 * gradient / size, rel=1e-4)


@pytest.mark.parametrize(
    ("layer", "values", "share"),
    [
        (nn.Tanh(), [-3.0, -2.1, -2.0, 0.0, 2.0, 2.1, 3.0, 9.0], 5 / 8),
        (nn.Sigmoid(), [-5.0, -4.2, -4.1, 0.0, 4.1, 4.2, 5.0, 1.0], 4 / 8),
    ],
)
def test_saturated_is_the_share_near_either_end(layer, values, share):
    """tanh(2.0923) = 0.97 and sigmoid(4.1846) = 0.985."""
    with LayerStatistics(layer) as statistics:
        layer(torch.tensor([values]))
        layer(torch.tensor([values]))
    (found,) = statistics.layers.values()
    assert found["saturated"] == pytest.approx(share)


def test_saturation_is_weighed_by_the_size_of_each_call():
    layer = nn.Tanh()
    with LayerStatistics(layer) as statistics:
        layer(torch.full((1, 3), 9.0))
        layer(torch.zeros(1, 1))
    assert statistics.layers["Tanh"]["saturated"] == pytest.approx(3 / 4)


def test_layers_without_a_range_report_no_saturation():
    layer = nn.ReLU()
    with LayerStatistics(layer) as statistics:
        layer(torch.randn(4, 3))
    assert "saturated" not in statistics.layers["ReLU"]


def test_dead_means_zero_in_every_sample_position_and_call():
    layer = nn.ReLU()
    x = -torch.ones(4, 5, 2, 2)
    x[0, 1, 1, 0] = 1  # alive through a single value
    again = -torch.ones(3, 5, 2, 2)
    again[2, 3] = 1
    with LayerStatistics(layer) as statistics:
        layer(x)
        assert statistics.layers["ReLU"]["dead"] == pytest.approx(4 / 5)
        layer(again)
        layer(x)
    assert statistics.layers["ReLU"]["dead"] == pytest.approx(3 / 5)


@pytest.mark.parametrize("channel_dim", [0, 1, 2, -1, -3])
def test_dead_counts_along_the_axis_that_was_named(channel_dim):
    x = torch.randn(3, 4, 5)
    x.select(channel_dim, 1).zero_()
    layer = nn.Identity()
    with LayerStatistics(layer, channel_dim) as statistics:
        layer(x)
    share = 1 / x.shape[channel_dim]
    assert statistics.layers["Identity"]["dead"] == pytest.approx(share)


def test_one_relu_at_two_widths_counts_both():
    layer = nn.ReLU()
    with LayerStatistics(layer) as statistics:
        layer(torch.ones(2, 3))
        layer(-torch.ones(2, 5))
    assert statistics.layers["ReLU"]["dead"] == pytest.approx(5 / 8)


def test_an_output_that_lacks_the_channel_axis_reports_no_dead_share():
    layer = nn.Identity()
    with LayerStatistics(layer) as statistics:
        layer(torch.ones(3))
        layer(torch.tensor(2.0))
    assert statistics.layers["Identity"]["mean"] == pytest.approx(5 / 4)
    assert "dead" not in statistics.layers["Identity"]


def test_a_tuple_is_read_by_its_first_tensor_and_the_rest_is_passed_over():
    class Returns(nn.Module):
        def forward(self, output):
            return output

    layer = Returns()
    with LayerStatistics(layer) as statistics:
        for output in (None, (), "x", torch.arange(3), torch.empty(0, 3), {"a": 1}):
            layer(output)
        assert statistics.layers["Returns"] == {}
        layer((torch.ones(2, 3), torch.zeros(9)))
    assert statistics.layers["Returns"]["mean"] == 1
    lstm = nn.LSTM(3, 4, 2)
    with LayerStatistics(lstm) as statistics:
        y, _ = lstm(torch.randn(5, 2, 3))
        y.sum().backward()
    assert statistics.layers["LSTM"]["mean"] == pytest.approx(float(y.detach().mean()))
    assert statistics.layers["LSTM"]["gradient"] > 0


def test_modules_with_parameters_and_children_are_watched_too():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    with LayerStatistics(layer) as statistics:
        layer(torch.randn(2, 3, 8)).square().sum().backward()
    assert statistics.layers["self_attn"]["gradient"] > 0
    assert {"linear1", "norm1", "dropout1"} <= set(statistics.layers)
    assert "" not in statistics.layers


def test_accumulated_gradients_are_reported_as_the_optimizer_sees_them():
    layer, x = nn.Linear(3, 2), torch.randn(4, 3)
    with LayerStatistics(layer) as statistics:
        layer(x).sum().backward()
        once = statistics.layers["Linear"]["gradient"]
        layer(x).sum().backward()
        layer.zero_grad()
    assert statistics.layers["Linear"]["gradient"] == pytest.approx(2 * once)


def test_frozen_parameters_have_no_gradient_and_no_update():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with LayerStatistics(model) as statistics:
        model(torch.randn(5, 3)).square().sum().backward()
        optimizer.step()
    assert "gradient" not in statistics.layers["0"]
    assert statistics.layers["0"]["update"] == 0
    assert statistics.layers["1"]["update"] > 0


def test_parameters_that_were_zero_have_no_update_ratio():
    layer = nn.Linear(3, 4)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    with LayerStatistics(layer) as statistics, torch.no_grad():
        layer.weight.add_(1)
    assert statistics.layers["Linear"] == {}


@pytest.mark.parametrize("training", [True, False])
def test_watching_changes_nothing(training):
    check_no_trace(LayerStatistics, small_net().train(training))


def test_the_no_trace_check_can_fail():
    class Leaves(LayerStatistics):
        def __exit__(self, *_):
            pass

    class Draws(LayerStatistics):
        def __enter__(self):
            torch.rand(1)
            return super().__enter__()

    for wrong in (Leaves, Draws):
        with pytest.raises(AssertionError):
            check_no_trace(wrong, small_net())


def test_an_exception_still_removes_every_hook():
    model = small_net()

    def failing_step():
        with LayerStatistics(model):
            assert hooks_of(model) > 0
            model(torch.randn(4, 3, 9, 9))

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        failing_step()
    assert hooks_of(model) == 0


def test_a_lazy_layer_is_refused_and_leaves_no_hook():
    model = nn.Sequential(nn.Linear(3, 3), nn.LazyLinear(2))
    with pytest.raises(ValueError, match="uninitialized parameter"):
        LayerStatistics(model).__enter__()
    assert hooks_of(model) == hooks_of(nn.Sequential(nn.Linear(3, 3), nn.LazyLinear(2)))


def test_the_copy_of_the_parameters_is_given_up_with_the_block():
    layer = nn.Linear(3, 2)
    with LayerStatistics(layer) as statistics:
        assert statistics._before
    assert not statistics._before


def test_a_second_block_starts_from_nothing():
    layer = nn.ReLU()
    statistics = LayerStatistics(layer)
    with statistics:
        layer(torch.ones(2, 3))
    with statistics:
        layer(-torch.ones(1, 3))
    assert statistics.layers["ReLU"]["values"] == 3
    assert statistics.layers["ReLU"]["dead"] == 1
    layer(torch.ones(5, 3))
    assert statistics.layers["ReLU"]["values"] == 3, "outside the block nothing counts"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_summed_in_float32(dtype):
    layer, x = nn.Identity(), torch.full((300, 300), 300.0, dtype=dtype)
    with LayerStatistics(layer) as statistics:
        layer(x)
    assert statistics.layers["Identity"]["mean"] == pytest.approx(300, rel=1e-5)
    layer = nn.Linear(300, 300, dtype=dtype)
    nn.init.constant_(layer.weight, 2.0)
    with LayerStatistics(layer) as statistics, torch.no_grad():
        layer.weight.mul_(1.5)
        layer.bias.zero_()
    assert statistics.layers["Linear"]["update"] == pytest.approx(0.5, rel=1e-3)


def test_non_contiguous_and_channels_last_outputs_are_read_right():
    x = torch.randn(4, 3, 5, 6)
    for y in (x.contiguous(memory_format=torch.channels_last), x[..., ::2], x.mT):
        layer = nn.Identity()
        with LayerStatistics(layer) as statistics:
            layer(y)
        found = statistics.layers["Identity"]["std"]
        assert found == pytest.approx(float(y.std(correction=0)), rel=1e-5)


def test_nan_and_infinity_are_shown_not_hidden():
    layer = nn.Identity()
    with LayerStatistics(layer) as statistics:
        layer(torch.ones(2, 2))
        layer(torch.full((2, 2), math.nan))
    assert math.isnan(statistics.layers["Identity"]["mean"])
    assert math.isnan(statistics.layers["Identity"]["std"])
    assert "nan" in str(statistics)
    with LayerStatistics(layer) as statistics:
        layer(torch.full((2, 2), math.inf))
    assert not math.isfinite(statistics.layers["Identity"]["mean"])


def test_the_table_is_aligned_under_long_names_too():
    model = nn.ModuleDict({"a_name_longer_than_any_type": nn.Linear(2, 2)})
    with LayerStatistics(model) as statistics:
        model["a_name_longer_than_any_type"](torch.ones(1, 2))
    assert len({len(line) for line in str(statistics).split("\n")}) == 1


def test_the_gradient_of_a_child_is_not_that_of_its_parent():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.ones(3))
            self.child = nn.Linear(2, 2)

        def forward(self, x):
            return self.child(x)

    model = Scaled()
    with LayerStatistics(model) as statistics:
        model(torch.ones(1, 2)).sum().backward()
    assert "gradient" in statistics.layers["child"]
    assert "gradient" not in statistics.layers["Scaled"]


def test_the_table_is_aligned_and_marks_what_does_not_apply():
    model = small_net()
    with LayerStatistics(model) as statistics:
        model(torch.randn(8, 3, 6, 6)).sum().backward()
    lines = str(statistics).split("\n")
    assert len(lines) == 1 + 6
    assert len({len(line) for line in lines}) == 1
    columns = [
        "layer",
        "type",
        "mean",
        "std",
        "saturated",
        "dead",
        "gradient",
        "update",
    ]
    assert lines[0].split() == columns
    relu = lines[3].split()
    assert relu[:2] == ["2", "ReLU"]
    assert relu[4] == relu[6] == relu[7] == "-"
    conv = lines[1].split()
    assert float(conv[3]) == pytest.approx(statistics.layers["0"]["std"], rel=5e-3)
    ends = [line.rindex(line.split()[-1]) + len(line.split()[-1]) for line in lines]
    assert len(set(ends)) == 1
    layers = {"a_name_longer_than_its_type": nn.ReLU(), "b": nn.LeakyReLU()}
    with LayerStatistics(nn.Sequential(OrderedDict(layers))) as statistics:
        pass
    assert len({len(line) for line in str(statistics).split("\n")}) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_cuda_the_numbers_are_those_of_the_cpu():
    model, x = small_net(), torch.randn(8, 3, 6, 6)
    found = []
    for device in ("cpu", "cuda"):
        here = copy.deepcopy(model).to(device)
        with LayerStatistics(here) as statistics:
            here(x.to(device)).square().mean().backward()
        found.append(statistics.layers)
    for name, layer in found[0].items():
        assert found[1][name] == pytest.approx(layer, rel=1e-3, abs=1e-4)
