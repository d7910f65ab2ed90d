"""`ChannelsFirstLayerNorm` is permute, `nn.LayerNorm`, permute, and nothing else."""

import copy
import inspect
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from snippets.norms.channels_first_layer_norm import ChannelsFirstLayerNorm

SHAPES = [(4, 6), (4, 6, 5), (2, 6, 4, 3), (2, 6, 2, 3, 2)]
TOLERANCE = {
    torch.float64: {"rtol": 1e-8, "atol": 1e-9},
    torch.float32: {"rtol": 1e-4, "atol": 1e-4},
    # One rounding of the result of float64.
    torch.float16: {"rtol": 1e-3, "atol": 1e-4},
    torch.bfloat16: {"rtol": 8e-3, "atol": 1e-4},
}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(shape, generator=generator, dtype=torch.float64) + 0.5).to(
        dtype
    )


class Permuted(nn.LayerNorm):
    """The twin."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def assert_same(ours: nn.Module, twin: nn.Module, x: Tensor) -> None:
    """Same state, dtypes, output and gradients.

    In half the numbers are compared with the twin in float64: with half parameters
    torch stores mean and 1 / std as half, which doubles the error of its gradients.
    """
    for seed, p in enumerate(twin.parameters()):
        nn.init.zeros_(p).data.add_(normal(*p.shape, seed=seed))
    ours.load_state_dict(twin.state_dict())
    assert ours(x).dtype == twin(x).dtype == x.dtype
    half = x.dtype in (torch.float16, torch.bfloat16)
    exact = torch.float64 if half else x.dtype
    results: list[list[Tensor]] = []
    for layer, dtype in ((ours, x.dtype), (copy.deepcopy(twin).to(exact), exact)):
        leaf = x.detach().to(dtype, copy=True).requires_grad_()
        y = layer(leaf)
        y.backward(normal(*y.shape, seed=7, dtype=x.dtype).to(dtype))
        results.append([y, leaf.grad, *(p.grad for p in layer.parameters())])
    results[0].append(ours(x))  # in the memory layout that was given
    results[1].append(results[1][0])
    for mine, torchs in zip(*results, strict=True):
        assert_close(mine, torchs, check_dtype=False, **TOLERANCE[x.dtype])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", list(TOLERANCE))
@pytest.mark.parametrize(
    "options", [{}, {"bias": False, "eps": 0.1}, {"elementwise_affine": False}]
)
def test_equals_permute_layer_norm_permute(shape, dtype, options):
    twin = Permuted(6, dtype=dtype, **options)
    ours = ChannelsFirstLayerNorm(6, dtype=dtype, **options)
    assert_same(ours, twin, normal(*shape, dtype=dtype))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    dtype=st.sampled_from(list(TOLERANCE)),
    mixed=st.booleans(),
    layout=st.sampled_from(["plain", "reversed", "strided"]),
    seed=st.integers(0, 99),
)
def test_every_shape_dtype_and_layout(shape, dtype, mixed, layout, seed):
    half = dtype in (torch.float16, torch.bfloat16)
    options = {"dtype": torch.float32 if half and mixed else dtype, "eps": 1e-2}
    x = normal(*shape, seed=seed, dtype=dtype)
    if layout == "reversed":
        x = normal(*shape[::-1], seed=seed, dtype=dtype).permute(
            *range(len(shape) - 1, -1, -1)
        )
    if layout == "strided":
        x = normal(*shape[:-1], 2 * shape[-1], seed=seed, dtype=dtype)[..., ::2]
    ours = ChannelsFirstLayerNorm(shape[1], **options)
    assert_same(ours, Permuted(shape[1], **options), x)


def test_gradient_passes_gradcheck():
    x = normal(2, 3, 2, dtype=torch.float64).requires_grad_()
    assert gradcheck(ChannelsFirstLayerNorm(3).double(), (x,))


def test_every_position_is_on_its_own():
    layer = ChannelsFirstLayerNorm(6)
    x = normal(2, 6, 4, 3)
    changed = x.clone()
    changed[1, :, 2, 1] += torch.arange(6.0)
    differs = (layer(x) != layer(changed)).any(1).nonzero().tolist()
    assert differs == [[1, 2, 1]]


@pytest.mark.parametrize("twin", [nn.LayerNorm([6, 4, 3]), nn.GroupNorm(1, 6)])
def test_it_is_not_one_mean_for_all_positions(twin):
    x = normal(2, 6, 4, 3)
    assert (ChannelsFirstLayerNorm(6)(x) - twin(x)).abs().max() > 0.5


def test_state_dict_fits_layer_norm_both_ways():
    ours, twin = ChannelsFirstLayerNorm(6), nn.LayerNorm(6)
    nn.init.normal_(twin.weight)
    ours.load_state_dict(twin.state_dict())
    assert torch.equal(ours.weight, twin.weight)
    nn.init.normal_(ours.bias)
    twin.load_state_dict(ours.state_dict())
    assert torch.equal(ours.bias, twin.bias)


def test_constructor_is_that_of_layer_norm():
    ours = inspect.signature(ChannelsFirstLayerNorm)
    assert ours == inspect.signature(nn.LayerNorm)


@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_memory_format_survives(form):
    x = normal(2, 6, 4, 3).contiguous(memory_format=form)
    assert ChannelsFirstLayerNorm(6)(x).stride() == x.stride()


def test_large_mean_with_small_spread_is_not_lost():
    x = (normal(4, 64, 5, dtype=torch.float64) * 0.05 + 1000).float()
    exact = Permuted(64).double()(x.double())
    # A mean near 1000 is known to 3e-5, a spread of 0.1: an error of some 1e-3.
    y = ChannelsFirstLayerNorm(64)(x)
    assert_close(y.double(), exact, rtol=0, atol=5e-3)


def test_float16_squares_do_not_overflow():
    x = normal(4, 6, 5).half() * 1000
    twin = Permuted(6)(x.float())
    assert_close(ChannelsFirstLayerNorm(6)(x).float(), twin, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_changes_nothing(dtype):
    layer, x = ChannelsFirstLayerNorm(6), normal(4, 6, 5, dtype=dtype)
    with torch.autocast("cpu", torch.bfloat16):
        inside = layer(x)
    assert inside.dtype == dtype
    assert torch.equal(inside, layer(x))


def test_compiles_without_a_graph_break():
    layer, x = ChannelsFirstLayerNorm(6), normal(2, 6, 4, 3)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    assert_close(compiled(x), layer(x))


def test_copies_and_pickles_behave_as_the_original():
    layer, x = ChannelsFirstLayerNorm(6), normal(2, 6, 4, 3)
    nn.init.normal_(layer.weight)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(x), layer(x))


def test_an_empty_batch_gives_an_empty_output():
    assert ChannelsFirstLayerNorm(6)(torch.empty(0, 6, 4)).shape == (0, 6, 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", list(TOLERANCE))
def test_on_a_gpu_too(dtype):
    options = {"dtype": dtype, "device": "cuda"}
    x = normal(2, 6, 4, 3, dtype=dtype).cuda()
    y = ChannelsFirstLayerNorm(6, **options)(x)
    assert_close(y, Permuted(6, **options)(x), **TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(), (6,), (4, 5), (4, 3, 6)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"axis 1 to be \(6,\), got \("):
        ChannelsFirstLayerNorm(6)(torch.ones(shape))


def test_several_normalized_axes_are_refused():
    with pytest.raises(ValueError, match=r"axis 1 to be \(6, 5\), got \(4, 6, 5\)"):
        ChannelsFirstLayerNorm([6, 5])(torch.ones(4, 6, 5))


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_only_floating_point_is_accepted(dtype):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        ChannelsFirstLayerNorm(6)(torch.ones(4, 6, dtype=dtype))


@pytest.mark.parametrize(
    ("dtype", "wrong"),
    [(torch.float32, torch.float64), (torch.float64, torch.float32)],
)
def test_parameters_of_another_dtype_are_refused_as_in_torch(dtype, wrong):
    with pytest.raises(RuntimeError, match="mixed dtype"):
        Permuted(6, dtype=dtype)(torch.ones(4, 6, dtype=wrong))
    with pytest.raises(TypeError, match=f"expected {dtype}, got {wrong}"):
        ChannelsFirstLayerNorm(6, dtype=dtype)(torch.ones(4, 6, dtype=wrong))


class LastAxis(nn.LayerNorm):
    """The usual mistake: nn.LayerNorm(C) on (N, C, L) where L happens to be C."""


class Unbiased(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        x = (x - x.mean(1, True)) / (x.var(1, keepdim=True) + self.eps).sqrt()
        return x * self.weight[:, None] + self.bias[:, None]


@pytest.mark.parametrize("wrong", [LastAxis, Unbiased])
def test_the_check_fails_a_wrong_layer(wrong):
    x = normal(4, 6, 6, dtype=torch.float64)
    with pytest.raises(AssertionError):
        assert_same(wrong(6).double(), Permuted(6).double(), x)
    assert_same(ChannelsFirstLayerNorm(6).double(), Permuted(6).double(), x)
