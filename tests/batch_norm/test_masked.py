"""`masked_batch_norm` is packing the valid positions, `F.batch_norm`, and unpacking."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from snippets.batch_norm.masked import masked_batch_norm

EXACT = {"rtol": 1e-8, "atol": 1e-9}  # float64: another order of additions
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32
HALF = {  # one rounding; a gradient adds a second
    torch.float16: {"rtol": 2e-3, "atol": 4e-3},
    torch.bfloat16: {"rtol": 1.6e-2, "atol": 3e-2},
}
Function = Callable[..., Tensor]


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
    return (2 * numbers + 0.5).to(dtype)


def lengths(*valid: int, longest: int = 5) -> Tensor:
    """The mask (N, L) of sequences with these lengths."""
    return torch.arange(longest) < torch.tensor(valid)[:, None]


def by_packing(x: Tensor, mask: Tensor, *arguments, **options) -> Tensor:
    """What `masked_batch_norm` promises to equal."""
    packed = x.movedim(1, -1)[mask]  # (M, C)
    y = F.batch_norm(packed, *arguments, **options)
    unpacked = torch.zeros_like(x.movedim(1, -1), dtype=y.dtype)
    return unpacked.masked_scatter(mask[..., None], y).movedim(-1, 1)


@dataclass
class Case:
    """One call and its backward pass, with everything that comes out of it."""

    x: Tensor
    mask: Tensor
    training: bool = True
    buffers: bool = True
    affine: tuple[bool, bool] = (True, True)
    momentum: float = 0.1
    eps: float = 1e-5
    dtype: torch.dtype = torch.float64  # of parameters and running averages
    rounded_to: torch.dtype = torch.float64  # before they got that dtype

    def run(self, function: Function) -> dict[str, Tensor | None]:
        channels = self.x.shape[1]
        x = self.x.detach().clone(memory_format=torch.preserve_format)
        x.requires_grad_()
        vectors = [normal(channels, seed=seed).to(x.device) for seed in range(1, 5)]
        vectors[1] = vectors[1].square() + 0.1
        mean, var, weight, bias = (
            vector.to(self.rounded_to).to(self.dtype) if wanted else None
            for vector, wanted in zip(
                vectors, (self.buffers, self.buffers, *self.affine), strict=True
            )
        )
        for parameter in (weight, bias):
            if parameter is not None:
                parameter.requires_grad_()
        arguments = (mean, var, weight, bias, self.training, self.momentum, self.eps)
        y = function(x, self.mask, *arguments)
        y.backward(normal(*y.shape, seed=9).to(y))
        return {
            "output": y.detach(),
            "running_mean": mean,
            "running_var": var,
            "gradient of x": x.grad,
            "gradient of weight": None if weight is None else weight.grad,
            "gradient of bias": None if bias is None else bias.grad,
        }


def check_equals_packing(function: Function, case: Case, **tolerance: float) -> None:
    ours, expected = case.run(function), case.run(by_packing)
    for name, value in expected.items():
        if value is None:
            assert ours[name] is None
        else:
            assert_close(
                ours[name], value, **tolerance, msg=lambda m, n=name: f"{n}: {m}"
            )


def check_padding_changes_nothing(function: Function, garbage: float) -> None:
    """Whatever number stands in the padding, nothing that comes out notices."""
    mask = lengths(5, 2, 3)
    clean = Case(normal(3, 4, 5), mask)
    filled = clean.x.masked_fill(~mask[:, None], garbage)
    ours = replace(clean, x=filled).run(function)
    for name, value in clean.run(function).items():
        assert_close(ours[name], value, rtol=0, atol=0, msg=f"{name} noticed")
    assert_close(
        ours["gradient of x"].movedim(1, -1)[~mask], torch.zeros(5, 4).double()
    )
    assert_close(ours["output"].movedim(1, -1)[~mask], torch.zeros(5, 4).double())


# --- Equal to packing -----------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=150)
@given(data=st.data())
def test_equals_packing_on_any_shape_and_mask(data: st.DataObject) -> None:
    n, c = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    rest = data.draw(st.lists(st.integers(1, 4), max_size=3))
    size = n
    for length in rest:
        size *= length
    flags = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    mask = torch.tensor(flags).view(n, *rest)
    training = data.draw(st.booleans())
    assume(mask.sum() > (1 if training else 0))
    x = normal(n, c, *rest, seed=data.draw(st.integers(0, 99)))
    x = x + data.draw(st.sampled_from([-100.0, 0.0, 3.0]))
    if data.draw(st.booleans()):
        x = x.movedim(1, -1).contiguous().movedim(-1, 1)
    case = Case(
        x,
        mask,
        training=training,
        buffers=not training or data.draw(st.booleans()),
        affine=(data.draw(st.booleans()), data.draw(st.booleans())),
        momentum=data.draw(st.sampled_from([0.0, 0.1, 0.37, 1.0])),
        eps=data.draw(st.sampled_from([1e-5, 1e-3, 0.5])),
    )
    check_equals_packing(masked_batch_norm, case, **EXACT)


@pytest.mark.parametrize("training", [True, False])
def test_full_mask_is_plain_batch_norm(training: bool) -> None:
    case = Case(normal(3, 4, 5), torch.ones(3, 5, dtype=torch.bool), training=training)
    ours = case.run(masked_batch_norm)
    expected = case.run(lambda x, _, *arguments: F.batch_norm(x, *arguments))
    for name, value in expected.items():
        assert_close(ours[name], value, **EXACT)


@pytest.mark.parametrize("garbage", [0.0, 1e6, float("nan"), float("inf")])
def test_padding_changes_nothing(garbage: float) -> None:
    check_padding_changes_nothing(masked_batch_norm, garbage)


def test_nan_in_the_upstream_gradient_of_padding_goes_nowhere() -> None:
    mask = lengths(5, 2, 3)
    x = normal(3, 4, 5).requires_grad_()
    y = masked_batch_norm(x, mask, None, None, training=True)
    upstream = torch.ones_like(y).masked_fill(~mask[:, None], float("nan"))
    y.backward(upstream)
    assert x.grad.isfinite().all()


def test_longer_padding_gives_the_same_answer() -> None:
    """A batch padded to 5 and the same batch padded to 50."""
    mask = lengths(5, 2, 3)
    x = normal(3, 4, 5)
    longer, longer_mask = F.pad(x, (0, 45)), F.pad(mask, (0, 45))
    short = masked_batch_norm(x, mask, None, None, training=True)
    long = masked_batch_norm(longer, longer_mask, None, None, training=True)
    assert_close(long[..., :5], short, **EXACT)
    assert long[..., 5:].abs().sum() == 0


# --- The checks can fail --------------------------------------------------------


def without_mask(x, mask, *arguments) -> Tensor:
    return F.batch_norm(x, *arguments).masked_fill(~mask[:, None], 0)


def multiplied_by_mask(x, mask, mean, var, weight, bias, *_) -> Tensor:
    """Training mode for (N, C, L), right for every number that is finite."""
    m = mask[:, None]
    column = (1, -1, 1)
    batch_mean = (x * m).sum((0, 2)).view(column) / m.sum()
    batch_var = ((x - batch_mean) * m).square().sum((0, 2)).view(column) / m.sum()
    x_hat = (x - batch_mean) * (batch_var + 1e-5).rsqrt()
    return (x_hat * weight.view(column) + bias.view(column)) * m


def biased_running_variance(x, mask, mean, var, *arguments) -> Tensor:
    y = masked_batch_norm(x, mask, mean, var, *arguments)
    if var is not None:
        with torch.no_grad():
            var.mul_(1 - 1e-3)
    return y


def statistics_without_gradient(x, mask, *arguments) -> Tensor:
    y = masked_batch_norm(x, mask, *arguments)
    return y.detach() + (x - x.detach()) * mask[:, None]


@pytest.mark.parametrize(
    "wrong", [without_mask, biased_running_variance, statistics_without_gradient]
)
def test_comparison_with_packing_can_fail(wrong: Function) -> None:
    case = Case(normal(3, 4, 5), lengths(5, 2, 3))
    check_equals_packing(masked_batch_norm, case, **EXACT)
    with pytest.raises(AssertionError):
        check_equals_packing(wrong, case, **EXACT)


def test_check_of_padding_can_fail() -> None:
    """0 * 1,000,000 is 0, and the mistake stays unseen; 0 * nan is nan."""
    check_padding_changes_nothing(multiplied_by_mask, 1e6)
    with pytest.raises(AssertionError):
        check_padding_changes_nothing(multiplied_by_mask, float("nan"))
    with pytest.raises(AssertionError):
        check_padding_changes_nothing(without_mask, 1e6)


# --- Precision and ways to call -------------------------------------------------


def test_derivatives_are_right() -> None:
    x = normal(2, 2, 3).requires_grad_()
    weight, bias = (normal(2, seed=s).requires_grad_() for s in (1, 2))
    mask = lengths(3, 1, longest=3)
    assert gradcheck(
        lambda *a: masked_batch_norm(a[0], mask, None, None, *a[1:], training=True),
        (x, weight, bias),
    )


@pytest.mark.parametrize("training", [True, False])
def test_equals_packing_in_float32(training: bool) -> None:
    x = normal(3, 4, 5, dtype=torch.float32)
    case = Case(x, lengths(5, 2, 3), training=training, dtype=torch.float32)
    check_equals_packing(masked_batch_norm, case, **CLOSE)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("parameters", ["half", "float32"])
@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_half_precision_is_one_rounding_away(dtype, parameters, training) -> None:
    kept = dtype if parameters == "half" else torch.float32
    x = normal(6, 4, 5, dtype=dtype)
    case = Case(x, lengths(5, 2, 3, 1, 4, 5), training=training, dtype=kept)
    ours, twin = case.run(masked_batch_norm), case.run(by_packing)
    wide = replace(case, x=x.double(), dtype=torch.float64, rounded_to=kept)
    expected = wide.run(by_packing)
    for name, value in ours.items():
        assert value.dtype == twin[name].dtype, name
    for name in ("output", "gradient of x", "running_mean", "running_var"):
        assert_close(ours[name].double(), expected[name], **HALF[dtype])
    # Rounded once, at the end: only ties that float32 cannot tell apart may differ.
    same = ours["output"] == expected["output"].to(dtype)
    assert same.double().mean() > 0.98


def test_half_input_does_not_overflow_in_the_variance() -> None:
    """The variance 250,000 is more than float16 holds (65,504)."""
    x = (normal(3, 4, 5) * 250).half()
    case = Case(x, lengths(5, 2, 3), dtype=torch.float32)
    result = case.run(masked_batch_norm)
    assert all(value.isfinite().all() for value in result.values())
    assert result["running_var"].max() > 1e4


def test_large_mean_with_small_spread_keeps_its_digits() -> None:
    """Mean 10,000, deviation 0.1 in float32, beside float64 on the same values."""
    x = (normal(8, 3, 10) * 0.05 + 1e4).float()
    mask = lengths(*range(3, 11), longest=10)
    narrow = Case(x, mask, affine=(False, False), momentum=1.0, dtype=torch.float32)
    wide = replace(narrow, x=x.double(), dtype=torch.float64)
    ours, expected = narrow.run(masked_batch_norm), wide.run(by_packing)
    assert_close(ours["output"].double(), expected["output"], rtol=0, atol=0.02)
    for name, rtol in (("running_mean", 2e-7), ("running_var", 1e-3)):
        assert_close(ours[name].double(), expected[name], rtol=rtol, atol=0)


def test_under_autocast_dtypes_are_torchs() -> None:
    mask = lengths(5, 2, 3)
    for dtype in (torch.bfloat16, torch.float32):
        case = Case(normal(3, 4, 5, dtype=dtype), mask, dtype=torch.float32)
        with torch.autocast("cpu", torch.bfloat16):
            ours, expected = case.run(masked_batch_norm), case.run(by_packing)
        for name, value in expected.items():
            assert ours[name].dtype == value.dtype
            assert_close(ours[name], value, **HALF[torch.bfloat16])


def test_defaults_are_torchs() -> None:
    x, mask = normal(3, 4, 5), lengths(5, 2, 3)
    buffers = [(normal(4, seed=1), normal(4, seed=2).square()) for _ in "ab"]
    assert_close(
        masked_batch_norm(x, mask, *buffers[0]), by_packing(x, mask, *buffers[1])
    )
    masked_batch_norm(x, mask, *buffers[0], training=True)
    by_packing(x, mask, *buffers[1], training=True)
    assert_close(buffers[0], buffers[1])


def test_running_averages_keep_no_graph() -> None:
    mean, var = torch.zeros(4), torch.ones(4)
    for seed in range(3):
        x = normal(3, 4, 5, seed=seed, dtype=torch.float32).requires_grad_()
        masked_batch_norm(x, lengths(5, 2, 3), mean, var, training=True)
    for buffer in (mean, var):
        assert buffer.grad_fn is None
        assert not buffer.requires_grad


def test_arguments_are_left_alone() -> None:
    x, mask = normal(3, 4, 5), lengths(5, 2, 3)
    vectors = [normal(4, seed=s).square() for s in range(4)]
    arguments = [x, mask, *vectors]
    before = copy.deepcopy(arguments)
    masked_batch_norm(*arguments)
    masked_batch_norm(x, mask, None, None, *vectors[2:], training=True)
    for argument, copied in zip(arguments, before, strict=True):
        assert_close(argument, copied, rtol=0, atol=0)


def test_serves_a_layer_of_torch() -> None:
    """The buffers of an nn.BatchNorm1d; under a checkpoint they are updated twice."""
    layers = [nn.BatchNorm1d(4).double() for _ in "ab"]
    x, mask = normal(3, 4, 5), lengths(5, 2, 3)
    for layer, function in zip(layers, (masked_batch_norm, by_packing), strict=True):

        def forward(x, layer=layer, function=function):
            statistics = (layer.running_mean, layer.running_var)
            return function(x, mask, *statistics, layer.weight, layer.bias, True)

        y = checkpoint(forward, x.clone().requires_grad_(), use_reentrant=False)
        y.square().sum().backward()
    for ours, expected in zip(
        layers[0].state_dict().values(), layers[1].state_dict().values(), strict=True
    ):
        assert_close(ours, expected, **EXACT)


@pytest.mark.parametrize("training", [True, False])
# After a break dynamo looks at the .grad of what is not a leaf, and torch warns.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiles(training: bool) -> None:
    """In training the count of valid positions is read back: one break in the graph."""
    torch.compiler.reset()
    compiled = torch.compile(
        masked_batch_norm, backend="aot_eager", fullgraph=not training
    )
    case = Case(normal(3, 4, 5), lengths(5, 2, 3), training=training)
    check_equals_packing(compiled, case, **EXACT)


def test_channels_last_stays_channels_last() -> None:
    x = normal(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    mask = normal(2, 4, 5, seed=1) > 0
    y = masked_batch_norm(x, mask, None, None, training=True)
    assert y.is_contiguous(memory_format=torch.channels_last)


# --- Refusals -------------------------------------------------------------------


@pytest.mark.parametrize("valid", [0, 1])
def test_fewer_than_two_valid_positions_are_refused_in_training(valid: int) -> None:
    mask = lengths(valid, 0, 0)
    mean, var = torch.zeros(4), torch.ones(4)
    x = normal(3, 4, 5, dtype=torch.float32)
    with pytest.raises(ValueError, match=rf"more than 1 valid.*got {valid}.*\(3, 5\)"):
        masked_batch_norm(x, mask, mean, var, training=True)
    assert_close(mean, torch.zeros(4))
    assert_close(var, torch.ones(4))
    y = masked_batch_norm(x, mask, mean, var)
    assert_close(y, x.masked_fill(~mask[:, None], 0), **CLOSE)


@pytest.mark.parametrize(
    ("shape", "mask_shape"),
    [
        ((3, 4, 5), (3, 4)),
        ((3, 4, 5), (1, 5)),
        ((3, 4, 5), (3, 1)),
        ((3, 4, 5), (3, 4, 5)),
        ((3, 4, 5), (5,)),
        ((3, 4), (3, 4)),
        ((3,), (3,)),
        ((), ()),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(shape, mask_shape) -> None:
    mask = torch.ones(mask_shape, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"x \(N, C, \*\) and mask \(N, \*\), got"):
        masked_batch_norm(torch.ones(shape), mask, None, None, training=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.uint8], ids=str)
def test_only_a_bool_mask_is_taken(dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"bool.*{dtype}"):
        masked_batch_norm(
            normal(3, 4, 5), lengths(5, 2, 3).to(dtype), None, None, training=True
        )


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64], ids=str)
def test_only_floating_point_is_taken(dtype: torch.dtype) -> None:
    x = torch.ones(3, 4, 5, dtype=dtype)
    with pytest.raises(TypeError, match=str(dtype)):
        masked_batch_norm(x, lengths(5, 2, 3), None, None, training=True)


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("position", range(4))
def test_vectors_of_another_length_are_refused(position: int, length: int) -> None:
    vectors = [torch.ones(4) for _ in range(4)]
    vectors[position] = torch.ones(length)
    x = normal(3, 4, 5, dtype=torch.float32)
    with pytest.raises(ValueError, match=rf"\(4,\), got \({length},\)"):
        masked_batch_norm(x, lengths(5, 2, 3), *vectors, training=True)


@pytest.mark.parametrize("training", [True, False])
def test_one_running_average_alone_is_refused(training: bool) -> None:
    x, mask = normal(3, 4, 5), lengths(5, 2, 3)
    for pair in ((torch.zeros(4), None), (None, torch.ones(4))):
        with pytest.raises(ValueError, match="both or neither"):
            masked_batch_norm(x, mask, *pair, training=training)


def test_eval_without_running_averages_is_refused() -> None:
    with pytest.raises(ValueError, match=r"running_mean and running_var.*None"):
        masked_batch_norm(normal(3, 4, 5), lengths(5, 2, 3), None, None)


def test_eps_must_be_positive_in_training_and_may_be_zero_in_eval() -> None:
    x, mask = normal(3, 4, 5, dtype=torch.float32), lengths(5, 2, 3)
    buffers = (torch.zeros(4), torch.ones(4))
    for eps in (0.0, -1e-3):
        with pytest.raises(ValueError, match=f"eps.*{eps}"):
            masked_batch_norm(x, mask, *buffers, training=True, eps=eps)
    with pytest.raises(ValueError, match=r"eps.*-0\.001"):
        masked_batch_norm(x, mask, *buffers, eps=-1e-3)
    y = masked_batch_norm(x, mask, *buffers, eps=0.0)
    assert_close(y, x.masked_fill(~mask[:, None], 0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [*HALF, torch.float32], ids=str)
def test_equals_packing_on_cuda(dtype: torch.dtype, training: bool) -> None:
    x = normal(3, 4, 5, dtype=dtype).cuda()
    mask = lengths(5, 2, 3).cuda()
    case = Case(x, mask, training=training, dtype=torch.float32)
    check_equals_packing(masked_batch_norm, case, **HALF.get(dtype, CLOSE))
