"""Dropout and ChannelDropout against torch.nn, a closed form and autograd."""

import copy
import io
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.dropout.dropout import ChannelDropout, Dropout

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
TWINS = {3: nn.Dropout1d, 4: nn.Dropout2d, 5: nn.Dropout3d}
SIGMAS = (
    6  # a correct layer leaves this band about once in 5e8 seeds; the seed is fixed
)


def make_input(shape, dtype, layout):
    """A tensor of the shape, in one of the memory layouts that users have."""
    generator = torch.Generator().manual_seed(3)
    if layout == "strided":
        wide = torch.randn(*shape[:-1], 2 * shape[-1], generator=generator)
        return wide.to(dtype)[..., ::2]
    if layout == "expanded":
        return torch.randn(1, *shape[1:], generator=generator).to(dtype).expand(shape)
    x = torch.randn(shape, generator=generator).to(dtype)
    if layout == "transposed":
        return x.transpose(0, -1).contiguous().transpose(0, -1)
    if layout == "channels_last" and len(shape) == 4:
        return x.contiguous(memory_format=torch.channels_last)
    return x


def seeded(layer, x, seed=0):
    torch.manual_seed(seed)
    return layer(x)


def check_equals_twin(layer, twin, x):
    """Same seed: the same bits, strides, gradient and generator state afterwards."""
    x, x_twin = x.clone().requires_grad_(), x.clone().requires_grad_()
    y = seeded(layer, x)
    state = torch.get_rng_state()
    y_twin = seeded(twin, x_twin)
    assert torch.equal(y, y_twin)
    assert torch.equal(state, torch.get_rng_state())
    assert (y.dtype, y.stride()) == (y_twin.dtype, y_twin.stride())
    grad = make_input(tuple(x.shape), x.dtype, "plain")
    y.backward(grad)
    y_twin.backward(grad)
    assert torch.equal(x.grad, x_twin.grad)


def check_mask(layer, x, p):
    """Each value is exactly 0 or x / (1 - p), and the gradient is that same mask."""
    x = x.clone().requires_grad_()
    y = layer(x)
    (mask,) = torch.autograd.grad(y, x, torch.ones_like(y))
    scale = torch.tensor(1.0 / (1.0 - p), dtype=x.dtype)
    assert bool(((mask == 0) | (mask == scale)).all())
    assert torch.equal(y, x * mask)
    return mask


def check_moments(layer, p, shape=(1000, 200)):
    """The mean and the variance of a dropped constant, in closed form."""
    x = torch.full(shape, 3.0, dtype=torch.float64)
    y = seeded(layer, x)
    n, keep = y.numel(), 1 - p
    variance = 9.0 * p / keep
    fourth = 81.0 * p * keep * (1 - 3 * p * keep) / keep**4
    assert abs(y.mean() - 3.0) <= SIGMAS * math.sqrt(variance / n)
    spread = math.sqrt(max(fourth - variance**2, 0) / n)
    second_order = (SIGMAS**2 + 1) * variance / n  # all there is at p = 1/2
    assert abs(y.var() - variance) <= SIGMAS * spread + second_order


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple),
    dtype=st.sampled_from(DTYPES),
    layout=st.sampled_from(
        ["plain", "strided", "expanded", "transposed", "channels_last"]
    ),
    p=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),
    training=st.booleans(),
)
def test_dropout_equals_nn_dropout_bit_for_bit(shape, dtype, layout, p, training):
    x = make_input(shape, dtype, layout)
    check_equals_twin(Dropout(p).train(training), nn.Dropout(p).train(training), x)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 4), min_size=3, max_size=5).map(tuple),
    dtype=st.sampled_from(DTYPES),
    layout=st.sampled_from(
        ["plain", "strided", "expanded", "transposed", "channels_last"]
    ),
    p=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),
    training=st.booleans(),
    named=st.booleans(),
)
def test_channel_dropout_equals_dropout_1d_2d_3d_bit_for_bit(
    shape, dtype, layout, p, training, named
):
    layer = ChannelDropout(p, spatial_dims=len(shape) - 2 if named else None)
    twin = TWINS[len(shape)](p)
    x = make_input(shape, dtype, layout)
    check_equals_twin(layer.train(training), twin.train(training), x)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_values_are_zero_or_scaled_and_the_gradient_is_the_mask(p):
    mask = check_mask(Dropout(p), torch.randn(40, 50), p)
    assert 0 < int((mask == 0).sum()) < mask.numel()


@pytest.mark.parametrize("shape", [(30, 20, 4), (30, 20, 2, 3), (30, 20, 2, 2, 2)])
def test_channels_are_dropped_whole(shape):
    mask = check_mask(ChannelDropout(0.3), torch.randn(shape), 0.3).flatten(2)
    assert torch.equal(mask, mask[:, :, :1].expand_as(mask))
    per_sample = mask[:, :, 0]
    assert len(per_sample.unique(dim=0)) > 1, "each sample has its own mask"
    assert len(per_sample.unique(dim=1)) > 1, "each channel has its own decision"


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_mean_and_variance_are_those_of_the_closed_form(p):
    check_moments(Dropout(p), p)
    check_moments(ChannelDropout(p), p, shape=(1000, 200, 1))


def test_the_moments_check_can_fail():
    class Unscaled(nn.Module):
        def forward(self, x):
            return x * torch.empty_like(x).bernoulli_(0.5)

    class DropsTheWrongShare(nn.Module):
        def forward(self, x):
            return x * torch.empty_like(x).bernoulli_(0.49) / 0.5

    for wrong in (Unscaled(), DropsTheWrongShare()):
        with pytest.raises(AssertionError):
            check_moments(wrong, 0.5)


def test_the_mask_check_can_fail():
    class Blurred(nn.Module):
        def forward(self, x):
            return x * (torch.rand_like(x) / 0.5)

    with pytest.raises(AssertionError):
        check_mask(Blurred(), torch.randn(4, 5), 0.5)


def test_the_twin_check_can_fail():
    class OtherCallOrder(Dropout):
        def forward(self, x):
            torch.rand(1)
            return super().forward(x)

    with pytest.raises(AssertionError):
        check_equals_twin(OtherCallOrder(0.5), nn.Dropout(0.5), torch.randn(8, 8))


@pytest.mark.parametrize(
    ("layer", "x"), [(Dropout, (3, 4)), (ChannelDropout, (3, 4, 2))]
)
def test_same_seed_same_mask_and_next_call_another(layer, x):
    layer, x = layer(), torch.ones(x).repeat(20, *(1,) * (len(x) - 1))
    first = seeded(layer, x, seed=7)
    assert not torch.equal(first, layer(x))
    assert torch.equal(first, seeded(layer, x, seed=7))


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_eval_and_p_zero_return_the_input_itself(inplace, training):
    x = torch.randn(2, 3, 4)
    before = x.clone()
    for make in (Dropout, ChannelDropout):
        layer = make(0.0 if training else 0.7, inplace).train(training)
        assert layer(x) is x
    assert torch.equal(x, before)


@pytest.mark.parametrize("make", [Dropout, ChannelDropout])
def test_p_one_gives_zeros_and_a_zero_gradient(make):
    x = torch.randn(2, 3, 4, requires_grad=True)
    y = make(1.0)(x)
    y.sum().backward()
    assert not y.any()
    assert not x.grad.any()
    assert not y.isnan().any()


@pytest.mark.parametrize("p", [0.5, 1.0])
@pytest.mark.parametrize(
    ("make", "twin"), [(Dropout, nn.Dropout), (ChannelDropout, nn.Dropout2d)]
)
def test_inplace_overwrites_the_input_as_torch_does(make, twin, p):
    x = torch.randn(3, 4, 2, 2)
    x_twin = x.clone()
    y = seeded(make(p, inplace=True), x)
    y_twin = seeded(twin(p, inplace=True), x_twin)
    assert y is x
    assert torch.equal(x, x_twin)
    assert torch.equal(y, y_twin)


def test_inplace_breaks_a_backward_that_needs_the_overwritten_value():
    """As in torch (Q52): exp needs its own output, which inplace dropout destroys."""
    y = Dropout(0.5, inplace=True)(torch.randn(5, requires_grad=True).exp())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_constructor_and_repr_are_those_of_torch():
    assert repr(Dropout(0.3, True)) == repr(nn.Dropout(0.3, True))
    assert (
        ChannelDropout(0.3, True).extra_repr() == nn.Dropout2d(0.3, True).extra_repr()
    )
    assert (Dropout().p, Dropout().inplace) == (nn.Dropout().p, nn.Dropout().inplace)
    assert (ChannelDropout().p, ChannelDropout().inplace) == (0.5, False)
    assert ChannelDropout().spatial_dims is None


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize("make", [Dropout, ChannelDropout])
def test_p_outside_zero_and_one_is_refused(make, p):
    with pytest.raises(ValueError, match=rf"must lie in \[0, 1\], got {p}"):
        make(p)


@pytest.mark.parametrize("spatial_dims", [0, 4, -1])
def test_impossible_spatial_dims_are_refused(spatial_dims):
    with pytest.raises(ValueError, match=f"1, 2 or 3, got {spatial_dims}"):
        ChannelDropout(spatial_dims=spatial_dims)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
@pytest.mark.parametrize("make", [Dropout, ChannelDropout])
def test_other_dtypes_are_refused_in_both_modes(make, dtype, training):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        make().train(training)(torch.ones(2, 3, 4, dtype=dtype))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape", [(), (4,), (4, 3)])
def test_a_channel_dropout_input_without_spatial_axes_is_refused(shape, training):
    with pytest.raises(ValueError, match="1 or more spatial dimensions, got"):
        ChannelDropout().train(training)(torch.ones(shape))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("rank", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("spatial_dims", [1, 2, 3])
def test_named_spatial_dims_refuse_every_other_rank(spatial_dims, rank, training):
    layer = ChannelDropout(spatial_dims=spatial_dims).train(training)
    x = torch.ones((2,) * rank)
    if rank == spatial_dims + 2:
        assert layer(x).shape == x.shape
    else:
        with pytest.raises(ValueError, match=f"{spatial_dims} spatial dimensions, got"):
            layer(x)


def test_torch_drops_the_wrong_axis_where_we_refuse():
    """Why (N, C) is refused: nn.Dropout1d takes it for (C, L) and drops samples."""
    y = seeded(nn.Dropout1d(), torch.ones(200, 3))
    assert torch.equal(y, y[:, :1].expand_as(y))
    with pytest.warns(UserWarning, match="3D input"):
        y = seeded(
            nn.Dropout2d(), torch.ones(200, 3, 2)
        )  # (C, H, W) taken for (N, C, L)
    assert not torch.equal(y, y[:, :1].expand_as(y))


def test_empty_batches_pass():
    assert Dropout()(torch.empty(0, 3)).shape == (0, 3)
    assert ChannelDropout()(torch.empty(0, 3, 2)).shape == (0, 3, 2)


@pytest.mark.parametrize("make", [Dropout, ChannelDropout])
def test_copies_pickles_and_checkpoints_keep_the_layer(make):
    layer = make(0.3, True).eval()
    assert layer.state_dict() == {}
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    for other in (
        copy.deepcopy(layer),
        pickle.loads(pickle.dumps(layer)),
        torch.load(file, weights_only=False),
    ):
        assert (other.p, other.inplace, other.training) == (0.3, True, False)


def test_gradcheck_with_the_mask_held_fixed():
    x = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    for layer in (Dropout(0.4), ChannelDropout(0.4)):
        assert torch.autograd.gradcheck(lambda x, layer=layer: seeded(layer, x), x)
        assert torch.autograd.gradgradcheck(lambda x, layer=layer: seeded(layer, x), x)


def test_autocast_keeps_the_dtype_as_torch_does():
    x = torch.randn(4, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        h = nn.functional.linear(x, x)
        assert Dropout()(h).dtype == nn.Dropout()(h).dtype == torch.bfloat16


@pytest.mark.parametrize("training", [False, True])
def test_compiles_as_one_graph(training):
    model = nn.Sequential(Dropout(0.5), ChannelDropout(0.5, spatial_dims=1)).train(
        training
    )
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    x = torch.randn(4, 5, 6)
    assert torch.equal(seeded(compiled, x), seeded(model, x))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", DTYPES)
def test_on_cuda_the_mask_has_the_same_law(dtype):
    """CUDA fuses nn.Dropout and draws in another order: compare laws, not bits."""
    torch.manual_seed(0)
    x = torch.randn(1000, 100, 2, device="cuda", dtype=dtype, requires_grad=True)
    for layer in (Dropout(0.3), ChannelDropout(0.3)):
        y = layer(x)
        (mask,) = torch.autograd.grad(y, x, torch.ones_like(y))
        assert mask.device == x.device
        assert torch.equal(y, x * mask)
        share = float((mask == 0).double().mean())
        assert abs(share - 0.3) <= SIGMAS * math.sqrt(0.3 * 0.7 / 100_000)
        assert layer.eval()(x) is x
