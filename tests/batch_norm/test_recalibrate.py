"""`recalibrate_batch_norm` stores the statistics of all values and nothing else.

`check_pooled` compares with one pass over everything that reached a layer. Ours passes;
torch's `update_bn`, which averages over the batches, fails when their sizes differ, and
so does the running average of ordinary training.
"""

import copy
import math
from collections import UserDict
from collections.abc import Callable, Iterable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn
from torch.testing import assert_close

from snippets.batch_norm.freeze import freeze_batch_norm
from snippets.batch_norm.recalibrate import recalibrate_batch_norm

Recalibrate = Callable[[nn.Module, Iterable[Tensor]], None]
# float32 sums over at most some hundred values near one
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def batches(*sizes: int, width: int = 2, spread: float = 3) -> list[Tensor]:
    """Each batch has its own mean, as in data that nobody has shuffled."""
    return [
        spread * i + (i + 1) * normal(n, width, 5, 5, seed=i)
        for i, n in enumerate(sizes)
    ]


class Net(nn.Module):
    """Two batch norms, one of them behind the other and behind dropout."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.bn1 = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)
        self.drop = nn.Dropout(0.5)
        self.conv2, self.bn2 = nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4, momentum=None)

    def forward(self, x: Tensor) -> Tensor:
        h = self.drop(self.bn1(self.conv1(x)).relu())
        return self.bn2(self.conv2(h))


class Shared(nn.Module):
    """One layer, called for two inputs of different sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(x).mean() + self.bn(input=2 * x[..., 1:] + 1).mean()


def all_inputs(model: nn.Module, loader: Iterable[Tensor]) -> dict[str, Tensor]:
    """Everything that reaches each layer, (C, values), when the batch normalizes."""
    model = copy.deepcopy(model).eval()
    seen: dict[str, list[Tensor]] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(_: nn.Module, args: tuple[Tensor, ...], kwargs: dict) -> None:
            x = args[0] if args else kwargs["input"]
            seen.setdefault(name, []).append(x.double().transpose(0, 1).flatten(1))

        return hook

    for name, layer in model.named_modules():
        if isinstance(layer, _BatchNorm):
            layer.train()
            layer.register_forward_pre_hook(keep(name), with_kwargs=True)
    with torch.no_grad():
        for batch in loader:
            model(batch)
    return {name: torch.cat(values, 1) for name, values in seen.items()}


def check_pooled(
    recalibrate: Recalibrate, model: nn.Module, loader: list[Tensor]
) -> None:
    """The buffers are mean and unbiased variance of all values, each counted once."""
    expected = all_inputs(model, loader)
    assert expected
    recalibrate(model, loader)
    for name, values in expected.items():
        layer = model.get_submodule(name)
        mean, var = layer.running_mean.double(), layer.running_var.double()
        assert_close(mean, values.mean(1), **CLOSE, msg=lambda m, n=name: n + m)
        assert_close(var, values.var(1), **CLOSE, msg=lambda m, n=name: n + m)


def everything(model: nn.Module) -> tuple[object, ...]:
    """All that must not change, apart from the statistics themselves."""
    modes = [module.training for module in model.modules()]
    momenta = [getattr(module, "momentum", "") for module in model.modules()]
    hooks = [len(vars(m)["_forward_pre_hooks"]) for m in model.modules()]
    learns = [(p.requires_grad, p.grad, p.tolist()) for p in model.parameters()]
    return modes, momenta, hooks, learns


# ---------------------------------------------------------------- the statistics


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    training=st.booleans(),
    spread=st.sampled_from([0.0, 3.0]),
)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_batches_of_any_size_are_pooled_exactly(sizes, training, spread):
    model = Net().train(training)
    check_pooled(recalibrate_batch_norm, model, batches(*sizes, spread=spread))


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (nn.BatchNorm1d(3), [(4, 3), (7, 3)]),
        (nn.BatchNorm1d(3), [(4, 3, 5), (1, 3, 2)]),
        (nn.BatchNorm2d(3), [(2, 3, 4, 4), (3, 3, 2, 2)]),
        (nn.BatchNorm3d(3), [(2, 3, 2, 2, 2), (1, 3, 1, 1, 2)]),
        (nn.SyncBatchNorm(3), [(2, 3, 4), (3, 3, 2)]),
    ],
)
def test_values_per_channel_are_counted_over_all_dimensions(layer, shapes):
    loader = [normal(*shape, seed=i) + i for i, shape in enumerate(shapes)]
    check_pooled(recalibrate_batch_norm, nn.Sequential(layer), loader)


def test_a_layer_that_is_called_twice_pools_both_calls():
    model = Shared()
    check_pooled(recalibrate_batch_norm, model, batches(3, 5))
    assert model.bn.num_batches_tracked == 4


def test_a_small_spread_around_a_large_mean_survives():
    loader = [1000 + 0.1 * normal(50, 2, seed=i).double() for i in range(3)]
    model = nn.Sequential(nn.BatchNorm1d(2))
    recalibrate_batch_norm(model, [x.float() for x in loader])
    expected = torch.cat([x.float().double() for x in loader]).var(0)
    assert_close(model[0].running_var.double(), expected, rtol=1e-4, atol=0)


def test_recalibrating_twice_gives_the_same():
    model = Net()
    recalibrate_batch_norm(model, batches(3, 5))
    first = copy.deepcopy(model.state_dict())
    recalibrate_batch_norm(model, batches(3, 5))
    assert_close(model.state_dict(), first, rtol=0, atol=0)


def test_one_batch_gives_in_eval_mode_what_training_mode_gives():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)).double()
    x = batches(6)[0].double()
    recalibrate_batch_norm(model, [x])
    values = 6 * 3 * 3
    model[1].running_var *= (values - 1) / values  # what normalizes is biased
    assert_close(model.eval()(x), model.train()(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_statistics_keep_their_dtype_and_are_rounded_once(dtype):
    loader = [x.to(dtype) for x in batches(4, 6)]
    model = nn.Sequential(nn.BatchNorm2d(2, dtype=dtype))
    recalibrate_batch_norm(model, loader)
    values = torch.cat([x.double().transpose(0, 1).flatten(1) for x in loader], 1)
    for actual, expected in (
        (model[0].running_mean, values.mean(1)),
        (model[0].running_var, values.var(1)),
    ):
        assert actual.dtype == dtype
        eps = torch.finfo(dtype).eps
        assert_close(actual.double(), expected, rtol=max(eps, 1e-12), atol=1e-12)


def test_channels_last_input_gives_the_same():
    loader = batches(4, 6)
    first, second = Net(), Net()
    recalibrate_batch_norm(first, loader)
    last = [x.to(memory_format=torch.channels_last) for x in loader]
    recalibrate_batch_norm(second, last)
    assert_close(second.state_dict(), first.state_dict(), **CLOSE)


def test_autocast_batches_are_measured_in_float32():
    model = Net()

    def forward(batch: Tensor) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            model(batch)

    recalibrate_batch_norm(model, batches(6, 6), forward)
    reference = Net()
    recalibrate_batch_norm(reference, batches(6, 6))
    assert model.bn1.running_var.dtype == torch.float32
    # bfloat16 convolutions: 2^-8 of values below 10, and of their squares
    assert_close(
        model.bn1.running_mean, reference.bn1.running_mean, rtol=0.02, atol=0.05
    )
    assert_close(model.bn1.running_var, reference.bn1.running_var, rtol=0.05, atol=0.05)


def test_an_empty_batch_counts_for_nothing():
    model, other = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    loader = [normal(3, 2), normal(0, 2), normal(4, 2, seed=1)]
    recalibrate_batch_norm(model, loader)
    recalibrate_batch_norm(other, [loader[0], loader[2]])
    assert_close(model.state_dict(), other.state_dict(), rtol=0, atol=0)


def test_num_batches_tracked_counts_the_batches():
    model = Net()
    model.bn1.num_batches_tracked.fill_(1000)
    recalibrate_batch_norm(model, batches(3, 4, 5))
    assert model.bn1.num_batches_tracked == 3
    assert model.bn2.num_batches_tracked == 3
    assert model.bn1.num_batches_tracked.dtype == torch.int64


# ---------------------------------------------------------------- nothing else


def test_dropout_is_off():
    before = torch.manual_seed(1).get_state()
    model, expected = Net(), Net()
    expected.drop = nn.Identity()
    torch.set_rng_state(before)
    recalibrate_batch_norm(model, batches(4, 4))
    assert torch.equal(torch.get_rng_state(), before)  # no mask was drawn
    recalibrate_batch_norm(expected, batches(4, 4))
    assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("training", [True, False])
def test_modes_momentum_hooks_and_parameters_are_left_as_they_were(training):
    model = Net().train(training)
    model.bn1.train(not training)
    model.drop.train(not training)
    model.bn2.register_forward_pre_hook(lambda *_: None)
    model.conv1.weight.requires_grad = False
    before = everything(model)
    recalibrate_batch_norm(model, batches(3, 5))
    assert everything(model) == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["loader", "forward"])
def test_after_an_exception_everything_is_as_before(error, where):
    model = Net()
    model(batches(4)[0])
    before, state = everything(model), copy.deepcopy(model.state_dict())

    def failing() -> Iterable[Tensor]:
        yield from batches(3, 5)
        raise error("broken disk")

    def forward(batch: Tensor) -> None:
        model(batch)
        raise error("out of memory")

    loader = failing() if where == "loader" else batches(3, 5)
    with pytest.raises(error, match="disk" if where == "loader" else "memory"):
        recalibrate_batch_norm(model, loader, forward if where == "forward" else None)
    assert everything(model) == before
    assert_close(model.state_dict(), state, rtol=0, atol=0)


def test_models_with_a_train_of_their_own_are_not_disturbed():
    class Stubborn(Net):
        def train(self, mode: bool = True) -> "Stubborn":
            raise AssertionError(mode)

    model, expected = Stubborn(), Net()
    recalibrate_batch_norm(model, batches(3, 5))
    recalibrate_batch_norm(expected, batches(3, 5))
    assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)


def test_frozen_layers_are_measured_and_stay_frozen():
    model = Net()
    loader = batches(3, 5)
    expected = all_inputs(model, loader)["bn2"]
    freeze_batch_norm(model)
    recalibrate_batch_norm(model, loader)
    assert_close(model.bn2.running_mean.double(), expected.mean(1), **CLOSE)
    assert not model.train().bn1.training


def test_a_layer_that_no_batch_reaches_keeps_its_statistics():
    model = Net()
    model.unused = nn.BatchNorm1d(3)
    model.unused(normal(5, 3))
    before = copy.deepcopy(model.unused.state_dict())
    check_pooled(recalibrate_batch_norm, model, batches(3, 5))
    assert_close(model.unused.state_dict(), before, rtol=0, atol=0)


def test_only_the_given_part_is_recalibrated():
    model = nn.Sequential(Net(), nn.BatchNorm2d(4)).eval()
    model[0](batches(3)[0])
    before = copy.deepcopy(model[0].state_dict())
    recalibrate_batch_norm(model[1], batches(3, 5), model)
    assert_close(model[0].state_dict(), before, rtol=0, atol=0)
    assert model[1].num_batches_tracked == 2


def test_a_compiled_model_is_recalibrated_too():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    compiled = torch.compile(model, backend="aot_eager")
    loader = batches(4, 4)
    for mode in (True, False):
        compiled.train(mode)(loader[0])  # compiled before there were hooks
        check_pooled(lambda _, x: recalibrate_batch_norm(compiled, x), model, loader)
    compiled.train()(loader[0])
    assert model[1].num_batches_tracked == 3


# ---------------------------------------------------------------- batches


def test_tensors_tuples_lists_and_dicts_are_batches():
    class Named(Net):
        def forward(self, image: Tensor, target: Tensor | None = None) -> Tensor:
            return super().forward(image)

    x, y = batches(6)[0], torch.zeros(6)
    expected = Named()
    recalibrate_batch_norm(expected, [x])
    mapping = UserDict({"image": x, "target": y})
    for batch in ((x, y), [x, y], (x,), {"image": x}, mapping):
        model = Named()
        recalibrate_batch_norm(model, [batch])
        assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)


def test_forward_takes_any_batch():
    model, expected = Net(), Net()
    x = batches(6)[0]
    recalibrate_batch_norm(expected, [x])
    recalibrate_batch_norm(
        model, [("id", {"x": x})], lambda batch: model(batch[1]["x"])
    )
    assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)


def test_a_data_loader_and_a_generator_are_loaders():
    x = normal(10, 3)
    data = torch.utils.data.TensorDataset(x, torch.zeros(10))
    for loader in (torch.utils.data.DataLoader(data, 4), iter(x.split(4))):
        model = nn.BatchNorm1d(3)
        recalibrate_batch_norm(model, loader)
        assert_close(model.running_var, x.var(0), **CLOSE)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("batch", ["text", 1.0, None])
def test_other_batches_are_refused(batch):
    with pytest.raises(TypeError, match=f"expected a tensor, .* got {batch!r}"):
        recalibrate_batch_norm(Net(), [batch])


def test_an_empty_loader_is_refused_and_the_statistics_stand():
    model = Net()
    model(batches(4)[0])
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="expected batches that reach a batch norm"):
        recalibrate_batch_norm(model, [])
    assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_batches_that_reach_no_layer_are_refused():
    with pytest.raises(ValueError, match="expected batches that reach a batch norm"):
        recalibrate_batch_norm(Net(), batches(3), lambda batch: batch)


def test_a_model_without_batch_norm_is_refused():
    with pytest.raises(ValueError, match="expected batch norm, got none in Linear"):
        recalibrate_batch_norm(nn.Linear(2, 2), [normal(3, 2)])


def test_a_layer_without_running_statistics_is_refused():
    flipped = nn.BatchNorm1d(2)
    flipped.track_running_stats = False
    emptied = nn.BatchNorm1d(2)
    emptied.running_mean = emptied.running_var = None
    for layer in (nn.BatchNorm1d(2, track_running_stats=False), flipped, emptied):
        model = nn.Sequential(nn.BatchNorm1d(2), layer)
        with pytest.raises(ValueError, match=r"got none in BatchNorm1d\(2"):
            recalibrate_batch_norm(model, [normal(3, 2)])
        assert model[0].num_batches_tracked == 0


def test_a_lazy_layer_is_refused_and_leaves_no_hook():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.LazyBatchNorm1d())
    with pytest.raises(ValueError, match=r"got none in LazyBatchNorm1d"):
        recalibrate_batch_norm(model, [normal(3, 2)])
    assert not vars(model[0])["_forward_pre_hooks"]


def test_one_value_per_channel_is_refused_and_the_statistics_stand():
    model = nn.BatchNorm1d(2)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        recalibrate_batch_norm(model, [normal(3, 2), normal(1, 2)])
    assert model.running_var.tolist() == [1, 1]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_statistics_that_are_not_finite_are_refused_and_the_old_stand(bad):
    model = Net()
    before = copy.deepcopy(model.state_dict())
    loader = [*batches(3, 4), torch.full((2, 2, 5, 5), bad)]
    with pytest.raises(ValueError, match=r"expected finite statistics, got tensor\("):
        recalibrate_batch_norm(model, loader)
    assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_a_variance_too_large_for_float16_is_refused():
    model = nn.BatchNorm1d(1, dtype=torch.float16)
    loader = [300 * normal(50, 1).half()]
    with pytest.raises(ValueError, match="expected finite statistics"):
        recalibrate_batch_norm(model, loader)
    assert model.running_var.item() == 1


# ---------------------------------------------------------------- the check can fail


def test_torchs_update_bn_fails_the_check_on_unequal_batches():
    def average(model: nn.Module, loader: Iterable[Tensor]) -> None:
        update_bn(loader, model.train())

    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    for loader in (batches(2, 9, spread=0), batches(4, 4)):
        with pytest.raises(AssertionError):
            check_pooled(average, model, loader)


def test_ordinary_training_fails_the_check():
    def train(model: nn.Module, loader: Iterable[Tensor]) -> None:
        for batch in loader:
            model.train()(batch)

    with pytest.raises(AssertionError):
        check_pooled(train, Net(), batches(4, 4, spread=0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_on_a_gpu_gets_the_same_statistics():
    model, expected = Net().cuda(), Net()
    recalibrate_batch_norm(expected, batches(6, 8))
    recalibrate_batch_norm(model, batches(6, 8), lambda batch: model(batch.cuda()))
    state = {name: value.cpu() for name, value in model.state_dict().items()}
    assert_close(state, dict(expected.state_dict()), rtol=1e-3, atol=1e-3)
