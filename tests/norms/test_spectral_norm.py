"""`SpectralNorm` divides by the largest singular value, step by step as torch does."""

import copy
import io
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.nn.utils.parametrize import (
    register_parametrization,
    remove_parametrizations,
)
from torch.testing import assert_close

from snippets.norms.spectral_norm import SpectralNorm

LAYERS = {
    "linear": (lambda **options: nn.Linear(6, 4, **options), 0),
    "conv1d": (lambda **options: nn.Conv1d(3, 4, 5, **options), 0),
    "conv2d": (lambda **options: nn.Conv2d(3, 4, (2, 3), **options), 0),
    "conv3d": (lambda **options: nn.Conv3d(2, 3, 2, **options), 0),
    "grouped": (lambda **options: nn.Conv2d(4, 6, 3, groups=2, **options), 0),
    "transposed": (lambda **options: nn.ConvTranspose2d(3, 4, 2, **options), 1),
    "embedding": (lambda **options: nn.Embedding(7, 5, **options), 0),
}
CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # float32
EXACT = {"rtol": 1e-10, "atol": 1e-12}  # float64
each_layer = pytest.mark.parametrize("kind", list(LAYERS))


def pair(kind: str, n_power_iterations: int = 1, **options) -> tuple[nn.Module, ...]:
    """Two layers with the same weight and seed: one with ours, one with torch's."""
    make, dim = LAYERS[kind]
    torch.manual_seed(0)
    ours = make(**options)
    twin = copy.deepcopy(ours)
    torch.manual_seed(1)
    parametrization = SpectralNorm(ours.weight, n_power_iterations, dim)
    register_parametrization(ours, "weight", parametrization)
    torch.manual_seed(1)
    parametrizations.spectral_norm(twin, n_power_iterations=n_power_iterations)
    return ours, twin


def assert_same_steps(ours: nn.Module, twin: nn.Module, **tolerance: float) -> None:
    """Same weight, gradient, u and v: training, evaluation, training again."""
    for training in (True, True, False, False, True):
        ours.train(training), twin.train(training)
        weights = ours.weight, twin.weight
        assert weights[0].dtype == weights[1].dtype
        assert_close(*weights, **tolerance)
        for layer, weight in zip((ours, twin), weights, strict=True):
            layer.zero_grad()
            weight.mul(torch.arange(weight.numel()).view(weight.shape)).sum().backward()
            original = layer.parametrizations.weight.original
            with torch.no_grad():
                original.add_(original.grad, alpha=-0.01)  # the next step sees another
        for key, value in twin.state_dict().items():
            assert_close(ours.state_dict()[key], value, **tolerance)


def singular_values(weight: Tensor, dim: int = 0) -> Tensor:
    matrix = weight.detach().double().movedim(dim, 0).flatten(1)
    return torch.linalg.svdvals(matrix)


# The largest singular value


@each_layer
def test_many_iterations_reach_a_largest_singular_value_of_one(kind):
    ours, _ = pair(kind, n_power_iterations=300, dtype=torch.float64)
    weight = ours.parametrizations.weight.original
    dim = LAYERS[kind][1]
    expected = weight / singular_values(weight, dim)[0]
    assert_close(ours.weight, expected, rtol=1e-8, atol=0)
    assert_close(singular_values(ours.weight, dim)[0].item(), 1.0, rtol=1e-8, atol=0)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    dim=st.integers(-5, 4),
    seed=st.integers(0, 99),
)
def test_converges_for_every_shape_and_dim(shape, dim, seed):
    dim = max(-len(shape), min(dim, len(shape) - 1))
    weight = torch.empty(shape, dtype=torch.float64)
    weight.normal_(generator=torch.Generator().manual_seed(seed))
    torch.manual_seed(seed)
    spectral_norm = SpectralNorm(weight, n_power_iterations=3000, dim=dim)
    sigma = singular_values(weight.unsqueeze(-1), dim % len(shape))[0]
    assert_close(spectral_norm(weight), weight / sigma, rtol=1e-5, atol=1e-5)


def test_one_iteration_a_step_converges_over_the_steps():
    torch.manual_seed(0)
    weight = torch.randn(20, 30, dtype=torch.float64)
    spectral_norm = SpectralNorm(weight)
    sigma = singular_values(weight)[0]
    errors = []
    for _ in range(300):
        estimate = (weight / spectral_norm(weight))[0, 0]
        errors.append((sigma - estimate).item())
    assert all(error >= -1e-12 for error in errors)  # u W v never exceeds the truth
    assert all(b <= a + 1e-12 for a, b in pairwise(errors))
    assert errors[-1] < 1e-4 * errors[0]


def test_a_conv_counts_as_the_matrix_of_its_outputs():
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 8, 3, dtype=torch.float64)
    weight = conv.weight.detach().clone()
    parametrization = SpectralNorm(conv.weight, n_power_iterations=500)
    register_parametrization(conv, "weight", parametrization)
    sigma = torch.linalg.matrix_norm(weight.reshape(8, 27), 2)
    assert_close(conv.weight, weight / sigma, rtol=1e-8, atol=0)


def test_a_vector_is_divided_by_its_length():
    weight = torch.tensor([3.0, 4.0])
    spectral_norm = SpectralNorm(weight)
    assert_close(spectral_norm(weight), torch.tensor([0.6, 0.8]))
    assert not spectral_norm.state_dict()


# The same as torch


@each_layer
@pytest.mark.parametrize("n_power_iterations", [1, 4])
def test_training_and_evaluation_steps_are_torchs(kind, n_power_iterations):
    ours, twin = pair(kind, n_power_iterations, dtype=torch.float64)
    assert_same_steps(ours, twin, **EXACT)


@pytest.mark.parametrize("kind", ["linear", "conv2d", "transposed"])
def test_float32_steps_are_torchs(kind):
    assert_same_steps(*pair(kind), **CLOSE)


@each_layer
def test_state_dict_fits_both_ways(kind):
    ours, twin = pair(kind)
    assert list(ours.state_dict()) == list(twin.state_dict())
    for source, target in ((ours, twin), (twin, ours)):
        source.weight  # noqa: B018 (one more iteration)
        target.load_state_dict(source.state_dict())
        assert_close(target.eval().weight, source.eval().weight, **CLOSE)


def test_defaults_are_torchs():
    twin = parametrizations.spectral_norm(nn.Linear(6, 4)).parametrizations.weight[0]
    ours = SpectralNorm(torch.ones(4, 6))
    for name in ("n_power_iterations", "dim", "eps"):
        assert getattr(ours, name) == getattr(twin, name)


def test_evaluation_leaves_the_vectors_alone():
    ours, _ = pair("linear")
    ours.eval()
    before = copy.deepcopy(ours.state_dict())
    assert torch.equal(ours.weight, ours.weight)
    assert all(torch.equal(before[key], v) for key, v in ours.state_dict().items())


def test_a_training_access_updates_the_vectors_under_no_grad_too():
    ours, _ = pair("linear")
    before = copy.deepcopy(ours.state_dict())["parametrizations.weight.0._u"]
    with torch.no_grad():
        ours.weight  # noqa: B018
    assert not torch.equal(ours.state_dict()["parametrizations.weight.0._u"], before)


def test_one_backward_through_two_forwards():
    ours, _ = pair("linear")
    real, fake = torch.ones(2, 6), -torch.ones(2, 6)
    (ours(real).sum() - ours(fake).sum()).backward()
    assert ours.parametrizations.weight.original.grad.isfinite().all()


def test_training_after_an_evaluation_leaves_the_graph_of_that_alone():
    ours, twin = pair("linear", 3)
    for layer in (ours, twin):
        weight = layer.eval().weight
        layer.train()(torch.ones(1, 6))  # moves u and v
        weight.square().sum().backward()
    gradients = [one.parametrizations.weight.original.grad for one in (ours, twin)]
    assert_close(*gradients, **CLOSE)


def test_gradient_is_that_of_the_division_with_fixed_vectors():
    ours, _ = pair("linear", dtype=torch.float64)
    ours.eval()
    original = ours.parametrizations.weight.original
    u, v = ours.parametrizations.weight[0]._u, ours.parametrizations.weight[0]._v
    ours.weight.square().sum().backward()
    with torch.no_grad():
        sigma = u @ original @ v
        product = (2 * original / sigma * original).sum()
        expected = 2 * original / sigma**2 - product * torch.outer(u, v) / sigma**2
    assert_close(original.grad, expected, **EXACT)


def test_assigned_weight_is_the_one_before_the_division():
    ours, _ = pair("linear", n_power_iterations=100, dtype=torch.float64)
    value = torch.randn(4, 6, dtype=torch.float64)
    ours.weight = value
    assert torch.equal(ours.parametrizations.weight.original, value)
    assert_close(ours.weight, value / singular_values(value)[0], rtol=1e-6, atol=0)


def test_removal_leaves_the_divided_weight():
    ours, _ = pair("linear")
    expected = ours.eval().weight.detach().clone()
    remove_parametrizations(ours, "weight")
    assert torch.equal(ours.weight, expected)


# Precision and machinery


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("training", [True, False])
def test_half_types_lose_only_the_last_rounding(dtype, training):
    torch.manual_seed(0)
    weight = torch.randn(40, 60).to(dtype)
    spectral_norm = SpectralNorm(weight, n_power_iterations=100)
    spectral_norm(weight)
    w = spectral_norm.train(training)(weight)
    assert w.dtype == dtype
    expected = weight.double() / singular_values(weight)[0]
    one_rounding = torch.finfo(dtype).eps
    assert_close(w.double(), expected, rtol=one_rounding, atol=1e-5)


def test_autocast_does_not_touch_the_singular_value():
    torch.manual_seed(0)
    weight = torch.randn(200, 300)
    spectral_norm = SpectralNorm(weight, n_power_iterations=200)
    with torch.autocast("cpu", torch.bfloat16):
        w = spectral_norm(weight)
    assert w.dtype == torch.float32
    assert_close(singular_values(w)[0].item(), 1.0, rtol=1e-3, atol=0)


def test_non_contiguous_weights():
    torch.manual_seed(0)
    weight = torch.randn(6, 4, dtype=torch.float64).T
    spectral_norm = SpectralNorm(weight, n_power_iterations=300)
    assert_close(spectral_norm(weight), weight / singular_values(weight)[0])


def test_copies_and_files_go_on_from_the_same_vectors():
    ours, _ = pair("conv2d")
    ours.weight  # noqa: B018
    file = io.BytesIO()
    torch.save(ours.state_dict(), file)
    file.seek(0)
    other = pair("conv2d")[0]
    other.load_state_dict(torch.load(file, weights_only=True))
    clone = copy.deepcopy(ours)
    expected = ours.weight
    assert torch.equal(other.weight, expected)
    assert torch.equal(clone.weight, expected)


def test_compiles_without_a_graph_break():
    ours, twin = pair("linear")
    compiled = torch.compile(ours, backend="aot_eager", fullgraph=True)
    x = torch.randn(2, 6)
    for _ in range(2):
        assert_close(compiled(x), twin(x), **CLOSE)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@each_layer
def test_on_a_gpu_too(kind):
    assert_same_steps(*pair(kind, device="cuda", dtype=torch.float64), **EXACT)


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_eps_bounds_the_lengths_of_the_first_steps_as_in_torch(scale):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    weight *= scale  # 1e-3: what a step gives is shorter than eps
    torch.manual_seed(1)
    ours = SpectralNorm(weight, eps=0.5)
    torch.manual_seed(1)
    twin = parametrizations._SpectralNorm(weight, eps=0.5)
    for key, value in twin.state_dict().items():
        assert_close(ours.state_dict()[key], value, rtol=1e-10, atol=0)


def test_a_vector_shorter_than_eps_is_divided_by_eps_as_in_torch():
    twin = nn.PReLU(5)
    vector = twin.weight.detach().clone()
    parametrizations.spectral_norm(twin, eps=9.0)
    assert torch.equal(SpectralNorm(vector, eps=9.0)(vector), twin.weight)
    assert_close(twin.weight, vector / 9)


def test_the_buffers_are_on_the_device_of_the_weight():
    weight = torch.randn(4, 6)
    with torch.device("meta"):  # where everything else is made
        buffers = [*SpectralNorm(weight).buffers()]
    assert [buffer.device for buffer in buffers] == [weight.device] * 2


# Refusals


@pytest.mark.parametrize("dim", [2, -3])
def test_an_axis_out_of_range_is_refused(dim):
    with pytest.raises(ValueError, match=f"dim of a 2-D weight, got {dim}"):
        SpectralNorm(torch.ones(4, 6), dim=dim)


def test_a_number_is_refused():
    with pytest.raises(ValueError, match="dim of a 0-D weight, got 0"):
        SpectralNorm(torch.tensor(1.0))


@pytest.mark.parametrize("steps", [0, -1])
def test_no_iterations_are_refused(steps):
    with pytest.raises(ValueError, match=f"n_power_iterations > 0, got {steps}"):
        SpectralNorm(torch.ones(4, 6), n_power_iterations=steps)


def test_a_weight_of_zeros_is_refused_where_torch_gives_nan():
    layer = nn.Linear(6, 4)
    nn.init.zeros_(layer.weight)
    assert parametrizations.spectral_norm(copy.deepcopy(layer)).weight.isnan().all()
    with pytest.raises(ValueError, match="expected a weight to divide, got zeros"):
        SpectralNorm(layer.weight)


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_only_floating_point_is_accepted(dtype):
    with pytest.raises(TypeError, match=f"floating-point weight, got {dtype}"):
        SpectralNorm(torch.ones(4, 6, dtype=dtype))


# The check can fail


class ExactFromTheStart(SpectralNorm):
    def forward(self, weight: Tensor) -> Tensor:
        return weight / torch.linalg.matrix_norm(weight.flatten(1), 2)


class UpdatedInEvaluation(SpectralNorm):
    def forward(self, weight: Tensor) -> Tensor:
        self.training = True
        return super().forward(weight)


class Frobenius(SpectralNorm):
    def forward(self, weight: Tensor) -> Tensor:
        return weight / weight.norm()


@pytest.mark.parametrize("wrong", [ExactFromTheStart, UpdatedInEvaluation, Frobenius])
def test_the_check_fails_a_wrong_parametrization(wrong):
    ours, twin = pair("linear", dtype=torch.float64)
    ours.parametrizations.weight[0].__class__ = wrong
    with pytest.raises(AssertionError):
        assert_same_steps(ours, twin, **EXACT)
