"""`WeightNorm` is torch's weight_norm: numbers, gradients, files, right inverse."""

import copy
import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn.utils import parametrizations
from torch.nn.utils.parametrize import (
    register_parametrization,
    remove_parametrizations,
)
from torch.testing import assert_close

from snippets.norms.weight_norm import WeightNorm

MAKE = {
    "linear": lambda **options: nn.Linear(6, 4, **options),
    "conv1d": lambda **options: nn.Conv1d(3, 4, 5, **options),
    "conv2d": lambda **options: nn.Conv2d(3, 4, (2, 3), **options),
    "transposed": lambda **options: nn.ConvTranspose2d(3, 4, 2, **options),
    "vector": lambda **options: nn.LayerNorm(5, **options),
}
EXACT = {"rtol": 1e-10, "atol": 1e-12}  # float64
each_layer = pytest.mark.parametrize("kind", list(MAKE))


def pair(kind: str, dim: int | None = 0, **options) -> tuple[nn.Module, nn.Module]:
    """Two layers with the same weight: one with ours, one with torch's."""
    ours = MAKE[kind](**options)
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(ours.weight.shape, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        ours.weight.copy_(weight)
    twin = copy.deepcopy(ours)
    register_parametrization(ours, "weight", WeightNorm(dim))
    parametrizations.weight_norm(twin, dim=dim)
    return ours, twin


def assert_same(ours: nn.Module, twin: nn.Module, **tolerance: float) -> None:
    """Same names, weight and gradients, before and after a step of g and v."""
    assert list(ours.state_dict()) == list(twin.state_dict())
    for _ in range(2):
        for layer in (ours, twin):
            layer.zero_grad()
            factor = torch.arange(layer.weight.numel()).view(layer.weight.shape)
            (layer.weight * factor).sum().backward()
        assert ours.weight.dtype == twin.weight.dtype
        assert_close(ours.weight, twin.weight, **tolerance)
        parameters = zip(
            ours.parametrizations.weight.parameters(),
            twin.parametrizations.weight.parameters(),
            strict=True,
        )
        for mine, torchs in parameters:
            assert mine.shape == torchs.shape
            assert_close(mine, torchs, **tolerance)
            assert_close(mine.grad, torchs.grad, **tolerance)
            with torch.no_grad():
                mine.sub_(0.01 * torchs.grad)
                torchs.sub_(0.01 * torchs.grad)


@each_layer
@pytest.mark.parametrize("dim", [0, -1, None])
def test_weight_and_gradients_are_torchs(kind, dim):
    assert_same(*pair(kind, dim, dtype=torch.float64), **EXACT)


@pytest.mark.parametrize("kind", ["linear", "conv1d", "conv2d", "transposed"])
@pytest.mark.parametrize("dim", [1, -2])
def test_other_axes_are_torchs(kind, dim):
    assert_same(*pair(kind, dim, dtype=torch.float64), **EXACT)


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [
        (torch.float32, {"rtol": 1e-5, "atol": 1e-5}),
        # A gradient adds up to 24 products of a size up to 23, each rounded by torch.
        (torch.float16, {"rtol": 4e-3, "atol": 5e-2}),
        (torch.bfloat16, {"rtol": 3e-2, "atol": 4e-1}),
    ],
)
@pytest.mark.parametrize("dim", [0, None])
def test_other_dtypes_are_torchs(dtype, tolerance, dim):
    assert_same(*pair("linear", dim, dtype=dtype), **tolerance)


def test_the_outputs_have_lengths_by_default():
    ours, twin = nn.Linear(6, 4), nn.Linear(6, 4)
    register_parametrization(ours, "weight", WeightNorm())
    parametrizations.weight_norm(twin)
    for layer in (ours, twin):
        assert layer.parametrizations.weight.original0.shape == (4, 1)


def test_minus_one_is_the_whole_weight_and_not_the_last_axis():
    for layer in pair("linear", -1):
        assert layer.parametrizations.weight.original0.shape == ()


@pytest.mark.parametrize("dim", [0, 1, None])
def test_g_is_the_length_and_v_only_a_direction(dim):
    layer, _ = pair("conv2d", dim, dtype=torch.float64)
    axes = [axis for axis in range(4) if axis != dim]
    g, v = layer.parametrizations.weight.parameters()
    with torch.no_grad():
        g.copy_(torch.arange(1.0, g.numel() + 1).view(g.shape))
    before = layer.weight.detach()
    assert_close(torch.linalg.vector_norm(before, dim=axes, keepdim=dim is not None), g)
    with torch.no_grad():
        v.mul_(7)
    assert_close(layer.weight, before, **EXACT)
    layer.weight.sin().sum().backward()
    # The gradient has no part along v: a step can only turn it.
    along = (v.grad * v).sum(axes)
    assert_close(along, torch.zeros_like(along), rtol=0, atol=1e-12)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    dim=st.integers(-5, 4) | st.none(),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    seed=st.integers(0, 99),
)
def test_right_inverse_gives_the_weight_back(shape, dim, scale, seed):
    dim = None if dim is None else dim % len(shape)
    generator = torch.Generator().manual_seed(seed)
    weight = scale * torch.randn(shape, generator=generator, dtype=torch.float64)
    parametrization = WeightNorm(dim)
    g, v = parametrization.right_inverse(weight)
    if dim is not None:
        assert g.shape == tuple(n if i == dim else 1 for i, n in enumerate(shape))
    assert_close(g, torch.norm_except_dim(weight, 2, -1 if dim is None else dim))
    assert_close(parametrization(g, v), weight, **EXACT)
    assert_close(
        parametrization(g, v), torch._weight_norm(v, g, -1 if dim is None else dim)
    )


def test_gradient_passes_gradcheck():
    v = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    g = torch.randn(3, 1, 1, dtype=torch.float64, requires_grad=True)
    assert gradcheck(WeightNorm(0), (g, v))


def test_assigned_weight_is_split_again():
    ours, twin = pair("linear", dtype=torch.float64)
    ours.weight = twin.weight = torch.randn(4, 6, dtype=torch.float64)
    assert_same(ours, twin, **EXACT)


def test_removal_leaves_the_weight():
    ours, _ = pair("linear")
    expected = ours.weight.detach().clone()
    remove_parametrizations(ours, "weight")
    assert torch.equal(ours.weight, expected)


@each_layer
def test_state_dict_fits_both_ways(kind):
    ours, twin = pair(kind)
    for source, target in ((ours, twin), (twin, ours)):
        for parameter in source.parameters():
            nn.init.normal_(parameter)
        file = io.BytesIO()
        torch.save(source.state_dict(), file)
        file.seek(0)
        target.load_state_dict(torch.load(file, weights_only=True))
        assert_close(target.weight, source.weight)


def test_float16_squares_do_not_overflow():
    weight = torch.full((2, 3), 1000.0, dtype=torch.float16)
    g, v = WeightNorm().right_inverse(weight)
    assert_close(WeightNorm()(g, v), weight, rtol=1e-3, atol=0)


def test_non_contiguous_weights():
    weight = torch.randn(5, 4, 3, dtype=torch.float64).permute(2, 0, 1)
    for dim in (0, 1, 2, None):
        parametrization = WeightNorm(dim)
        assert_close(parametrization(*parametrization.right_inverse(weight)), weight)


def test_copies_behave_as_the_original():
    ours, _ = pair("conv2d")
    assert torch.equal(copy.deepcopy(ours).weight, ours.weight)


def test_autocast_changes_nothing():
    ours, _ = pair("linear")
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ours.weight, ours.weight.float())


def test_compiles_without_a_graph_break():
    ours, twin = pair("linear")
    x = torch.randn(2, 6)
    compiled = torch.compile(ours, backend="aot_eager", fullgraph=True)
    assert_close(compiled(x), twin(x))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dim", [0, None])
def test_on_a_gpu_too(dim):
    ours, twin = pair("conv2d", dim, device="cuda", dtype=torch.float64)
    assert_close(ours.weight, twin.weight, **EXACT)


# Refusals


@pytest.mark.parametrize("dim", [2, -3])
def test_an_axis_out_of_range_is_refused(dim):
    message = f"dim of a 2-D weight, got {dim}"
    with pytest.raises(ValueError, match=message):
        register_parametrization(nn.Linear(6, 4), "weight", WeightNorm(dim))


@pytest.mark.parametrize(("rows", "dim"), [(1, 0), (3, 0), (4, None)])
def test_a_zero_direction_is_refused_where_torch_gives_nan(rows, dim):
    layer = nn.Linear(6, 4)
    nn.init.zeros_(layer.weight[:rows])
    twin = parametrizations.weight_norm(copy.deepcopy(layer), dim=dim)
    assert twin.weight.isnan().any()
    count = 1 if dim is None else rows
    with pytest.raises(ValueError, match=f"no slice of zeros, got {count}"):
        register_parametrization(layer, "weight", WeightNorm(dim))


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_only_floating_point_is_accepted(dtype):
    with pytest.raises(TypeError, match=f"floating-point weight, got {dtype}"):
        WeightNorm().right_inverse(torch.ones(4, 6, dtype=dtype))


# The check can fail


class OverTheOtherAxis(WeightNorm):
    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return g * v / v.norm(dim=0, keepdim=True)


class DetachedLength(WeightNorm):
    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return g * v / v.detach().norm(dim=1, keepdim=True)


@pytest.mark.parametrize("wrong", [OverTheOtherAxis, DetachedLength])
def test_the_check_fails_a_wrong_parametrization(wrong):
    ours, twin = pair("linear", dtype=torch.float64)
    ours.parametrizations.weight[0].__class__ = wrong
    with pytest.raises(AssertionError):
        assert_same(ours, twin, **EXACT)
