"""The three derivations and torch agree, and the derived gradient can be derived again.

Tolerances: float64 results differ in the order of additions only (1e-8); half types may
be one rounding away from float64.
"""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.testing import assert_close

from snippets.batch_norm.batch_norm_backward import (
    BatchNormFunction,
    gradients_by_autograd,
    gradients_by_projection,
    gradients_step_by_step,
)

EXACT = {"rtol": 1e-8, "atol": 1e-9}  # float64
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32
HALF = {
    torch.float16: {"rtol": 2e-3, "atol": 4e-3},
    torch.bfloat16: {"rtol": 1.6e-2, "atol": 3e-2},
}
SHAPES = [(5, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 4), (2, 3, 2, 2, 2, 2)]
Gradients = tuple[Tensor, Tensor, Tensor]
Derivation = Callable[[Tensor, Tensor, Tensor, float], Gradients]
DERIVATIONS = [gradients_step_by_step, gradients_by_projection, gradients_by_autograd]


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
    return (2 * numbers + 0.5).to(dtype)


def operands(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64):
    """x, weight and bias that require grad, and an upstream gradient."""
    x = normal(*shape, seed=seed, dtype=dtype).requires_grad_()
    weight = normal(shape[1], seed=seed + 1, dtype=dtype).requires_grad_()
    bias = normal(shape[1], seed=seed + 2, dtype=dtype).requires_grad_()
    return x, weight, bias, normal(*shape, seed=seed + 3, dtype=dtype)


def torch_batch_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def torch_gradients(d_y: Tensor, x: Tensor, weight: Tensor, eps: float) -> Gradients:
    leaves = [
        t.detach().requires_grad_() for t in (x, weight, torch.zeros_like(weight))
    ]
    return torch.autograd.grad(torch_batch_norm(*leaves, eps), leaves, d_y)


def check_derivation(derivation: Derivation, eps: float = 1e-5) -> None:
    for shape in SHAPES:
        x, weight, _, d_y = operands(*shape)
        expected = torch_gradients(d_y, x, weight, eps)
        for ours, theirs in zip(derivation(d_y, x, weight, eps), expected, strict=True):
            assert_close(ours.detach(), theirs, **EXACT)


# --- The derivations ------------------------------------------------------------


@pytest.mark.parametrize("derivation", DERIVATIONS)
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_derivation_gives_torchs_gradients(derivation: Derivation, eps: float) -> None:
    check_derivation(derivation, eps)


def without_mean_path(d_y: Tensor, x: Tensor, weight: Tensor, eps: float) -> Gradients:
    d_x, d_w, d_b = gradients_by_projection(d_y, x, weight, eps)
    axes = [0, *range(2, x.dim())]
    column = (1, -1, *[1] * (x.dim() - 2))
    scale = weight * (x.var(axes, correction=0) + eps).rsqrt()
    return d_x + scale.view(column) * d_y.mean(axes, keepdim=True), d_w, d_b


def as_if_in_eval(d_y: Tensor, x: Tensor, weight: Tensor, eps: float) -> Gradients:
    """Mean and variance taken for constants."""
    _, d_w, d_b = gradients_by_projection(d_y, x, weight, eps)
    axes = [0, *range(2, x.dim())]
    column = (1, -1, *[1] * (x.dim() - 2))
    scale = weight * (x.var(axes, correction=0) + eps).rsqrt()
    return scale.view(column) * d_y, d_w, d_b


def with_eps_outside(d_y: Tensor, x: Tensor, weight: Tensor, eps: float) -> Gradients:
    return gradients_by_projection(d_y, x, weight, eps**2)


def swapped(d_y: Tensor, x: Tensor, weight: Tensor, eps: float) -> Gradients:
    d_x, d_w, d_b = gradients_by_projection(d_y, x, weight, eps)
    return d_x, d_b, d_w


@pytest.mark.parametrize(
    "wrong", [without_mean_path, as_if_in_eval, with_eps_outside, swapped]
)
def test_check_fails_on_a_wrong_derivation(wrong: Derivation) -> None:
    with pytest.raises(AssertionError):
        check_derivation(wrong, eps=0.3)


def in_layout(x: Tensor, layout: str) -> Tensor:
    """The same values, otherwise in memory."""
    match layout:
        case "channels_last":
            return x.movedim(1, -1).contiguous().movedim(-1, 1)
        case "strided":
            return torch.stack([x, -x], dim=-1)[..., 0]
        case _:
            return x


LAYOUTS = st.sampled_from(["contiguous", "channels_last", "strided"])


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    n=st.integers(1, 5),
    c=st.integers(1, 4),
    rest=st.lists(st.integers(1, 4), max_size=4),
    seed=st.integers(0, 999),
    scale=st.sampled_from([1e-2, 1.0, 30.0]),
    shift=st.sampled_from([-100.0, 0.0, 3.0]),
    eps=st.sampled_from([1e-5, 1e-3, 0.5]),
    layouts=st.tuples(LAYOUTS, LAYOUTS),
)
def test_all_agree_on_any_shape_and_layout(
    n, c, rest, seed, scale, shift, eps, layouts
) -> None:
    x, weight, bias, d_y = operands(n, c, *rest, seed=seed)
    assume(x[:, 0].numel() > 1)
    x = in_layout(x.detach() * scale + shift, layouts[0]).requires_grad_()
    d_y = in_layout(d_y, layouts[1])
    y = BatchNormFunction.apply(x, weight, bias, eps)
    assert_close(y, torch_batch_norm(x, weight, bias, eps), **EXACT)
    expected = torch_gradients(d_y, x, weight, eps)
    results = [derivation(d_y, x, weight, eps) for derivation in DERIVATIONS]
    results.append(torch.autograd.grad(y, (x, weight, bias), d_y))
    # Between values 0.01 apart the gradient is 100 times larger than its upstream.
    tolerance = {"rtol": 1e-7, "atol": 1e-9 * max(1.0, 1 / scale)}
    for result in results:
        for ours, theirs in zip(result, expected, strict=True):
            assert_close(ours.detach(), theirs, **tolerance)


def test_gradient_has_no_part_along_one_and_only_a_trace_along_x_hat() -> None:
    """Along 1 nothing; along x_hat what eps leaves: eps / (var + eps) of it."""
    eps = 0.3
    x, weight, _, d_y = (t.detach() for t in operands(16, 3))
    var = x.var(0, correction=0)
    x_hat = (x - x.mean(0)) / (var + eps).sqrt()
    d_x, d_weight, _ = gradients_by_projection(d_y, x, weight, eps)
    assert_close(d_x.sum(0), torch.zeros_like(weight), **EXACT)
    left = weight / (var + eps).sqrt() * d_weight * eps / (var + eps)
    assert_close((d_x * x_hat).sum(0), left, **EXACT)


@pytest.mark.parametrize("derivation", DERIVATIONS)
def test_derivation_leaves_its_arguments_alone(derivation: Derivation) -> None:
    arguments = [t.detach() for t in operands(6, 3)]
    x, weight, _, d_y = arguments
    before = [t.clone() for t in arguments]
    with torch.no_grad():
        results = derivation(d_y, x, weight, 1e-5)
    for tensor, copy in zip(arguments, before, strict=True):
        assert_close(tensor, copy, rtol=0, atol=0)
        assert not tensor.requires_grad
    assert not any(t.requires_grad for t in results)
    assert [t.shape for t in results] == [x.shape, weight.shape, weight.shape]


@pytest.mark.parametrize("derivation", DERIVATIONS)
def test_default_eps_is_torchs(derivation: Derivation) -> None:
    x, weight, _, d_y = operands(6, 3)
    x = x.detach() * 1e-3
    pairs = zip(
        derivation(d_y, x, weight), derivation(d_y, x, weight, 1e-5), strict=True
    )
    for a, b in pairs:
        assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize("derivation", DERIVATIONS)
@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_derivation_computes_half_types_in_float32(derivation, dtype) -> None:
    x, weight, _, d_y = (t.detach() for t in operands(16, 3, 4, dtype=dtype))
    expected = torch_gradients(d_y.double(), x.double(), weight.double(), 1e-5)
    for ours, theirs in zip(derivation(d_y, x, weight, 1e-5), expected, strict=True):
        assert ours.dtype == torch.float32
        assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-4)


# --- The function ---------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 2), (2, 2, 2, 1)], ids=str)
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_first_and_second_derivatives_are_right(shape, eps: float) -> None:
    inputs = operands(*shape)[:3]
    assert gradcheck(lambda *a: BatchNormFunction.apply(*a, eps), inputs)
    assert gradgradcheck(lambda *a: BatchNormFunction.apply(*a, eps), inputs)


def test_saving_x_hat_would_make_the_second_derivative_wrong() -> None:
    """The proof that the test above can fail, and the reason for what is saved."""

    class SavesXHat(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, bias, eps):
            inv_std = (x.var(0, correction=0) + eps).rsqrt()
            x_hat = (x - x.mean(0)) * inv_std
            ctx.save_for_backward(x_hat, inv_std, weight)
            return weight * x_hat + bias

        @staticmethod
        def backward(ctx, d_y):
            x_hat, inv_std, weight = ctx.saved_tensors
            d_b, d_w = d_y.sum(0), (d_y * x_hat).sum(0)
            n = len(x_hat)
            d_x = weight * inv_std * (d_y - d_b / n - x_hat * d_w / n)
            return d_x, d_w, d_b, None

    inputs = operands(4, 2)[:3]
    assert gradcheck(lambda *a: SavesXHat.apply(*a, 0.3), inputs)
    right = gradgradcheck(
        lambda *a: SavesXHat.apply(*a, 0.3), inputs, raise_exception=False
    )
    assert not right


def test_gradient_penalty_is_torchs() -> None:
    """A loss with the norm of a gradient in it, as in WGAN-GP."""
    results = []
    for function in (BatchNormFunction.apply, torch_batch_norm):
        x, weight, bias, d_y = operands(6, 3, 2)
        y = function(x, weight, bias, 1e-5)
        (d_x,) = torch.autograd.grad((y * d_y).sin().sum(), x, create_graph=True)
        ((d_x.norm() - 1) ** 2).backward()
        results.append((x.grad, weight.grad, bias.grad))
    for ours, theirs in zip(*results, strict=True):
        assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize("parameters", ["half", "float32"])
@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_half_precision_is_one_rounding_away(dtype, parameters) -> None:
    kept = dtype if parameters == "half" else torch.float32
    x, weight, bias, d_y = operands(16, 3, 4, dtype=dtype)
    d_y = d_y / 4
    weight, bias = (t.detach().to(kept).requires_grad_() for t in (weight, bias))
    wide = [t.detach().double().requires_grad_() for t in (x, weight, bias)]
    y = BatchNormFunction.apply(x, weight, bias, 1e-5)
    expected = torch_batch_norm(*wide, 1e-5)
    y.backward(d_y)
    expected.backward(d_y.double())
    assert y.dtype == x.grad.dtype == dtype
    assert weight.grad.dtype == bias.grad.dtype == kept
    # Rounded once, at the end: only ties that float32 cannot tell apart may differ.
    for ours, theirs in ((y, expected), (x.grad, wide[0].grad)):
        assert_close(ours.double(), theirs, **HALF[dtype])
        assert (ours == theirs.to(dtype)).double().mean() > 0.98
    for ours, theirs in ((weight, wide[1]), (bias, wide[2])):
        assert_close(
            ours.grad.double(), theirs.grad, rtol=HALF[dtype]["rtol"], atol=1e-3
        )


def test_half_input_does_not_overflow_in_the_variance() -> None:
    """The variance 250,000 is more than float16 holds (65,504)."""
    x = (normal(64, 3) * 250).half().requires_grad_()
    y = BatchNormFunction.apply(x, torch.ones(3), torch.zeros(3), 1e-5)
    y.square().sum().backward()
    assert_close(y.std(0), torch.ones(3).half(), rtol=0.02, atol=0)
    assert x.grad.isfinite().all()


def test_under_autocast_dtypes_are_torchs() -> None:
    for dtype in (torch.bfloat16, torch.float32):
        results = []
        for function in (BatchNormFunction.apply, torch_batch_norm):
            x, weight, bias, _ = operands(8, 4, 3, dtype=torch.float32)
            with torch.autocast("cpu", torch.bfloat16):
                y = function(x.to(dtype), weight, bias, 1e-5)
            y.float().square().sum().backward()
            results.append((y, x.grad, weight.grad, bias.grad))
        for ours, theirs in zip(*results, strict=True):
            assert ours.dtype == theirs.dtype
            assert_close(ours, theirs, rtol=3e-2, atol=0.2)


def test_large_mean_with_small_spread_keeps_its_digits() -> None:
    """Mean 10,000, deviation 0.1 in float32, beside float64 on the same values."""
    x = (normal(64, 3) * 0.05 + 1e4).float().requires_grad_()
    d_y = normal(64, 3, seed=9, dtype=torch.float32)
    y = BatchNormFunction.apply(x, torch.ones(3), torch.zeros(3), 1e-5)
    y.backward(d_y)
    wide = x.detach().double().requires_grad_()
    one, zero = torch.ones(3).double(), torch.zeros(3).double()
    expected = torch_batch_norm(wide, one, zero, 1e-5)
    expected.backward(d_y.double())
    assert_close(y.double(), expected, rtol=0, atol=0.02)
    largest = wide.grad.abs().max().item()
    assert_close(x.grad.double(), wide.grad, rtol=0, atol=0.02 * largest)


def test_only_what_requires_grad_gets_a_gradient() -> None:
    for wanted in range(8):
        inputs = [t.detach() for t in operands(5, 3)[:3]]
        for i, tensor in enumerate(inputs):
            tensor.requires_grad_(bool(wanted >> i & 1))
        y = BatchNormFunction.apply(*inputs, 1e-5)
        assert y.requires_grad == (wanted > 0)
        if y.requires_grad:
            y.sum().backward()  # the upstream gradient is one number, expanded
        for tensor in inputs:
            assert (tensor.grad is not None) == tensor.requires_grad


def test_channels_last_stays_channels_last() -> None:
    x, weight, bias, _ = operands(2, 3, 4, 5)
    x = x.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
    y = BatchNormFunction.apply(x, weight, bias, 1e-5)
    assert y.is_contiguous(memory_format=torch.channels_last)
    y.square().sum().backward()
    assert x.grad.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4), (4, 3, 0)], ids=str)
def test_empty_batch_gives_empty_output_and_zero_gradients(shape) -> None:
    results = []
    for function in (BatchNormFunction.apply, torch_batch_norm):
        x, weight, bias, _ = operands(*shape)
        y = function(x, weight, bias, 1e-5)
        y.sum().backward()
        results.append((y, x.grad, weight.grad, bias.grad))
    for ours, theirs in zip(*results, strict=True):
        assert_close(ours, theirs, rtol=0, atol=0)


def test_function_transforms_work_as_on_torchs() -> None:
    xs = normal(5, 6, 3, dtype=torch.float64)
    weight, bias = normal(3, seed=1), normal(3, seed=2)
    results = []
    for function in (BatchNormFunction.apply, torch_batch_norm):

        def loss(x: Tensor, function: Callable[..., Tensor] = function) -> Tensor:
            return function(x, weight, bias, 1e-5).sin().sum()

        results.append(torch.func.vmap(torch.func.grad(loss))(xs))
    assert_close(*results, **EXACT)


# Dynamo makes an instance of Function, which torch 2.13 itself warns about.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_compiles_as_one_graph() -> None:
    torch.compiler.reset()
    compiled = torch.compile(
        lambda *a: BatchNormFunction.apply(*a, 1e-5),
        fullgraph=True,
        backend="aot_eager",
    )
    results = []
    for function in (compiled, lambda *a: torch_batch_norm(*a, 1e-5)):
        x, weight, bias, d_y = operands(4, 3, 5)
        y = function(x, weight, bias)
        y.backward(d_y)
        results.append((y, x.grad, weight.grad, bias.grad))
    for ours, theirs in zip(*results, strict=True):
        assert_close(ours, theirs, **EXACT)


# --- Refusals -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "weight", "bias"),
    [
        ((3,), (3,), (3,)),
        ((3,), (), ()),
        ((), (3,), (3,)),
        ((4, 3), (2,), (2,)),
        ((4, 3), (1,), (1,)),
        ((4, 3), (3,), (1,)),
        ((4, 3), (3, 1), (3, 1)),
    ],
    ids=str,
)
def test_other_shapes_are_refused(x, weight, bias) -> None:
    with pytest.raises(ValueError, match=r"expected \(N, C, \*\).*got"):
        BatchNormFunction.apply(*map(torch.ones, (x, weight, bias)), 1e-5)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1)], ids=str)
def test_one_value_per_channel_is_refused(shape) -> None:
    with pytest.raises(ValueError, match=r"more than 1 value per channel.*\(1, 3"):
        BatchNormFunction.apply(torch.ones(shape), torch.ones(3), torch.ones(3), 1e-5)


@pytest.mark.parametrize("eps", [0.0, -1e-3])
def test_eps_must_be_positive(eps: float) -> None:
    with pytest.raises(ValueError, match=f"eps > 0.*{eps}"):
        BatchNormFunction.apply(normal(4, 3), torch.ones(3), torch.ones(3), eps)


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64], ids=str)
def test_only_floating_point_is_taken(dtype: torch.dtype) -> None:
    x = torch.ones(4, 3, dtype=dtype)
    with pytest.raises(TypeError, match=str(dtype)):
        BatchNormFunction.apply(x, torch.ones(3), torch.ones(3), 1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", [*HALF, torch.float32], ids=str)
@pytest.mark.parametrize("autocast", [True, False])
def test_cuda_gives_torchs_gradients(dtype: torch.dtype, autocast: bool) -> None:
    results = []
    for function in (BatchNormFunction.apply, torch_batch_norm):
        x, weight, bias, d_y = (t.detach() for t in operands(8, 3, 5))
        inputs = [x.to("cuda", dtype), weight.cuda().float(), bias.cuda().float()]
        for tensor in inputs:
            tensor.requires_grad_()
        with torch.autocast("cuda", torch.float16, enabled=autocast):
            y = function(*inputs, 1e-5)
        y.backward(d_y.to(y))
        results.append((y, *(t.grad for t in inputs)))
    for ours, theirs in zip(*results, strict=True):
        assert ours.dtype == theirs.dtype
        assert_close(ours, theirs, **HALF.get(dtype, CLOSE))
