"""initialize against nn.init (same bits), counted connections and the distributions."""

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations

from snippets.initialization.initialize import fans, initialize

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
VARIANCE = {
    "lecun": lambda f: 1 / f["fan_in"],
    "glorot": lambda f: 2 / (f["fan_in"] + f["fan_out"]),
    "he": lambda f: 2 / f["fan_in"],
}


def connections(layer, size):
    """Count with ones: what meets in each output, and what each input feeds."""
    layer = copy.deepcopy(layer).double()
    for parameter in layer.parameters():
        nn.init.ones_(parameter) if parameter.dim() > 1 else nn.init.zeros_(parameter)
    channels = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
    axes = 0 if isinstance(layer, nn.Linear) else len(layer.kernel_size)
    x = torch.ones(
        1, channels, *(size,) * axes, dtype=torch.float64, requires_grad=True
    )
    y = layer(x)
    (feeds,) = torch.autograd.grad(y.sum(), x)
    inside = (slice(None), slice(None), *(slice(size // 3, 2 * size // 3),) * axes)
    return y.detach(), feeds[inside]


def check_fans(layer, found, size=12):
    """The fans are the counts, away from the borders and averaged over the strides."""
    y, feeds = connections(layer, size)
    stride = 1
    if isinstance(layer, TRANSPOSED):
        stride = layer.stride[0]
    axes = y.dim() - 2
    middle = y.shape[2] // 3 // stride * stride if axes else 0
    inside = (..., *(slice(middle, middle + 2 * stride),) * axes)
    assert found["fan_in"] == pytest.approx(float(y[inside].mean()), rel=1e-12)
    assert found["fan_out"] == pytest.approx(float(feeds.mean()), rel=1e-12)
    assert found["fan_avg"] == (found["fan_in"] + found["fan_out"]) / 2


def check_law(weight, variance, distribution):
    """Kolmogorov-Smirnov on the exact law: D * sqrt(n) < 3 (p = 3e-8); bounds."""
    std = math.sqrt(variance)
    w = weight.detach().double().flatten().sort().values
    n = len(w)
    normal = torch.distributions.Normal(0.0, 1.0)
    if distribution == "normal":
        law = normal.cdf(w / std)
    elif distribution == "uniform":
        bound = math.sqrt(3) * std
        assert float(w.abs().max()) <= bound * (1 + 1e-6)
        law = (w / bound + 1) / 2
    else:
        cut = 0.87962566103423978  # std of a standard normal within [-2, 2]
        wide = std / cut
        assert float(w.abs().max()) <= 2 * wide * (1 + 1e-6)
        low = normal.cdf(torch.tensor(-2.0, dtype=torch.float64))
        law = (normal.cdf(w / wide) - low) / (1 - 2 * low)
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    distance = torch.maximum((law - steps[:-1]).abs(), (steps[1:] - law).abs()).max()
    assert float(distance) * math.sqrt(n) < 3
    # The second moment as well: KS is weak in the tails. Kurtosis is at most 3.
    assert abs(float(w.square().mean()) / variance - 1) < 6 * math.sqrt(2 / n)


def seeded(run):
    torch.manual_seed(0)
    return run()


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    axes=st.integers(1, 3),
    groups=st.integers(1, 3),
    inner=st.integers(1, 3),
    outer=st.integers(1, 3),
    kernel=st.integers(1, 3),
    dilation=st.integers(1, 2),
)
def test_fans_of_a_convolution_are_its_counted_connections(
    axes, groups, inner, outer, kernel, dilation
):
    layer = CONVS[axes - 1](
        inner * groups, outer * groups, kernel, dilation=dilation, groups=groups
    )
    check_fans(layer, fans(layer))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    axes=st.integers(1, 3),
    groups=st.integers(1, 3),
    inner=st.integers(1, 3),
    outer=st.integers(1, 3),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
)
def test_fans_of_a_transposed_convolution_count_the_stride(
    axes, groups, inner, outer, kernel, stride
):
    layer = TRANSPOSED[axes - 1](
        inner * groups, outer * groups, kernel, stride, groups=groups
    )
    check_fans(layer, fans(layer))


@pytest.mark.parametrize(("inner", "outer"), [(1, 1), (3, 7), (8, 2)])
def test_fans_of_a_linear_layer_are_its_counted_connections(inner, outer):
    layer = nn.Linear(inner, outer)
    check_fans(layer, fans(layer))


def test_the_fans_check_can_fail():
    """nn.init swaps the fans of a transposed convolution and ignores its stride."""
    layer = nn.ConvTranspose2d(4, 6, 4, 2)
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(layer.weight)
    torchs = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    with pytest.raises(AssertionError):
        check_fans(layer, torchs)
    grouped = nn.Conv2d(4, 6, 3, groups=2)
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(grouped.weight)
    assert fan_in == fans(grouped)["fan_in"]
    assert fan_out == 2 * fans(grouped)["fan_out"], "nn.init forgets the groups here"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    axes=st.integers(0, 3),
    inner=st.integers(1, 40),
    outer=st.integers(1, 40),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]),
)
def test_same_seed_same_bits_as_nn_init(axes, inner, outer, kernel, stride, dtype):
    layer = (
        CONVS[axes - 1](inner, outer, kernel, stride, dtype=dtype)
        if axes
        else nn.Linear(inner, outer, dtype=dtype)
    )
    twin = copy.deepcopy(layer)
    he = {"nonlinearity": "relu"}
    lecun = {"nonlinearity": "linear"}
    pairs = [
        ("he", "normal", lambda w: nn.init.kaiming_normal_(w, **he)),
        ("he", "uniform", lambda w: nn.init.kaiming_uniform_(w, **he)),
        ("lecun", "normal", lambda w: nn.init.kaiming_normal_(w, **lecun)),
        ("lecun", "uniform", lambda w: nn.init.kaiming_uniform_(w, **lecun)),
        ("glorot", "normal", nn.init.xavier_normal_),
        ("glorot", "uniform", nn.init.xavier_uniform_),
    ]
    for scheme, distribution, torchs in pairs:
        seeded(lambda: initialize(layer, scheme, distribution=distribution))  # noqa: B023
        seeded(lambda: torchs(twin.weight))  # noqa: B023
        assert torch.equal(layer.weight, twin.weight), (scheme, distribution)
        assert not layer.bias.any()


def test_in_float64_it_equals_nn_init_to_two_units_in_the_last_place():
    """sqrt(2 / fan) and sqrt(2) / sqrt(fan) round differently; float32 hides that."""
    layer = nn.Linear(37, 29, dtype=torch.float64)
    twin = copy.deepcopy(layer)
    seeded(lambda: initialize(layer))
    seeded(lambda: nn.init.kaiming_normal_(twin.weight, nonlinearity="relu"))
    torch.testing.assert_close(layer.weight, twin.weight, rtol=4.5e-16, atol=0)


def test_fan_out_and_gain_equal_those_of_nn_init():
    layer = nn.Conv2d(7, 11, 3)
    twin = copy.deepcopy(layer)
    slope = 0.2
    seeded(lambda: initialize(layer, fan="fan_out", gain=2 / (1 + slope**2)))
    seeded(lambda: nn.init.kaiming_normal_(twin.weight, slope, "fan_out"))
    assert torch.equal(layer.weight, twin.weight)
    seeded(lambda: initialize(layer, "glorot", gain=(5 / 3) ** 2))
    seeded(lambda: nn.init.xavier_normal_(twin.weight, nn.init.calculate_gain("tanh")))
    assert torch.equal(layer.weight, twin.weight)


@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated_normal"])
@pytest.mark.parametrize("scheme", list(VARIANCE))
@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(200, 300),
        nn.Conv2d(60, 40, 3, groups=2),
        nn.ConvTranspose2d(40, 60, 4, 2, groups=2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_weights_follow_the_law_of_the_scheme(layer, scheme, distribution):
    seeded(lambda: initialize(layer, scheme, distribution=distribution))
    check_law(layer.weight, VARIANCE[scheme](fans(layer)), distribution)
    assert not layer.bias.any()


def test_the_law_check_can_fail():
    layer = nn.Linear(200, 300)
    variance = VARIANCE["he"](fans(layer))
    seeded(lambda: nn.init.trunc_normal_(layer.weight, 0, variance**0.5, -0.2, 0.2))
    with pytest.raises(AssertionError):  # truncation without the correction
        check_law(layer.weight, variance, "truncated_normal")
    seeded(lambda: initialize(layer, distribution="uniform"))
    for wrong, law in [(variance, "normal"), (1.1 * variance, "uniform")]:
        with pytest.raises(AssertionError):
            check_law(layer.weight, wrong, law)


def test_truncated_weights_equal_trunc_normal_with_the_corrected_spread():
    layer = nn.Linear(50, 40)
    twin = copy.deepcopy(layer)
    wide = math.sqrt(2 / 50) / 0.87962566103423978
    seeded(lambda: initialize(layer, distribution="truncated_normal"))
    seeded(lambda: nn.init.trunc_normal_(twin.weight, 0, wide, -2 * wide, 2 * wide))
    torch.testing.assert_close(layer.weight, twin.weight, rtol=1e-6, atol=0)


def test_he_keeps_the_signal_through_many_relus_and_lecun_halves_it():
    """E[y^2] after each He + ReLU layer is E[x^2]; without the gain it halves."""
    x = torch.randn(400, 512, generator=torch.Generator().manual_seed(0))
    layers = [m for _ in range(20) for m in (nn.Linear(512, 512), nn.ReLU())]
    model = nn.Sequential(*layers)
    with torch.no_grad():
        kept = float(seeded(lambda: initialize(model, "he"))(x).square().mean())
        lost = float(seeded(lambda: initialize(model, "lecun"))(x).square().mean())
    # The log of the signal walks by about sqrt(5 / 512) per layer: 20 layers, 6 sigma.
    band = 6 * math.sqrt(20 * 5 / 512)
    assert abs(math.log(kept)) < band
    assert abs(math.log(lost) - 20 * math.log(0.5)) < band


def test_a_strided_transposed_convolution_keeps_the_variance():
    layer = nn.ConvTranspose2d(64, 64, 4, 2, bias=False)
    x = torch.randn(8, 64, 12, 12, generator=torch.Generator().manual_seed(0))
    seeded(lambda: initialize(layer, "lecun"))
    ours = float(layer(x)[..., 4:-4, 4:-4].detach().var())
    seeded(lambda: nn.init.kaiming_normal_(layer.weight, nonlinearity="linear"))
    torchs = float(layer(x)[..., 4:-4, 4:-4].detach().var())
    assert ours == pytest.approx(1, rel=0.1)
    assert torchs == pytest.approx(1 / 4, rel=0.1), "nn.init loses 4 x per layer"


def test_only_linear_and_convolution_layers_are_touched():
    model = nn.Sequential(
        nn.Conv1d(3, 4, 3),
        nn.BatchNorm1d(4),
        nn.Sequential(nn.Linear(5, 6), nn.LayerNorm(6)),
        nn.Embedding(7, 8),
        nn.GRU(6, 6),
    )
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert initialize(model) is model
    after = model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"0.weight", "0.bias", "2.0.weight", "2.0.bias"}


def test_a_layer_without_bias_and_a_subclass_are_set():
    class MyLinear(nn.Linear):
        pass

    layer = MyLinear(3, 4, bias=False)
    before = layer.weight.clone()
    initialize(layer)
    assert not torch.equal(layer.weight, before)
    assert layer.weight.requires_grad
    assert layer.weight.grad_fn is None


def test_a_generator_of_its_own_leaves_the_global_one_alone():
    first, second = nn.Linear(4, 5), nn.Linear(4, 5)
    state = torch.get_rng_state()
    for distribution in ("normal", "uniform", "truncated_normal"):
        for layer in (first, second):
            generator = torch.Generator().manual_seed(4)
            initialize(layer, distribution=distribution, generator=generator)
        assert torch.equal(first.weight, second.weight)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "xavier"}, r"scheme must be one of .*'glorot'.*, got 'xavier'"),
        ({"distribution": "gamma"}, r"distribution not in .*'uniform'.*: 'gamma'"),
        ({"gain": 0.0}, r"gain must be positive and finite, got 0\.0"),
        ({"gain": -1.0}, r"got -1\.0"),
        ({"gain": math.nan}, "got nan"),
        ({"gain": math.inf}, "got inf"),
        ({"fan": "fan"}, "fan must be fan_in, fan_out or fan_avg, got 'fan'"),
    ],
)
def test_unknown_names_and_gains_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        initialize(nn.Linear(2, 2), **options)


def test_a_model_without_such_layers_is_refused():
    with pytest.raises(
        ValueError, match="Sequential has no linear or convolution layer"
    ):
        initialize(nn.Sequential(nn.ReLU(), nn.LayerNorm(3)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: parametrizations.weight_norm(nn.Linear(3, 4)),
        lambda: parametrizations.spectral_norm(nn.Conv1d(3, 4, 1)),
        lambda: nn.LazyLinear(4),
    ],
)
def test_a_layer_that_cannot_be_set_is_refused_before_anything_changes(make):
    first = nn.Linear(2, 3)
    before = first.weight.clone()
    model = nn.Sequential(first, make())
    with pytest.raises(ValueError, match="is lazy, empty or computed"):
        initialize(model)
    assert torch.equal(first.weight, before)


def test_an_empty_weight_is_refused():
    with pytest.warns(UserWarning, match="zero-element"):
        layer = nn.Linear(0, 3)
    with pytest.raises(ValueError, match="is lazy, empty or computed"):
        initialize(layer)


def test_channels_last_weights_are_set_in_place():
    layer = nn.Conv2d(30, 40, 3).to(memory_format=torch.channels_last)
    pointer = layer.weight.data_ptr()
    seeded(lambda: initialize(layer))
    assert layer.weight.data_ptr() == pointer
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    check_law(layer.weight, 2 / 270, "normal")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated_normal"])
def test_on_cuda_the_law_is_the_same(distribution):
    layer = nn.Linear(300, 400, device="cuda")
    seeded(lambda: initialize(layer, "glorot", distribution=distribution))
    check_law(layer.weight.cpu(), 2 / 700, distribution)
