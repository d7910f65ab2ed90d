"""`Standardize` knows the training set as if seen in one piece, and nothing else."""

import copy
import io
import pickle
from collections.abc import Iterable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from snippets.norms.standardize import Standardize

SHAPES = [(40, 3), (40, 3, 5), (8, 3, 4, 5), (4, 3, 2, 3, 4)]
# Where nothing but the order of float64 additions differs.
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    """A mean and a spread of its own for each of the C features of (N, C, *)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    of_feature = torch.arange(1.0, shape[1] + 1).view(-1, *[1] * (len(shape) - 2))
    return (x * of_feature + 10 * of_feature).to(dtype)


def fitted(x: Tensor, batch: int = 7, layer: type[Standardize] = Standardize):
    standardize = layer(x.shape[1])
    standardize.fit(x.split(batch))
    return standardize


def closed_form(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and population standard deviation of the whole set at once."""
    columns = x.double().transpose(0, 1).flatten(1)  # (C, n)
    return columns.mean(1), columns.std(1, correction=0)


def assert_fits(x: Tensor, sizes: Iterable[int], layer=Standardize) -> None:
    """Learning from batches of these sizes is learning from x at once."""
    standardize = layer(x.shape[1])
    standardize.fit(x.split(list(sizes)))
    mean, std = closed_form(x)
    assert standardize.count == x.numel() // x.shape[1]
    assert_close(standardize.mean, mean, rtol=1e-12, atol=1e-12)
    # The second pass of the oracle itself starts from a rounded mean.
    assert_close(standardize.std, std, rtol=1e-9, atol=0)


# Fit


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_batches_give_the_statistics_of_the_whole_set(shape, batch):
    x = normal(*shape)
    assert_fits(x, [len(part) for part in x.split(batch)])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(
        lambda sizes: sum(sizes) > 1
    ),
    tail=st.lists(st.integers(1, 3), max_size=2),
    mean=st.sampled_from([0.0, 1.0, 1e4, -1e8]),
    spread=st.sampled_from([1e-3, 1.0, 1e3]),
    seed=st.integers(0, 99),
)
def test_any_split_gives_the_statistics_of_the_whole_set(
    sizes, tail, mean, spread, seed
):
    x = mean + spread * normal(sum(sizes), 2, *tail, seed=seed)
    standardize = Standardize(2)
    standardize.fit(x.split(sizes))
    expected = closed_form(x)
    # float64 knows a value of this size to 2e-16 of it.
    known = 1e-14 * (abs(mean) + 30 * spread)
    assert_close(standardize.mean, expected[0], rtol=0, atol=known)
    assert_close(standardize.std, expected[1], rtol=1e-9, atol=known)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_batches_of_other_dtypes_are_accumulated_in_float64(dtype):
    x = normal(64, 3, 5, dtype=dtype)
    assert_fits(x, [20, 20, 24])


def test_large_mean_with_small_spread_is_not_lost():
    x = (1e6 + normal(1000, 2, seed=3)).float()
    assert_fits(x, [10] * 100)
    naive = (x.square().mean(0) - x.mean(0).square()).sqrt()
    assert not torch.allclose(naive.double(), closed_form(x)[1], rtol=0.5)
    y = fitted(x)(x).double()
    assert_close(y.mean(0), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-6)
    assert_close(y.std(0, correction=0), torch.ones(2).double(), rtol=0, atol=1e-6)


def test_the_order_of_the_batches_does_not_matter():
    parts = normal(40, 3).split(7)
    there, back = Standardize(3), Standardize(3)
    there.fit(parts)
    back.fit(parts[::-1])
    assert_close(there.std, back.std, **EXACT)


def test_fit_forgets_and_update_goes_on():
    x, other = normal(40, 3), normal(30, 3, seed=1) * 5
    standardize = fitted(other)
    standardize.fit([x])
    assert_close(standardize.mean, closed_form(x)[0], **EXACT)
    standardize.update(other)
    assert_close(standardize.mean, closed_form(torch.cat([x, other]))[0], **EXACT)
    assert_close(standardize.std, closed_form(torch.cat([x, other]))[1], **EXACT)


@pytest.mark.parametrize("layout", ["channels_last", "strided", "reversed"])
def test_memory_layout_does_not_matter(layout):
    x = normal(4, 3, 6, 5)
    other = {
        "channels_last": x.contiguous(memory_format=torch.channels_last),
        "strided": x.repeat_interleave(2, dim=-1)[..., ::2],
        "reversed": x.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0),
    }[layout]
    assert other.stride() != x.stride()
    assert_close(fitted(other).std, fitted(x).std, **EXACT)
    assert_close(fitted(x)(other), fitted(x)(x), **EXACT)


def test_fitting_keeps_no_graph():
    standardize = Standardize(3)
    standardize.fit([normal(5, 3).requires_grad_()])
    standardize.update(normal(5, 3).requires_grad_())
    assert not any(buffer.requires_grad for buffer in standardize.buffers())


# Use


@pytest.mark.parametrize("shape", SHAPES)
def test_the_training_set_gets_mean_0_and_std_1(shape):
    y = fitted(normal(*shape))(normal(*shape))
    mean, std = closed_form(y)
    assert_close(mean, torch.zeros(3, dtype=torch.float64), rtol=0, atol=1e-12)
    assert_close(std, torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_use_never_learns(training):
    standardize = fitted(normal(40, 3)).train(training)
    before = copy.deepcopy(standardize.state_dict())
    standardize(100 * normal(40, 3, seed=1))
    standardize.inverse(100 * normal(40, 3, seed=1))
    for key, value in standardize.state_dict().items():
        assert torch.equal(value, before[key])


def test_one_sample_is_treated_as_in_a_batch():
    standardize, x = fitted(normal(40, 3)), normal(40, 3)
    assert torch.equal(standardize(x[5:6]), standardize(x)[5:6])


@pytest.mark.parametrize("shape", SHAPES)
def test_inverse_undoes(shape):
    x = normal(*shape)
    standardize = fitted(x)
    assert_close(standardize.inverse(standardize(x)), x, **EXACT)
    assert_close(standardize(standardize.inverse(x)), x, **EXACT)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8, 1e30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_feature_becomes_0_and_comes_back(value, dtype):
    x = normal(40, 3, dtype=dtype)
    x[:, 1] = value
    standardize = fitted(x)
    assert standardize.std[1] == 1
    y = standardize(x)
    assert torch.equal(y[:, 1], torch.zeros(40, dtype=dtype))
    assert torch.equal(standardize.inverse(y)[:, 1], x[:, 1])
    # A new value is seen at its distance in the units of the data.
    five = torch.full((1, 3), 5.0, dtype=dtype)
    assert standardize(five)[0, 1] == (5 - x[0, 1].double()).to(dtype)


def test_a_single_sample_is_constant():
    x = normal(1, 3)
    assert torch.equal(fitted(x)(x), torch.zeros(1, 3, dtype=torch.float64))


def test_gradient_is_one_over_std():
    standardize = fitted(normal(40, 3))
    x = normal(2, 3).requires_grad_()
    standardize(x).sum().backward()
    assert_close(x.grad, (1 / standardize.std).expand(2, 3))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_output_has_the_dtype_of_the_input_and_one_rounding(dtype):
    x = normal(40, 3, dtype=dtype)
    standardize = fitted(normal(40, 3))
    for method in (standardize, standardize.inverse):
        y = method(x)
        assert y.dtype == dtype
        assert torch.equal(y, method(x.double()).to(dtype))


def test_autocast_changes_nothing():
    standardize, x = fitted(normal(40, 3)), normal(40, 3, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(standardize(x), standardize(x.clone()))
        assert standardize(x).dtype == torch.float32


def test_compiles_without_a_graph_break():
    standardize, x = fitted(normal(40, 3)), normal(40, 3)
    compiled = torch.compile(standardize, backend="aot_eager", fullgraph=True)
    assert_close(compiled(x), standardize(x))


def test_compiled_before_fit_gives_nan():
    compiled = torch.compile(Standardize(3), backend="aot_eager", fullgraph=True)
    assert compiled(normal(4, 3)).isnan().all()


# Saved with the model


def test_saved_and_loaded_with_the_model():
    model = nn.Sequential(fitted(normal(40, 3)), nn.Linear(3, 2))
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    loaded = nn.Sequential(Standardize(3), nn.Linear(3, 2))
    loaded.load_state_dict(torch.load(file, weights_only=True))
    x = normal(5, 3, dtype=torch.float32)
    assert torch.equal(loaded(x), model(x))
    keys = {key for key in model.state_dict() if key.startswith("0.")}
    assert keys == {"0.count", "0.mean", "0.squares"}
    loaded[0].update(normal(30, 3, seed=1))  # and may go on learning
    both = torch.cat([normal(40, 3), normal(30, 3, seed=1)])
    assert_close(loaded[0].std, closed_form(both)[1], **EXACT)


def test_the_optimizer_does_not_see_it():
    assert not list(Standardize(3).parameters())


def test_copies_and_pickles_behave_as_the_original():
    standardize, x = fitted(normal(40, 3)), normal(5, 3)
    for twin in (copy.deepcopy(standardize), pickle.loads(pickle.dumps(standardize))):
        assert torch.equal(twin(x), standardize(x))


@pytest.mark.parametrize("cast", ["half", "bfloat16", "float"])
def test_casting_the_model_leaves_the_statistics_in_float64(cast):
    x = 70_000 + normal(40, 3)  # not a float16
    model = nn.Sequential(fitted(x), nn.Linear(3, 2))
    expected = model[0](x)
    getattr(model, cast)()
    assert model[1].weight.dtype != torch.float64
    assert model[0].mean.dtype == torch.float64
    assert torch.equal(model[0](x), expected)


def test_meta_device_and_back():
    standardize = Standardize(3, device="meta").to_empty(device="cpu")
    standardize.fit([normal(40, 3)])
    assert_close(standardize.mean, closed_form(normal(40, 3))[0], **EXACT)


def test_all_buffers_are_made_on_the_device_and_the_count_is_an_integer():
    buffers = dict(Standardize(3, device="meta").named_buffers())
    assert {buffer.device.type for buffer in buffers.values()} == {"meta"}
    assert buffers["count"].dtype == torch.int64, "float32 cannot count past 2**24"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_moves_to_a_gpu_and_fits_there():
    x = normal(40, 3)
    for standardize in (fitted(x).half().cuda(), fitted(x.cuda())):
        assert standardize.mean.device.type == "cuda"
        assert standardize.mean.dtype == torch.float64
        assert_close(standardize(x.cuda()).cpu(), fitted(x)(x))


# Refusals


def test_use_before_fit_is_refused():
    for method in (Standardize(3), Standardize(3).inverse):
        with pytest.raises(RuntimeError, match=r"expected fit\(\) before use"):
            method(normal(4, 3))


@pytest.mark.parametrize("batches", [[], [torch.empty(0, 3)], [torch.empty(4, 3, 0)]])
def test_nothing_to_fit_is_refused(batches):
    with pytest.raises(ValueError, match="at least one sample to fit, got none"):
        Standardize(3).fit(batches)


@pytest.mark.parametrize("shape", [(), (3,), (4, 2), (4, 5, 3)])
def test_wrong_shapes_are_refused(shape):
    standardize = fitted(normal(40, 3))
    for method in (standardize, standardize.inverse, standardize.update):
        with pytest.raises(ValueError, match=r"expected \(N, 3, \*\), got \("):
            method(torch.ones(shape))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.complex64])
def test_only_floating_point_is_accepted(dtype):
    standardize = fitted(normal(40, 3))
    for method in (standardize, standardize.inverse, standardize.update):
        with pytest.raises(TypeError, match=f"floating-point tensor, got {dtype}"):
            method(torch.ones(4, 3, dtype=dtype))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_are_refused_before_they_spoil_anything(bad):
    standardize, x = fitted(normal(40, 3)), normal(4, 3)
    before = copy.deepcopy(standardize.state_dict())
    x[2, 1] = bad
    with pytest.raises(ValueError, match="finite values, got NaN or infinity"):
        standardize.update(x)
    for key, value in standardize.state_dict().items():
        assert torch.equal(value, before[key])


def test_a_batch_of_inputs_and_targets_is_refused():
    loader = [[normal(4, 3), torch.ones(4)]]
    with pytest.raises(TypeError, match="point tensor, got <class 'list'>"):
        Standardize(3).fit(loader)


def test_a_bad_batch_leaves_what_was_learnt_before():
    standardize, x = fitted(normal(40, 3)), normal(5, 3)
    expected = standardize(x)
    with pytest.raises(ValueError, match="finite"):
        standardize.fit([100 * normal(40, 3), x / 0])
    assert torch.equal(standardize(x), expected)


# The check can fail


class MeanOfBatches(Standardize):
    """Forgets that batches differ in size and in mean."""

    def update(self, x: Tensor) -> None:
        mean, std = closed_form(x)
        seen, total = self.count.clone(), self.count + len(x)
        batches = getattr(self, "batches", 0)
        self.mean.copy_((self.mean * batches + mean) / (batches + 1))
        self.squares.copy_((self.squares / max(seen, 1) * batches + std**2) * total)
        self.squares.div_(batches + 1)
        self.count.copy_(total)
        self.batches = batches + 1


class SumsOfSquares(Standardize):
    """E[x^2] - E[x]^2 cancels, in float64 too if the mean is large enough."""

    def update(self, x: Tensor) -> None:
        total = self.count + len(x)
        square = (self.squares + self.count * self.mean**2) + (x**2).sum(0)
        self.mean.copy_((self.mean * self.count + x.sum(0)) / total)
        self.squares.copy_((square - total * self.mean**2).clamp(min=0))
        self.count.copy_(total)


@pytest.mark.parametrize("wrong", [MeanOfBatches, SumsOfSquares])
def test_the_check_fails_a_wrong_layer(wrong):
    x = 1e6 + normal(41, 3)
    with pytest.raises(AssertionError):
        assert_fits(x, [20, 20, 1], wrong)
    assert_fits(x, [20, 20, 1])
