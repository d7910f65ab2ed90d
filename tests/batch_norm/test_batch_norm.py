"""`BatchNorm` and `batch_norm` do what torch's do: numbers, buffers, files, refusals.

Five checks take a function that makes a layer. Our layer and `nn.BatchNorm1d` pass all
five; each of the wrong layers that the site shows fails the one named for its mistake.
"""

import contextlib
import copy
import inspect
import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from snippets.batch_norm.batch_norm import BatchNorm, batch_norm

SNIPPETS = Path(__file__).resolve().parents[2] / "snippets" / "batch_norm"
TWINS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
SHAPES = {2: (6, 3), 3: (4, 3, 5), 4: (2, 3, 4, 5), 5: (2, 3, 2, 3, 4)}
# Both sides compute in the same precision but add in another order.
EXACT = {"rtol": 1e-8, "atol": 1e-10}  # float64
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32, values and gradients near one
# One rounding away from the float64 result; a gradient adds a second rounding.
HALF = {
    torch.float16: {"rtol": 2e-3, "atol": 4e-3},
    torch.bfloat16: {"rtol": 1.6e-2, "atol": 3e-2},
}

Make = Callable[..., nn.Module]


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Normal numbers of mean 0.5 and deviation 2: not what a layer makes of them."""
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(shape, generator=generator, dtype=torch.float64) + 0.5).to(
        dtype
    )


def give_random_parameters(*layers: nn.Module, seed: int = 1) -> None:
    """The same for all layers, and neither 1 nor 0, which would hide a mistake."""
    for layer in layers:
        for offset, parameter in enumerate(layer.parameters()):
            values = normal(*parameter.shape, seed=seed + offset)
            with torch.no_grad():
                parameter.copy_(values)


def pair(
    rank: int = 2, num_features: int = 3, **options
) -> tuple[BatchNorm, nn.Module]:
    ours, twin = (
        BatchNorm(num_features, **options),
        TWINS[rank](num_features, **options),
    )
    give_random_parameters(ours, twin)
    return ours, twin


def assert_same_state(ours: nn.Module, twin: nn.Module, **tolerance: float) -> None:
    expected = twin.state_dict()
    state = ours.state_dict()
    assert list(state) == list(expected)
    for name, value in expected.items():
        assert_close(
            state[name], value, **tolerance, equal_nan=True, msg=lambda m, n=name: n + m
        )


def assert_same_step(
    ours: nn.Module, twin: nn.Module, x: Tensor, **tolerance: float
) -> None:
    """One call and its backward pass: output, gradients and buffers agree."""
    xs = [
        x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        for _ in "ab"
    ]
    y, expected = ours(xs[0]), twin(xs[1])
    assert y.dtype == expected.dtype
    assert_close(y, expected, **tolerance)
    upstream = normal(*y.shape, seed=9, dtype=y.dtype)
    for layer in (ours, twin):
        layer.zero_grad()
    y.backward(upstream)
    expected.backward(upstream)
    assert_close(xs[0].grad, xs[1].grad, **tolerance)
    for a, b in zip(ours.parameters(), twin.parameters(), strict=True):
        assert_close(a.grad, b.grad, **tolerance)
    assert_same_state(ours, twin, **tolerance)


def large_mean_and_its_normalization() -> tuple[Tensor, Tensor]:
    x = (normal(64, 3).double() * 0.05 + 1e4).float()
    wide = x.double()
    return x, (wide - wide.mean(0)) / (wide.var(0, correction=0) + 1e-5).sqrt()


# --- The contract, as checks that take a function that makes a layer for (N, C)


def check_mode_follows_training(make: Make) -> None:
    """`training` alone chooses the statistics; the grad mode has no say."""
    layer = make(3).train()
    for seed in range(5):
        layer(normal(16, 3, seed=seed))
    row = normal(1, 3, seed=7)
    low, high = torch.cat([row, normal(7, 3) - 5]), torch.cat([row, normal(7, 3) + 5])

    layer.eval()
    with torch.enable_grad():
        assert_close(
            layer(low)[0], layer(high)[0], msg="in eval mode the batch has a say"
        )
    layer.train()
    with torch.no_grad():
        means = layer(high).mean(0)
    assert_close(
        means, torch.zeros(3), rtol=0, atol=1e-5, msg="in train mode it has none"
    )

    with torch.no_grad():
        before = layer.eval()(row)
        layer.train()(high)
        after = layer.eval()(row)
    assert not torch.allclose(before, after), "train mode under no_grad did not update"


def check_statistics_are_saved(make: Make) -> None:
    """Saved and loaded, a layer answers in eval mode as the one that was trained."""
    layer = make(3).train()
    for seed in range(5):
        layer(normal(16, 3, seed=seed))
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    loaded = make(3)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    x = normal(4, 3, seed=7)
    with torch.no_grad():
        assert_close(
            loaded.eval()(x), layer.eval()(x), msg="the statistics were not saved"
        )


def check_normalizes_with_biased_variance(make: Make) -> None:
    """The squared distances are divided by N, not by N - 1."""
    x = normal(4, 3)
    distance = x - x.mean(0)
    expected = distance / (distance.square().mean(0) + 1e-5).sqrt()
    with torch.enable_grad():
        y = make(3, eps=1e-5).train()(x)
    assert_close(
        y.detach(), expected, **CLOSE, msg="not divided by the biased deviation"
    )


def check_buffers_keep_no_graph(make: Make) -> None:
    """What the layer keeps from step to step does not remember how it was made."""
    layer = make(3).train()
    for seed in range(3):
        layer(normal(8, 3, seed=seed).requires_grad_())
    kept = dict(layer.named_buffers())
    kept |= {
        name: value for name, value in vars(layer).items() if isinstance(value, Tensor)
    }
    for name, value in kept.items():
        assert value.grad_fn is None, f"{name} keeps the graph of every step so far"
        assert not value.requires_grad, f"{name} requires grad"


def check_large_mean(make: Make) -> None:
    """Mean 10,000 and deviation 0.1 in float32: near the result in float64.

    Neighbouring float32 numbers near 10,000 are 0.001 apart: a mean that is one step
    off moves the output by 0.01. Near E[x²] they are 8 apart, and the variance is 0.01.
    """
    x, expected = large_mean_and_its_normalization()
    with torch.enable_grad():
        y = make(3, eps=1e-5).train()(x)
    # torch sums (N, C) input in float32 on the CPU: 0.04 off here.
    assert_close(
        y.detach().double(), expected, rtol=0, atol=0.1, msg="the variance cancelled"
    )


CHECKS: dict[str, Callable[[Make], None]] = {
    "mode_from_grad_mode": check_mode_follows_training,
    "statistics_not_saved": check_statistics_are_saved,
    "unbiased_variance": check_normalizes_with_biased_variance,
    "kept_graph": check_buffers_keep_no_graph,
    "cancellation": check_large_mean,
}


def wrong_layer(mistake: str) -> Make:
    """`WrongBatchNorm` as the page runs it: the snippet first, then the demo."""
    namespace: dict[str, object] = {"__name__": "page"}
    with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng(devices=[]):
        for name in ("batch_norm", f"demo_{mistake}"):
            path = SNIPPETS / f"{name}.py"
            exec(compile(path.read_text(encoding="utf-8"), path, "exec"), namespace)
    make = namespace["WrongBatchNorm"]
    assert isinstance(make, type)
    assert issubclass(make, nn.Module)
    return make


@pytest.mark.parametrize("make", [BatchNorm, nn.BatchNorm1d], ids=["ours", "torch"])
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_contract_holds(check: Callable[[Make], None], make: Make) -> None:
    check(make)


@pytest.mark.parametrize("mistake", CHECKS)
def test_each_wrong_layer_fails_its_own_check_and_no_other(mistake: str) -> None:
    make = wrong_layer(mistake)
    failed = []
    for name, check in CHECKS.items():
        try:
            check(make)
        except AssertionError:
            failed.append(name)
    assert failed == [mistake]


def test_comparison_with_torch_can_fail() -> None:
    """`assert_same_step` sees a wrong output, a wrong gradient and a wrong buffer."""

    class Scaled(BatchNorm):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * 1.001

    class NoMeanGradient(BatchNorm):
        def forward(self, x: Tensor) -> Tensor:
            y = super().forward(x)
            return y.detach() + (x - x.detach()) / x.detach().std()

    class BiasedBuffer(BatchNorm):
        def forward(self, x: Tensor) -> Tensor:
            y = super().forward(x)
            with torch.no_grad():
                self.running_var.data.sub_(self.momentum * x.var(0) / len(x))
            return y

    for wrong in (Scaled, NoMeanGradient, BiasedBuffer):
        with pytest.raises(AssertionError):
            assert_same_step(wrong(3), nn.BatchNorm1d(3), normal(6, 3), **CLOSE)
    assert_same_step(BatchNorm(3), nn.BatchNorm1d(3), normal(6, 3), **CLOSE)


# --- The function -------------------------------------------------------------


@dataclass
class Case:
    """One call of the function, in float64, as both sides receive it."""

    x: Tensor
    mean: Tensor | None
    var: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    training: bool
    momentum: float
    eps: float

    def call(self, function: Callable[..., Tensor]) -> dict[str, Tensor | None]:
        x = self.x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        mean, var = (None if b is None else b.clone() for b in (self.mean, self.var))
        weight, bias = (
            None if p is None else p.clone().requires_grad_()
            for p in (self.weight, self.bias)
        )
        y = function(
            x,
            mean,
            var,
            weight,
            bias,
            training=self.training,
            momentum=self.momentum,
            eps=self.eps,
        )
        y.backward(normal(*y.shape, seed=5, dtype=y.dtype))
        return {
            "output": y.detach(),
            "running_mean": mean,
            "running_var": var,
            "gradient of x": x.grad,
            "gradient of weight": None if weight is None else weight.grad,
            "gradient of bias": None if bias is None else bias.grad,
        }


def in_layout(x: Tensor, layout: str) -> Tensor:
    """The same values, otherwise in memory."""
    match layout:
        case "contiguous":
            return x
        case "channels_last" if x.dim() == 4:
            return x.contiguous(memory_format=torch.channels_last)
        case "channels_last":
            return x.movedim(1, -1).contiguous().movedim(-1, 1)
        case "strided":
            return torch.stack([x, -x], dim=-1)[..., 0]
        case "transposed":
            return x.transpose(0, 1).contiguous().transpose(0, 1)
    raise ValueError(layout)


LAYOUTS = st.sampled_from(["contiguous", "channels_last", "strided", "transposed"])


@st.composite
def inputs(draw: st.DrawFn, dtype: torch.dtype = torch.float64) -> Tensor:
    """(N, C, *) of rank 2 to 6 with two or more values per channel, in any layout."""
    n, c = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    rest = draw(st.lists(st.integers(1, 4), max_size=4))
    count = n
    for size in rest:
        count *= size
    assume(count > 1)
    x = normal(n, c, *rest, seed=draw(st.integers(0, 999)), dtype=dtype)
    x = x * draw(st.sampled_from([1e-2, 1.0, 30.0])) + draw(
        st.sampled_from([-100.0, 0.0, 3.0])
    )
    return in_layout(x, draw(LAYOUTS))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    x = draw(inputs())
    channels = x.shape[1]
    training = draw(st.booleans())
    buffers = draw(st.booleans()) if training else True
    vector = {"dtype": torch.float64}
    return Case(
        x=x,
        mean=normal(channels, seed=1, **vector) if buffers else None,
        var=normal(channels, seed=2, **vector).square() + 0.1 if buffers else None,
        weight=normal(channels, seed=3, **vector) if draw(st.booleans()) else None,
        bias=normal(channels, seed=4, **vector) if draw(st.booleans()) else None,
        training=training,
        momentum=draw(st.sampled_from([0.0, 0.1, 0.37, 1.0])),
        eps=draw(st.sampled_from([1e-5, 1e-3, 0.5])),
    )


@settings(deadline=None, derandomize=True, max_examples=150)
@given(cases())
def test_function_equals_torch(case: Case) -> None:
    ours, expected = case.call(batch_norm), case.call(F.batch_norm)
    for name, value in expected.items():
        if value is None:
            assert ours[name] is None
        else:
            assert_close(ours[name], value, **EXACT, msg=lambda m, n=name: f"{n}: {m}")


def test_function_has_torchs_signature() -> None:
    ours, twin = (inspect.signature(f).parameters for f in (batch_norm, F.batch_norm))
    assert next(iter(ours)) == "x"
    assert list(ours)[1:] == list(twin)[1:]
    assert [p.default for p in ours.values()] == [p.default for p in twin.values()]
    assert [p.kind for p in ours.values()] == [p.kind for p in twin.values()]


def test_function_updates_the_tensors_it_was_given() -> None:
    mean, var, x = torch.zeros(3), torch.ones(3), normal(6, 3)
    batch_norm(x, mean, var, training=True, momentum=0.25)
    assert_close(mean, 0.25 * x.mean(0))
    assert_close(var, 0.75 + 0.25 * x.var(0, correction=1))


def test_function_leaves_its_other_arguments_alone() -> None:
    x, weight, bias, mean, var = (
        normal(6, 3),
        *(normal(3, seed=s).square() for s in range(1, 5)),
    )
    arguments = (x, mean, var, weight, bias)
    before = [a.clone() for a in arguments]
    batch_norm(*arguments, training=False)
    batch_norm(x, None, None, weight, bias, training=True)
    for a, b in zip(arguments, before, strict=True):
        assert_close(a, b, rtol=0, atol=0)


def test_first_and_second_derivatives_are_right() -> None:
    x = normal(3, 2, 2, dtype=torch.float64).requires_grad_()
    weight, bias = (
        normal(2, seed=s, dtype=torch.float64).requires_grad_() for s in (1, 2)
    )
    mean, var = (
        normal(2, dtype=torch.float64),
        normal(2, dtype=torch.float64).square() + 0.1,
    )
    for training in (True, False):

        def function(x, weight, bias, training=training):
            return batch_norm(
                x, mean.clone(), var.clone(), weight, bias, training=training
            )

        assert gradcheck(function, (x, weight, bias))
        assert gradgradcheck(function, (x, weight, bias))


# --- The layer: equal to torch's ----------------------------------------------


def test_constructor_has_torchs_signature() -> None:
    ours, twin = (
        [(p.name, p.default, p.kind) for p in inspect.signature(c).parameters.values()]
        for c in (BatchNorm, nn.BatchNorm2d)
    )
    assert ours == twin


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    x=inputs(),
    modes=st.lists(st.booleans(), min_size=1, max_size=4),
    momentum=st.sampled_from([None, 0.0, 0.1, 0.9, 1.0]),
    eps=st.sampled_from([1e-5, 1e-3]),
    affine=st.booleans(),
    tracked=st.booleans(),
    bias=st.booleans(),
)
def test_layer_equals_torch_step_by_step(
    x, modes, momentum, eps, affine, tracked, bias
) -> None:
    assume(x.dim() in TWINS)
    options = {"affine": affine, "track_running_stats": tracked, "bias": bias}
    ours, twin = pair(
        x.dim(), x.shape[1], eps=eps, momentum=momentum, dtype=torch.float64, **options
    )
    for step, training in enumerate(modes):
        ours.train(training)
        twin.train(training)
        assert_same_step(ours, twin, x * (1 + step), **EXACT)


@pytest.mark.parametrize("rank", TWINS)
@pytest.mark.parametrize("training", [True, False])
def test_layer_equals_torch_in_float32(rank: int, training: bool) -> None:
    ours, twin = pair(rank)
    for seed in range(3):
        assert_same_step(ours, twin, normal(*SHAPES[rank], seed=seed), **CLOSE)
    ours.train(training)
    twin.train(training)
    assert_same_step(ours, twin, normal(*SHAPES[rank], seed=7), **CLOSE)


def test_layer_takes_any_rank_from_two() -> None:
    for rank in range(2, 8):
        x = normal(2, 3, *[2] * (rank - 2))
        expected = F.batch_norm(
            x, None, None, torch.ones(3), torch.zeros(3), training=True
        )
        assert_close(BatchNorm(3)(x), expected, **CLOSE)


def test_cumulative_average_is_the_mean_over_the_batches() -> None:
    layer = BatchNorm(3, momentum=None)
    batches = [normal(8, 3, seed=s) for s in range(4)]
    for batch in batches:
        layer(batch)
    assert_close(layer.running_mean, torch.stack([b.mean(0) for b in batches]).mean(0))
    assert_close(layer.running_var, torch.stack([b.var(0) for b in batches]).mean(0))
    assert layer.num_batches_tracked.item() == 4


def test_stored_variance_is_unbiased() -> None:
    layer = BatchNorm(3, momentum=1.0)
    x = normal(4, 3, 2)
    layer(x)
    assert_close(layer.running_var, x.transpose(0, 1).flatten(1).var(1, correction=1))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("parameters", ["half", "float32"])
@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_half_precision_is_one_rounding_away(dtype, parameters, training) -> None:
    """Statistics are computed in float32: the format is the only loss."""
    kept = dtype if parameters == "half" else torch.float32
    x = normal(16, 3, 8, dtype=dtype)
    ours, twin = pair(3, dtype=kept)
    wide = copy.deepcopy(ours).double()
    results = []
    for layer, x_in in ((ours, x), (twin, x), (wide, x.double())):
        layer.train(training)
        leaf = x_in.clone().requires_grad_()
        y = layer(leaf)
        y.backward(normal(*y.shape, seed=9, dtype=dtype).to(y.dtype) / 8)
        results.append((y, leaf.grad, layer))
    (y, grad, _), (twin_y, twin_grad, _), (wide_y, wide_grad, _) = results
    assert y.dtype == twin_y.dtype == dtype
    assert grad.dtype == twin_grad.dtype == dtype
    assert_close(y.double(), wide_y, **HALF[dtype])
    # Rounded once, at the end: only ties that float32 cannot tell apart may differ.
    assert (y == wide_y.to(dtype)).double().mean() > 0.98
    assert_close(grad.double(), wide_grad, **HALF[dtype])
    for a, b, c in zip(
        ours.parameters(), twin.parameters(), wide.parameters(), strict=True
    ):
        assert a.grad.dtype == b.grad.dtype == kept
        # Sums of 128 terms near one, some of which cancel.
        assert_close(a.grad.double(), c.grad, rtol=HALF[dtype]["rtol"], atol=0.1)
    for a, b, c in zip(ours.buffers(), twin.buffers(), wide.buffers(), strict=True):
        assert a.dtype == b.dtype
        assert_close(a.double(), c.double(), **HALF[dtype])


def test_half_input_does_not_overflow_in_the_variance() -> None:
    """The variance 250,000 is more than float16 holds (65,504)."""
    x = (normal(64, 3) * 250).half()
    ours, twin = pair()
    assert_close(ours(x), twin(x), **HALF[torch.float16])
    assert_same_state(ours, twin, rtol=1e-3, atol=1e-3)
    assert ours.running_var.min() > 2e4


def test_under_autocast_a_block_gives_torchs_dtypes_and_numbers() -> None:
    ours, twin = pair(4, 4)
    results = []
    for layer in (ours, twin):
        torch.manual_seed(0)
        conv = nn.Conv2d(3, 4, 3)
        block = nn.Sequential(conv, layer, nn.ReLU())
        with torch.autocast("cpu", torch.bfloat16):
            y = block(normal(2, 3, 8, 8))
        y.float().square().sum().backward()
        results.append((y, conv.weight.grad))
    (y, grad), (expected, expected_grad) = results
    assert y.dtype == expected.dtype == torch.bfloat16
    assert_close(y, expected, **HALF[torch.bfloat16])
    assert_close(
        grad, expected_grad, rtol=5e-2, atol=5e-2 * expected_grad.abs().max().item()
    )
    assert_same_state(ours, twin, rtol=1e-3, atol=1e-3)
    with torch.autocast("cpu", torch.bfloat16):
        assert ours(normal(2, 4, 3)).dtype == torch.float32


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("rank", "layout"), [(4, torch.channels_last), (5, torch.channels_last_3d)], ids=str
)
def test_channels_last_stays_channels_last(rank, layout, training) -> None:
    ours, twin = pair(rank)
    ours.train(training)
    twin.train(training)
    x = normal(*SHAPES[rank]).contiguous(memory_format=layout)
    assert twin(x).is_contiguous(memory_format=layout)
    assert ours(x).is_contiguous(memory_format=layout)
    assert_same_step(ours, twin, x, **CLOSE)


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4), (4, 3, 0), (0, 3, 2, 2)], ids=str)
def test_empty_batch_counts_but_moves_no_statistic(shape, training, momentum) -> None:
    ours, twin = pair(len(shape), momentum=momentum)
    ours.train(training)
    twin.train(training)
    assert_same_step(ours, twin, torch.empty(shape), rtol=0, atol=0)
    assert ours.num_batches_tracked.item() == int(training)
    assert_close(ours.running_mean, torch.zeros(3))
    assert_close(ours.running_var, torch.ones(3))
    # Whatever came before, the next real batch is treated as torch treats it.
    assert_same_step(
        ours, twin, normal(4, *shape[1:-1], 5 if len(shape) > 2 else 3), **CLOSE
    )


def test_large_mean_keeps_output_gradient_and_buffers() -> None:
    """Stricter than the check above: the mean is at most two float32 steps off."""
    x, expected = large_mean_and_its_normalization()
    x.requires_grad_()
    upstream = normal(64, 3, seed=9)
    layer = BatchNorm(3, momentum=1.0)
    y = layer(x)
    y.backward(upstream)
    assert_close(y.detach().double(), expected, rtol=0, atol=0.02)
    wide = x.detach().double().requires_grad_()
    F.batch_norm(wide, None, None, training=True).backward(upstream.double())
    assert_close(layer.running_var.double(), wide.detach().var(0), rtol=1e-3, atol=0)
    assert_close(layer.running_mean.double(), wide.detach().mean(0), rtol=2e-7, atol=0)
    largest = wide.grad.abs().max().item()
    assert_close(x.grad.double(), wide.grad, rtol=0, atol=0.01 * largest)


def test_nan_and_infinity_stay_in_their_channel() -> None:
    x = normal(6, 3)
    x[2, 1], x[4, 2] = float("nan"), float("inf")
    ours, twin = pair()
    assert_close(ours(x), twin(x), **CLOSE, equal_nan=True)
    # The mean of a channel that holds an infinity is inf in torch's loop on the CPU and
    # nan by Welford's method: neither is a number, and only that is promised.
    for name in ("running_mean", "running_var"):
        a, b = getattr(ours, name), getattr(twin, name)
        assert a.isfinite().tolist() == b.isfinite().tolist() == [True, False, False]
        assert_close(a[0], b[0], **CLOSE)


def test_constant_channel_gives_the_bias() -> None:
    ours, twin = pair()
    x = torch.full((5, 3), 0.1)
    assert_same_step(ours, twin, x, **CLOSE)
    assert_close(ours(x), ours.bias.expand(5, 3), **CLOSE)


@pytest.mark.parametrize("affine", [True, False])
def test_an_in_place_activation_may_follow(affine: bool) -> None:
    ours, twin = pair(affine=affine)
    chains = [nn.Sequential(layer, nn.ReLU(inplace=True)) for layer in (ours, twin)]
    xs = [normal(6, 3).requires_grad_() for _ in chains]
    for chain, x in zip(chains, xs, strict=True):
        chain(x).square().sum().backward()
    assert_close(xs[0].grad, xs[1].grad, **CLOSE)


# --- The layer: state, copies, files ------------------------------------------

OPTIONS = [
    {},
    {"affine": False},
    {"bias": False},
    {"track_running_stats": False},
    {"affine": False, "track_running_stats": False},
    {"momentum": None, "eps": 1e-3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_state_dict_loads_both_ways(options: dict[str, object]) -> None:
    ours, twin = pair(**options)
    ours(normal(8, 3))
    twin(normal(8, 3, seed=1))
    for source, target in (
        (ours, nn.BatchNorm1d(3, **options)),
        (twin, BatchNorm(3, **options)),
    ):
        target.load_state_dict(source.state_dict())
        assert_same_state(target, source, rtol=0, atol=0)
        assert target.state_dict()._metadata == source.state_dict()._metadata


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_description_is_torchs(options: dict[str, object]) -> None:
    ours, twin = pair(**options)
    assert ours.extra_repr() == twin.extra_repr()
    for name in ("num_features", "eps", "momentum", "affine", "track_running_stats"):
        assert getattr(ours, name) == getattr(twin, name)
    for name in (
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ):
        assert (getattr(ours, name) is None) == (getattr(twin, name) is None)


def test_old_checkpoint_without_a_counter_loads() -> None:
    """PyTorch before 0.4.1 saved no `num_batches_tracked` and no version."""
    state = dict(pair()[1].state_dict())
    del state["num_batches_tracked"]
    ours, twin = pair()
    for layer in (ours, twin):
        layer(normal(8, 3))
        layer.load_state_dict(dict(state))
    assert_same_state(ours, twin, rtol=0, atol=0)
    versioned = OrderedDict(state)
    versioned._metadata = {"": {"version": 1}}
    for layer in pair():
        layer.load_state_dict(versioned)
    nested = nn.Sequential(BatchNorm(3))
    nested.load_state_dict({f"0.{name}": value for name, value in state.items()})


def test_new_checkpoint_without_a_counter_is_refused() -> None:
    for layer in pair():
        state = layer.state_dict()
        del state["num_batches_tracked"]
        with pytest.raises(RuntimeError, match="num_batches_tracked"):
            layer.load_state_dict(state)


def test_deepcopy_is_independent() -> None:
    ours, _ = pair()
    ours(normal(8, 3).requires_grad_())
    copied = copy.deepcopy(ours)
    assert_same_state(copied, ours, rtol=0, atol=0)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    copied(normal(8, 3, seed=1))
    for name, value in ours.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0)
    assert not torch.equal(copied.running_mean, ours.running_mean)


def test_pickle_gives_the_layer_back() -> None:
    ours, _ = pair(eps=1e-3, momentum=0.3)
    ours(normal(8, 3))
    back = pickle.loads(pickle.dumps(ours.eval()))
    assert back.extra_repr() == ours.extra_repr()
    assert not back.training
    assert_close(back(normal(4, 3)), ours(normal(4, 3)), rtol=0, atol=0)


def test_buffers_are_updated_in_place() -> None:
    """Whoever holds a buffer (an average of models, DDP) sees the new value."""
    layer = BatchNorm(3)
    held = dict(layer.named_buffers())
    before = {name: value.clone() for name, value in held.items()}
    layer(normal(8, 3))
    for name, buffer in layer.named_buffers():
        assert buffer is held[name]
        assert not torch.equal(buffer, before[name])


@pytest.mark.parametrize("momentum", [0.1, None])
def test_checkpointing_updates_twice_as_in_torch(momentum: float | None) -> None:
    ours, twin = pair(momentum=momentum)
    xs = [normal(8, 3).requires_grad_() for _ in "ab"]
    for layer, x in zip((ours, twin), xs, strict=True):
        checkpoint(layer, x, use_reentrant=False).square().sum().backward()
    assert_close(xs[0].grad, xs[1].grad, **CLOSE)
    assert_same_state(ours, twin, **CLOSE)
    assert ours.num_batches_tracked.item() == 2


def test_functional_call_updates_the_buffers_it_was_given() -> None:
    ours, twin = pair()
    states = []
    for layer in (ours, twin):
        state = {name: value.clone() for name, value in layer.state_dict().items()}
        torch.func.functional_call(layer, state, (normal(8, 3),))
        states.append(state)
        assert layer.num_batches_tracked.item() == 0
        assert_close(layer.running_mean, torch.zeros(3))
    for name, value in states[1].items():
        assert_close(states[0][name], value, **CLOSE)


def test_resets_are_torchs() -> None:
    ours, twin = pair()
    for layer in (ours, twin):
        layer(normal(8, 3))
        layer.reset_running_stats()
    assert_same_state(ours, twin, rtol=0, atol=0)
    assert ours.num_batches_tracked.item() == 0
    for layer in (ours, twin):
        layer(normal(8, 3))
        layer.reset_parameters()
    assert_same_state(ours, twin, rtol=0, atol=0)
    assert_same_state(ours, BatchNorm(3), rtol=0, atol=0)
    for options in OPTIONS:
        BatchNorm(3, **options).reset_parameters()


def test_a_plain_average_without_its_counter_stands_still_as_in_torch():
    for layer in (BatchNorm(3, momentum=None), nn.BatchNorm1d(3, momentum=None)):
        layer.num_batches_tracked = None
        layer(normal(6, 3))
        assert torch.equal(layer.running_mean, torch.zeros(3))
        assert torch.equal(layer.running_var, torch.ones(3))


def test_device_and_dtype_reach_every_tensor() -> None:
    ours, twin = (
        c(3, device="meta", dtype=torch.float16) for c in (BatchNorm, nn.BatchNorm1d)
    )
    for name, value in twin.state_dict().items():
        assert ours.state_dict()[name].device.type == "meta"
        assert ours.state_dict()[name].dtype == value.dtype
    built = ours.to_empty(device="cpu")
    built.reset_parameters()
    assert_same_state(built, nn.BatchNorm1d(3, dtype=torch.float16), rtol=0, atol=0)
    moved, moved_twin = (layer.double() for layer in pair())
    assert_same_step(moved, moved_twin, normal(6, 3, dtype=torch.float64), **EXACT)


# --- The layer: modes ---------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "guard",
    [torch.enable_grad, torch.no_grad, torch.inference_mode],
    ids=lambda g: g.__name__,
)
def test_grad_mode_has_no_say(guard: Callable[[], object], training: bool) -> None:
    ours, twin = pair()
    for layer in (ours, twin):
        layer(normal(8, 3))
        layer.train(training)
    with guard():
        assert_close(ours(normal(8, 3, seed=1)), twin(normal(8, 3, seed=1)), **CLOSE)
    assert_same_state(ours, twin, **CLOSE)
    assert ours.num_batches_tracked.item() == 1 + int(training)
    assert_same_step(ours, twin, normal(8, 3, seed=2), **CLOSE)


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("built", [True, False])
def test_flipping_track_running_stats_later_does_what_torch_does(
    built, momentum
) -> None:
    """Off: the old statistics stay and serve in eval. On: there are none to update."""
    ours, twin = pair(track_running_stats=built, momentum=momentum)
    for layer in (ours, twin):
        layer(normal(8, 3))
        layer.track_running_stats = not built
    for training in (True, False, True, False):
        ours.train(training)
        twin.train(training)
        assert_same_step(ours, twin, normal(8, 3, seed=3), **CLOSE)
    if built:
        assert ours.num_batches_tracked.item() == 1
    else:
        assert ours.running_mean is None


def test_without_statistics_eval_uses_the_batch() -> None:
    layer = BatchNorm(3, track_running_stats=False).eval()
    assert_close(layer(normal(8, 3) + 50).mean(0), torch.zeros(3), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("training", "backend"),
    [(True, "aot_eager"), (False, "aot_eager"), (True, "inductor")],
)
# Inductor imports torch.jit, which torch 2.13 calls deprecated.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_compiles_as_one_graph(training: bool, backend: str) -> None:
    torch.compiler.reset()
    ours, twin = pair(3)
    for layer in (ours, twin):
        layer.train(training)
    compiled = torch.compile(ours, fullgraph=True, backend=backend)
    for seed in range(2):
        xs = [normal(4, 3, 5, seed=seed).requires_grad_() for _ in "ab"]
        for layer, x in zip((compiled, twin), xs, strict=True):
            layer(x).square().sum().backward()
        assert_close(compiled(xs[0]), twin(xs[1]), **CLOSE)
        assert_close(xs[0].grad, xs[1].grad, **CLOSE)
        assert_same_state(ours, twin, **CLOSE)


# --- Refusals -----------------------------------------------------------------


@contextlib.contextmanager
def refused(*kinds: type[Exception], match: str) -> Iterator[None]:
    with pytest.raises(kinds, match=match):
        yield


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1)], ids=str)
def test_one_value_per_channel_is_refused_in_training(shape: tuple[int, ...]) -> None:
    words = r"Expected more than 1 value per channel when training.*\[1, 3"
    for layer in pair(len(shape)):
        with refused(ValueError, match=words):
            layer(torch.ones(shape))
        assert_close(layer.running_mean, torch.zeros(3))
        assert layer.eval()(torch.ones(shape)).shape == shape
    for layer in pair(len(shape), track_running_stats=False):
        with refused(ValueError, match=words):
            layer.eval()(torch.ones(shape))
    with refused(ValueError, match=words):
        batch_norm(torch.ones(shape), None, None, training=True)


@pytest.mark.parametrize("eps", [0.0, -1e-3])
def test_eps_must_be_positive_in_training(eps: float) -> None:
    for layer in pair(eps=eps):
        with refused(ValueError, match=f"eps.*{eps}"):
            layer(normal(4, 3))
    with refused(ValueError, match=f"eps.*{eps}"):
        batch_norm(normal(4, 3), None, None, training=True, eps=eps)


def test_eps_may_be_zero_but_not_negative_in_eval() -> None:
    ours, twin = (layer.eval() for layer in pair(eps=0.0))
    assert_same_step(ours, twin, normal(4, 3), **CLOSE)
    for layer in pair(eps=-1e-3):
        with refused(ValueError, match="eps.*-0.001"):
            layer.eval()(normal(4, 3))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "options",
    [{}, {"affine": False}, {"track_running_stats": False}, {"bias": False}],
    ids=str,
)
@pytest.mark.parametrize("channels", [1, 4, 6])
def test_wrong_channel_count_is_refused(channels, options, training) -> None:
    """One channel too: broadcasting would take it without a word."""
    layer = BatchNorm(3, **options).train(training)
    before = copy.deepcopy(layer.state_dict())
    with refused(ValueError, match=rf"(?s)3.*{channels}|{channels}.*3"):
        layer(normal(5, channels))
    if options.get("track_running_stats", True):
        assert_close(layer.running_mean, before["running_mean"], rtol=0, atol=0)
        assert_close(layer.running_var, before["running_var"], rtol=0, atol=0)
    with pytest.raises(RuntimeError, match="should contain"):
        nn.BatchNorm1d(3, **options).train(training)(normal(5, channels))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("argument", ["running", "weight", "bias"])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_function_refuses_vectors_of_another_length(length, argument, training) -> None:
    wrong = torch.ones(length)
    vectors = {"running_mean": torch.zeros(3), "running_var": torch.ones(3)}
    vectors |= {"weight": torch.ones(3), "bias": torch.zeros(3)}
    for name in vectors:
        if name.startswith(argument):
            vectors[name] = wrong
    with refused(ValueError, match=rf"{length}"):
        batch_norm(normal(5, 3), **vectors, training=training)
    with pytest.raises(RuntimeError, match="should contain"):
        F.batch_norm(normal(5, 3), **vectors, training=training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(), (3,)], ids=str)
def test_fewer_than_two_dimensions_are_refused(
    shape: tuple[int, ...], training: bool
) -> None:
    with refused(ValueError, match=r"(?i)dim|\dD|shape|size"):
        BatchNorm(3).train(training)(torch.ones(shape))
    with refused(ValueError, match=r"(?i)dim|\dD|shape|size"):
        batch_norm(torch.ones(shape), torch.zeros(3), torch.ones(3), training=training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64], ids=str)
def test_only_floating_point_is_taken(dtype: torch.dtype, training: bool) -> None:
    x = torch.ones(4, 3, dtype=dtype)
    with refused(TypeError, ValueError, match=str(dtype)):
        BatchNorm(3).train(training)(x)
    with refused(TypeError, ValueError, match=str(dtype)):
        batch_norm(x, torch.zeros(3), torch.ones(3), training=training)
    with pytest.raises(NotImplementedError):
        nn.BatchNorm1d(3).train(training)(x)


@pytest.mark.parametrize("training", [True, False])
def test_one_running_statistic_without_the_other_is_refused(training: bool) -> None:
    for mean, var in ((torch.zeros(3), None), (None, torch.ones(3))):
        with refused(ValueError, match="running_(mean|var)"):
            batch_norm(normal(4, 3), mean, var, training=training)


def test_eval_without_running_statistics_is_refused() -> None:
    with refused(ValueError, match="running_mean"):
        batch_norm(normal(4, 3), None, None)


# --- CUDA ---------------------------------------------------------------------


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str
)
@pytest.mark.parametrize("rank", TWINS)
def test_layer_equals_torch_on_cuda(
    rank: int, dtype: torch.dtype, training: bool
) -> None:
    ours, twin = (layer.cuda() for layer in pair(rank))
    tolerance = HALF.get(dtype, CLOSE)
    xs = [normal(*SHAPES[rank], dtype=dtype).cuda().requires_grad_() for _ in "ab"]
    ys = []
    for layer, x in zip((ours, twin), xs, strict=True):
        ys.append(layer.train(training)(x))
        ys[-1].sin().sum().backward()
    assert ys[0].dtype == ys[1].dtype
    assert_close(ys[0], ys[1], **tolerance)
    assert_close(xs[0].grad, xs[1].grad, **tolerance)
    assert_same_state(ours, twin, **CLOSE)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_autocast_on_cuda_gives_torchs_dtypes() -> None:
    ours, twin = (layer.cuda() for layer in pair(4))
    x = normal(*SHAPES[4]).cuda()
    for given_dtype in (torch.float16, torch.float32):
        with torch.autocast("cuda", torch.float16):
            y, expected = ours(x.to(given_dtype)), twin(x.to(given_dtype))
        assert y.dtype == expected.dtype
        assert_close(y, expected, **HALF[torch.float16])
