"""The four layers do what torch's do; each differs from the next by its axes alone.

`assert_same` compares a layer with its twin: output, gradients, buffers. The layers of
the snippet pass it, the wrong layers at the end of this file fail it.
"""

import copy
import inspect
import pickle
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.testing import assert_close

from snippets.norms.norms import (
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    RMSNorm,
    normalize,
)

INSTANCE_TWINS = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}
SHAPES = {3: (4, 6, 5), 4: (2, 6, 4, 3), 5: (2, 6, 2, 3, 2)}
# Both sides compute in the same precision but add in another order.
TOLERANCE = {
    torch.float64: {"rtol": 1e-8, "atol": 1e-9},
    torch.float32: {"rtol": 1e-4, "atol": 1e-4},
    # Two roundings: a parameter gradient adds up to some 40 values of size one.
    torch.float16: {"rtol": 4e-3, "atol": 2e-2},
    torch.bfloat16: {"rtol": 3e-2, "atol": 1e-1},
}
quick = settings(deadline=None, derandomize=True, max_examples=60)


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Mean 0.5 and deviation 2: not what a layer makes of them."""
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randn(shape, generator=generator, dtype=torch.float64) + 0.5).to(
        dtype
    )


def share_state(ours: nn.Module, twin: nn.Module) -> None:
    """Give the twin random parameters, and ours the twin's through the state_dict."""
    for seed, (name, value) in enumerate(twin.state_dict().items()):
        if value.is_floating_point():
            random = normal(*value.shape, seed=seed, dtype=value.dtype)
            value.copy_(random.abs() + 0.1 if name == "running_var" else random)
    ours.load_state_dict(twin.state_dict())


def assert_same(
    ours: nn.Module, twin: nn.Module, x: Tensor, dtype: torch.dtype | None = None
) -> None:
    """Same state, output, gradients and buffers, two calls in a row."""
    tolerance = TOLERANCE[dtype or x.dtype]
    share_state(ours, twin)
    for call in range(2):
        results: list[list[Tensor]] = []
        for layer in (ours, twin):
            leaf = x.detach().clone(memory_format=torch.preserve_format)
            leaf.requires_grad_()
            layer.zero_grad()
            y = layer(leaf)
            assert y.dtype == x.dtype
            y.backward(normal(*y.shape, seed=7 + call, dtype=y.dtype))
            gradients = [leaf, *layer.parameters()]
            results.append([y, *(g.grad for g in gradients), *layer.buffers()])
        for mine, torchs in zip(*results, strict=True):
            assert_close(mine, torchs, equal_nan=True, **tolerance)


def pair(kind: str, rank: int = 4, **options) -> tuple[nn.Module, nn.Module]:
    """Make a layer of ours and of torch, for an input of `SHAPES[rank]`."""
    last = SHAPES[rank][-2:]
    if kind == "layer":
        return LayerNorm(last, **options), nn.LayerNorm(last, **options)
    if kind == "rms":
        return RMSNorm(last, **options), nn.RMSNorm(last, **options)
    if kind == "group":
        return GroupNorm(2, 6, **options), nn.GroupNorm(2, 6, **options)
    return InstanceNorm(6, **options), INSTANCE_TWINS[rank](6, **options)


OPTIONS = [
    ("layer", {}),
    ("layer", {"bias": False, "eps": 0.1}),
    ("layer", {"elementwise_affine": False}),
    ("rms", {}),
    ("rms", {"eps": 0.1}),
    ("rms", {"elementwise_affine": False}),
    ("group", {}),
    ("group", {"bias": False, "eps": 0.1}),
    ("group", {"affine": False}),
    ("instance", {}),
    ("instance", {"affine": True, "eps": 0.1}),
    ("instance", {"affine": True, "bias": False}),
    ("instance", {"track_running_stats": True}),
    ("instance", {"track_running_stats": True, "affine": True, "momentum": 0.4}),
    ("instance", {"track_running_stats": True, "momentum": None}),
]
each_option = pytest.mark.parametrize(("kind", "options"), OPTIONS)
each_kind = pytest.mark.parametrize("kind", ["layer", "rms", "group", "instance"])


# The same as torch


@each_option
@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("training", [True, False])
def test_output_gradients_and_buffers_are_torchs(kind, options, rank, training):
    ours, twin = pair(kind, rank, dtype=torch.float64, **options)
    x = normal(*SHAPES[rank], dtype=torch.float64)
    assert_same(ours.train(training), twin.train(training), x)


@each_option
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("same", [True, False])
def test_half_types_are_torchs_with_half_and_with_float32_parameters(
    kind, options, dtype, same, recwarn
):
    # torch's RMSNorm warns that the mixture costs it the fused kernel.
    ours, twin = pair(kind, 4, dtype=dtype if same else torch.float32, **options)
    assert_same(ours, twin, normal(*SHAPES[4], dtype=dtype))
    recwarn.clear()


def layouts(x: Tensor) -> dict[str, Tensor]:
    """The values of x in other memory."""
    strided = torch.empty(*x.shape[:-1], 2 * x.shape[-1], dtype=x.dtype)[..., ::2]
    permuted = torch.empty(x.shape[::-1], dtype=x.dtype).permute(
        *range(x.ndim - 1, -1, -1)
    )
    made = {"plain": x, "strided": strided.copy_(x), "permuted": permuted.copy_(x)}
    if x.ndim == 4:
        made["channels_last"] = x.contiguous(memory_format=torch.channels_last)
    return made


@quick
@given(data=st.data())
def test_every_shape_dtype_and_layout_is_torchs(data):
    kind = data.draw(st.sampled_from(["layer", "rms", "group", "instance"]))
    rank = data.draw(st.integers(3, 5))
    groups, width = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    sizes = [data.draw(st.integers(1, 4)) for _ in range(rank - 2)]
    sizes[-1] += 1
    shape = (data.draw(st.integers(1, 4)), groups * width, *sizes)
    dtype = data.draw(st.sampled_from(list(TOLERANCE)))
    scale = data.draw(st.sampled_from([0.1, 1.0, 30.0]))
    last = shape[-data.draw(st.integers(1, rank - 1)) :]
    options = {"dtype": dtype, "eps": data.draw(st.sampled_from([1e-5, 0.1]))}
    ours, twin = {
        "layer": lambda: (LayerNorm(last, **options), nn.LayerNorm(last, **options)),
        "rms": lambda: (RMSNorm(last, **options), nn.RMSNorm(last, **options)),
        "group": lambda: (
            GroupNorm(groups, shape[1], **options),
            nn.GroupNorm(groups, shape[1], **options),
        ),
        "instance": lambda: (
            InstanceNorm(shape[1], affine=True, **options),
            INSTANCE_TWINS[rank](shape[1], affine=True, **options),
        ),
    }[kind]()
    x = normal(*shape, seed=data.draw(st.integers(0, 99)), dtype=dtype) * scale
    # Where deviations are tiny, 1 / sqrt(var + eps) is some 300: float32 shows it.
    layout = data.draw(st.sampled_from(sorted(layouts(x))))
    share_state(ours, twin)
    assert_close(
        ours(layouts(x)[layout]).double(), twin(x).double(), **TOLERANCE[dtype]
    )


@each_kind
def test_gradient_passes_gradcheck(kind):
    ours, _ = pair(kind, 4, dtype=torch.float64)
    x = normal(*SHAPES[4], dtype=torch.float64).requires_grad_()
    assert gradcheck(ours, (x,))


@each_kind
@pytest.mark.parametrize("state", ["contiguous", "channels_last"])
def test_memory_format_survives(kind, state):
    x = normal(*SHAPES[4])
    if state == "channels_last":
        x = x.contiguous(memory_format=torch.channels_last)
    assert pair(kind)[0](x).stride() == x.stride()


@pytest.mark.parametrize(
    ("ours", "twin"),
    [
        (LayerNorm, nn.LayerNorm),
        (RMSNorm, nn.RMSNorm),
        (GroupNorm, nn.GroupNorm),
        (InstanceNorm, nn.InstanceNorm1d),
        (InstanceNorm, nn.InstanceNorm2d),
        (InstanceNorm, nn.InstanceNorm3d),
    ],
)
def test_constructor_is_torchs(ours, twin):
    assert inspect.signature(ours) == inspect.signature(twin)


@each_option
def test_state_dict_fits_both_ways(kind, options):
    ours, twin = pair(kind, **options)
    assert list(ours.state_dict()) == list(twin.state_dict())
    share_state(ours, twin)
    fresh = pair(kind, **options)[1]
    fresh.load_state_dict(ours.state_dict())
    for mine, torchs in zip(
        fresh.state_dict().values(), twin.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, torchs)


@each_option
def test_copies_and_pickles_behave_as_the_original(kind, options):
    ours, _ = pair(kind, **options)
    x = normal(*SHAPES[4])
    ours(x)  # the running statistics have moved
    expected = copy.deepcopy(ours)(x)
    assert torch.equal(pickle.loads(pickle.dumps(ours))(x), expected)


@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_changes_nothing(kind, dtype):
    ours, twin = pair(kind)
    share_state(ours, twin)
    x = normal(*SHAPES[4], dtype=dtype)
    with torch.autocast("cpu", torch.bfloat16):
        inside, torchs = ours(x), twin(x)
    assert inside.dtype == torchs.dtype == dtype
    assert torch.equal(inside, ours(x))


@each_kind
def test_compiles_without_a_graph_break(kind):
    options = {"track_running_stats": True} if kind == "instance" else {}
    ours, twin = pair(kind, dtype=torch.float64, **options)
    share_state(ours, twin)
    results: list[list[Tensor]] = []
    for layer in (torch.compile(ours, backend="aot_eager", fullgraph=True), twin):
        x = normal(*SHAPES[4], dtype=torch.float64).requires_grad_()
        y = layer(x)
        y.backward(normal(*SHAPES[4], seed=5, dtype=torch.float64))
        results.append([y, x.grad, *(p.grad for p in layer.parameters())])
        results[-1].extend(layer.buffers())
    for mine, torchs in zip(*results, strict=True):
        assert_close(mine, torchs, **TOLERANCE[torch.float64])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@each_option
@pytest.mark.parametrize("dtype", list(TOLERANCE))
def test_on_a_gpu_too(kind, options, dtype):
    ours, twin = pair(kind, 4, dtype=dtype, device="cuda", **options)
    share_state(ours, twin)
    x = normal(*SHAPES[4], dtype=dtype).cuda()
    assert_close(ours(x), twin(x), **TOLERANCE[dtype])


# One formula, the choice of axes


def test_only_the_axes_differ():
    x = normal(2, 6, 4, 3, dtype=torch.float64)
    groups = normalize(x.view(2, 3, 2, 4, 3), (2, 3, 4), 1e-5).view_as(x)
    assert_close(normalize(x, (-2, -1), 1e-5), nn.LayerNorm((4, 3)).double()(x))
    assert_close(groups, nn.GroupNorm(3, 6).double()(x))
    assert_close(normalize(x, (2, 3), 1e-5), nn.InstanceNorm2d(6).double()(x))
    assert_close(normalize(x, (0, 2, 3), 1e-5), nn.BatchNorm2d(6).double()(x))
    rms = nn.RMSNorm((4, 3), eps=1e-5).double()(x)
    assert_close(normalize(x, (-2, -1), 1e-5, center=False), rms)


def test_group_norm_lies_between_layer_norm_and_instance_norm():
    x = normal(*SHAPES[4], dtype=torch.float64)
    one, all_apart = GroupNorm(1, 6).double()(x), GroupNorm(6, 6).double()(x)
    assert_close(one, LayerNorm(SHAPES[4][1:]).double()(x))
    assert_close(all_apart, InstanceNorm(6).double()(x))


def test_each_value_depends_on_its_own_axes_only():
    x = normal(*SHAPES[4], dtype=torch.float64)
    changed = x.clone()
    changed[1, 4, 2, 1] += 100
    seen = {
        kind: (ours(x) != ours(changed)).nonzero().unique(dim=0)
        for kind in ("layer", "rms", "group", "instance")
        for ours in [pair(kind, dtype=torch.float64)[0]]
    }
    # (4, 3) of one channel; the same; three channels of a group; one channel
    assert {k: len(v) for k, v in seen.items()} == {
        "layer": 12,
        "rms": 12,
        "group": 36,
        "instance": 12,
    }
    assert set(seen["group"][:, 1].tolist()) == {3, 4, 5}


@pytest.mark.parametrize("kind", ["layer", "group", "instance"])
def test_large_mean_with_small_spread_is_not_lost(kind):
    ours, twin = pair(kind)
    x = normal(*SHAPES[4], dtype=torch.float64) * 0.05 + 1000
    exact = twin.double()(x.float().double())
    # A mean near 1000 is known to 3e-5, a spread of 0.1: an error of some 1e-3.
    assert_close(ours(x.float()).double(), exact, rtol=0, atol=5e-3)


def test_rms_norm_eps_none_is_the_epsilon_of_the_computation():
    half, double = torch.finfo(torch.float32).eps, torch.finfo(torch.float64).eps
    for dtype, eps in [
        (torch.float16, half),
        (torch.bfloat16, half),
        (torch.float32, half),
        (torch.float64, double),
    ]:
        x = torch.full((1, 8), 1e-4, dtype=dtype)  # x^2 = 1e-8 is below both half's eps
        expected = x.double() * (x.double().square().mean() + eps).rsqrt()
        for layer in (RMSNorm(8, dtype=dtype), nn.RMSNorm(8, dtype=dtype)):
            assert_close(layer(x).double(), expected, rtol=1e-2, atol=0)


@pytest.mark.parametrize("value", [1e-4, 300.0])  # squared: 0 and inf in float16
def test_rms_norm_squares_half_types_in_float32(value):
    x = torch.full((1, 8), value, dtype=torch.float16)
    assert x.square().unique().item() in (0, float("inf"))
    y = RMSNorm(8, eps=1e-12, dtype=torch.float16)(x)
    assert_close(y, torch.ones_like(y), rtol=2e-3, atol=0)


def test_rms_norm_rounds_once_after_the_weight():
    x, layer = normal(50, 64, dtype=torch.bfloat16), RMSNorm(64, dtype=torch.bfloat16)
    twin = nn.RMSNorm(64, dtype=torch.bfloat16)
    share_state(layer, twin)
    assert torch.equal(layer(x), twin(x))


# The traps


@pytest.mark.parametrize("make", [GroupNorm, nn.GroupNorm])
def test_one_value_per_group_gives_the_bias_whatever_the_input(make):
    layer = make(32, 32)
    nn.init.normal_(layer.weight)
    nn.init.constant_(layer.bias, 3.0)
    for seed in (0, 1):
        y = layer(normal(4, 32, seed=seed))
        # torch computes x * scale - mean * scale, with a scale of 316: not quite 0.
        assert_close(y, torch.full((4, 32), 3.0), rtol=0, atol=1e-3)
    with pytest.raises(ValueError, match=r"more than 1 value|2\+ values per group"):
        layer(normal(1, 32))


@pytest.mark.parametrize("make", [GroupNorm, nn.GroupNorm])
def test_one_sample_is_enough_for_a_group_of_two(make):
    assert make(16, 32)(normal(1, 32)).abs().max() > 0.5


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_instance_norm_with_tracked_statistics_is_batch_norm_in_eval(rank):
    x = normal(*SHAPES[rank], dtype=torch.float64)
    options = {"affine": True, "track_running_stats": True, "dtype": torch.float64}
    ours, batch_norm = InstanceNorm(6, **options), nn.SyncBatchNorm(6).double()
    share_state(ours, batch_norm)
    before = copy.deepcopy(ours.state_dict())
    assert_close(ours.eval()(x), batch_norm.eval()(x))
    assert all(torch.equal(before[k], v) for k, v in ours.state_dict().items())


def test_instance_norm_running_statistics_are_means_over_the_samples():
    x = normal(4, 3, 5, dtype=torch.float64)
    layer = InstanceNorm(3, momentum=0.25, track_running_stats=True).double()
    layer(x)
    assert_close(layer.running_mean, 0.25 * x.mean((0, 2)))
    assert_close(layer.running_var, 0.75 + 0.25 * x.var(2, correction=1).mean(0))
    assert layer.num_batches_tracked == 0  # never counted, as in torch


@pytest.mark.parametrize("make", [InstanceNorm, nn.InstanceNorm1d])
def test_instance_norm_momentum_none_never_updates(make):
    layer = make(3, momentum=None, track_running_stats=True)
    layer(normal(4, 3, 5))
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]


@pytest.mark.parametrize("shape", [(0, 3, 5), (4, 3, 0)])
def test_an_empty_batch_leaves_the_running_statistics_alone(shape):
    layer = InstanceNorm(3, affine=True, track_running_stats=True)
    assert layer(torch.empty(shape)).shape == shape
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]


def test_torchs_instance_norm_is_poisoned_by_an_empty_batch():
    layer = nn.InstanceNorm1d(3, track_running_stats=True)
    layer(torch.empty(0, 3, 5))
    assert layer.running_mean.isnan().all()


def test_switched_off_tracking_uses_and_updates_as_torch_does():
    for training in (True, False):
        ours, twin = pair("instance", 3, track_running_stats=True, dtype=torch.float64)
        ours.track_running_stats = twin.track_running_stats = False
        x = normal(*SHAPES[3], dtype=torch.float64)
        assert_same(ours.train(training), twin.train(training), x)


def test_running_statistics_keep_no_graph():
    layer = InstanceNorm(3, track_running_stats=True)
    layer(normal(4, 3, 5).requires_grad_())
    assert not layer.running_mean.requires_grad


@each_kind
def test_an_empty_batch_gives_an_empty_output(kind):
    ours, twin = pair(kind)
    x = torch.empty(0, *SHAPES[4][1:])
    assert ours(x).shape == twin(x).shape == x.shape


# Refusals


@pytest.mark.parametrize(
    ("make", "options", "shape", "match"),
    [
        ("LayerNorm", {"normalized_shape": 5}, (4, 6), r"ending in \(5,\), got \(4, 6"),
        ("LayerNorm", {"normalized_shape": (6, 5)}, (5,), r"\(6, 5\), got \(5,\)"),
        ("LayerNorm", {"normalized_shape": 5}, (), r"\(5,\), got \(\)"),
        ("LayerNorm", {"normalized_shape": ()}, (4, 5), r"ending in \(\), got \(4, 5"),
        ("RMSNorm", {"normalized_shape": 5}, (4, 6), r"ending in \(5,\), got \(4, 6"),
        ("RMSNorm", {"normalized_shape": ()}, (4, 5), r"ending in \(\), got \(4, 5"),
        ("GroupNorm", {"num_groups": 2, "num_channels": 6}, (6,), r"\*\), got \(6,"),
        ("GroupNorm", {"num_groups": 2, "num_channels": 6}, (4, 5), r"got \(4, 5\)"),
        ("GroupNorm", {"num_groups": 2, "num_channels": 6}, (4, 8), r"got \(4, 8\)"),
        ("GroupNorm", {"num_groups": 6, "num_channels": 6}, (1, 6, 1), r"2\+ values"),
        ("InstanceNorm1d", {"num_features": 6}, (6,), r"got \(6,\)"),
        ("InstanceNorm1d", {"num_features": 6}, (4, 6, 1), r"2\+ values per channel"),
        ("InstanceNorm1d", {"num_features": 6, "affine": True}, (4, 5, 3), r"\(4, 5,"),
    ],
)
def test_what_torch_refuses_is_refused_with_the_shape_named(
    make, options, shape, match
):
    ours = {
        "LayerNorm": LayerNorm,
        "RMSNorm": RMSNorm,
        "GroupNorm": GroupNorm,
        "InstanceNorm1d": InstanceNorm,
    }[make]
    with pytest.raises((ValueError, RuntimeError)):
        getattr(nn, make)(**options)(torch.ones(shape))
    with pytest.raises(ValueError, match=match):
        ours(**options)(torch.ones(shape))


@pytest.mark.parametrize("track", [False, True])
def test_one_value_per_channel_is_fine_where_nothing_is_measured(track):
    layer = InstanceNorm(6, track_running_stats=track).eval()
    x = torch.ones(4, 6, 1)
    if track:
        assert layer(x).shape == x.shape
    else:
        with pytest.raises(ValueError, match=r"2\+ values per channel"):
            layer(x)


@pytest.mark.parametrize("layer", [GroupNorm(2, 6, affine=False), InstanceNorm(6)])
def test_wrong_channels_are_refused_without_parameters_too(layer):
    with pytest.raises(ValueError, match=r"expected \(N, 6, .*got \(2, 8, 5\)"):
        layer(torch.ones(2, 8, 5))


def test_instance_norm_asks_for_the_batch_axis():
    with pytest.raises(ValueError, match=r"expected \(N, 6, L, \*\), got \(6, 5\)"):
        InstanceNorm(6)(torch.ones(6, 5))


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="divisible"):
        GroupNorm(4, 6)


@each_kind
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_only_floating_point_is_accepted(kind, dtype):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        pair(kind)[0](torch.ones(SHAPES[4], dtype=dtype))


@pytest.mark.parametrize("kind", ["layer", "group", "instance"])
@pytest.mark.parametrize(
    ("dtype", "wrong"),
    [(torch.float32, torch.float64), (torch.float64, torch.float32)],
)
def test_parameters_of_another_dtype_are_refused_as_in_torch(kind, dtype, wrong):
    options = {"affine": True} if kind == "instance" else {}
    ours, twin = pair(kind, dtype=dtype, **options)
    x = normal(*SHAPES[4], dtype=wrong)
    with pytest.raises(RuntimeError, match="mixed dtype"):
        twin(x)
    with pytest.raises(TypeError, match=f"input in {dtype}, got {wrong}"):
        ours(x)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_rms_norm_takes_parameters_of_any_dtype_as_in_torch(dtype, recwarn):
    ours, twin = pair("rms", dtype=dtype)
    assert_same(ours, twin, normal(*SHAPES[4]))
    recwarn.clear()


# The check can fail


class Wrong(nn.LayerNorm):
    """A LayerNorm with one of the usual mistakes."""

    def __init__(self, mistake: Callable[[Tensor], Tensor]) -> None:
        super().__init__(SHAPES[4][-2:], dtype=torch.float64)
        self.mistake = mistake

    def forward(self, x: Tensor) -> Tensor:
        return self.mistake(x) * self.weight + self.bias


def unbiased(x: Tensor) -> Tensor:
    return (x - x.mean((-2, -1), True)) / (x.var((-2, -1), keepdim=True) + 1e-5).sqrt()


def eps_outside(x: Tensor) -> Tensor:
    var = x.var((-2, -1), correction=0, keepdim=True)
    return (x - x.mean((-2, -1), True)) / (var.sqrt() + 1e-5)


def constant_statistics(x: Tensor) -> Tensor:
    var = x.var((-2, -1), correction=0, keepdim=True).detach()
    return (x - x.mean((-2, -1), True).detach()) / (var + 1e-5).sqrt()


def other_axes(x: Tensor) -> Tensor:
    return normalize(x, (1, 2), 1e-5)


@pytest.mark.parametrize(
    "mistake", [unbiased, eps_outside, constant_statistics, other_axes]
)
def test_the_check_fails_a_wrong_layer(mistake):
    twin = nn.LayerNorm(SHAPES[4][-2:], dtype=torch.float64)
    x = normal(*SHAPES[4], dtype=torch.float64)
    with pytest.raises(AssertionError):
        assert_same(Wrong(mistake), twin, x)
    assert_same(Wrong(lambda x: normalize(x, (-2, -1), 1e-5)), twin, x)
