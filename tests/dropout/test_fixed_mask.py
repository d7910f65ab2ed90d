"""FixedMaskDropout: what is shared, for how long, and nothing by accident."""

import copy
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.dropout.fixed_mask import FixedMaskDropout, hold_masks

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
SIGMAS = 6  # of the sampling error; the seed is fixed


def seeded(layer, x, seed=0):
    torch.manual_seed(seed)
    return layer(x)


def mask_of(layer, x):
    """The mask that the layer applied, which is also the gradient of the sum."""
    x = x.clone().requires_grad_()
    y = layer(x)
    (mask,) = torch.autograd.grad(y, x, torch.ones_like(y))
    assert torch.equal(y, x * mask)
    return mask


def check_shared(layer, x, shared, p):
    """The mask is constant along `shared` and holds 0 or 1 / (1 - p), to two ulp."""
    mask = mask_of(layer, x)
    for axis in shared:
        assert torch.equal(mask, mask.narrow(axis, 0, 1).expand_as(mask))
    off = (mask.double() * (1 - p) - 1).abs()
    assert bool(((mask == 0) | (off <= 2 * torch.finfo(x.dtype).eps)).all())
    return mask


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 5), min_size=3, max_size=4).map(tuple),
    dtype=st.sampled_from(DTYPES),
    transposed=st.booleans(),
    shared=st.sampled_from([(), (0,), (1,), (-1,), (-3,), (0, 1), (1, 2), (0, -2)]),
    p=st.sampled_from([0.1, 0.25, 0.5, 0.9]),
)
def test_the_mask_is_constant_along_the_shared_axes(
    shape, dtype, transposed, shared, p
):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    x = x.transpose(0, -1) if transposed else x
    check_shared(FixedMaskDropout(p, shared), x, shared, p)


@pytest.mark.parametrize(
    ("shared", "others"), [(1, (0, 2)), (0, (1, 2)), ((0, 1), (2,))]
)
def test_the_mask_varies_along_every_other_axis(shared, others):
    axes = (shared,) if isinstance(shared, int) else shared
    mask = check_shared(
        FixedMaskDropout(0.5, shared), torch.randn(30, 20, 10), axes, 0.5
    )
    for axis in others:
        assert mask.unique(dim=axis).shape[axis] > 1


def test_the_default_is_one_mask_per_sequence_batch_first():
    assert FixedMaskDropout().shared_dims == (1,)
    assert FixedMaskDropout().p == 0.5


def test_the_check_can_fail():
    with pytest.raises(AssertionError):
        check_shared(nn.Dropout(0.5), torch.randn(4, 5, 6), (1,), 0.5)
    with pytest.raises(AssertionError):
        check_shared(FixedMaskDropout(0.5, 0), torch.randn(4, 5, 6), (1,), 0.5)


def test_without_shared_axes_it_is_nn_dropout_bit_for_bit():
    x = torch.randn(7, 8)
    assert torch.equal(seeded(FixedMaskDropout(0.3, ()), x), seeded(nn.Dropout(0.3), x))


def test_mean_and_variance_are_those_of_dropout():
    n, p = 200_000, 0.3
    x = torch.full((n, 3, 1), 2.0, dtype=torch.float64)
    y = seeded(FixedMaskDropout(p), x)[:, 0]
    variance = 4 * p / (1 - p)
    fourth = 16 * p * (1 - p) * (1 - 3 * p * (1 - p)) / (1 - p) ** 4
    assert abs(y.mean() - 2) <= SIGMAS * math.sqrt(variance / n)
    assert (
        abs(y.var() - variance) <= SIGMAS * math.sqrt((fourth - variance**2) / n) + 1e-3
    )


def test_every_call_outside_a_block_draws_anew():
    layer, x = FixedMaskDropout(), torch.ones(8, 3, 9)
    assert not torch.equal(layer(x), layer(x))
    assert layer.mask is None


def test_in_a_block_the_first_mask_serves_all_calls():
    layer, x = FixedMaskDropout(), torch.ones(8, 3, 9)
    with hold_masks(layer):
        first = layer(x)
        assert torch.equal(layer(x), first)
        assert torch.equal(layer(2 * x), 2 * first)
    assert layer.mask is None
    assert not torch.equal(layer(x), first)


def test_two_blocks_draw_two_masks():
    layer, x = FixedMaskDropout(), torch.ones(8, 3, 9)
    masks = []
    for _ in range(2):
        with hold_masks(layer):
            masks.append(layer(x))
    assert not torch.equal(*masks)


def test_chunks_of_a_sequence_share_one_mask():
    """A sequence fed in chunks of unequal length is treated as one sequence."""
    layer, x = FixedMaskDropout(), torch.randn(4, 10, 6)
    whole = seeded(layer, x)
    torch.manual_seed(0)
    with hold_masks(layer):
        parts = [layer(chunk) for chunk in x.split([3, 5, 2], dim=1)]
    assert torch.equal(torch.cat(parts, dim=1), whole)


def test_single_steps_equal_the_whole_sequence():
    x = torch.randn(5, 4, 6)  # (L, N, C)
    whole = seeded(FixedMaskDropout(0.4, shared_dims=0), x)
    step = FixedMaskDropout(0.4, shared_dims=())
    torch.manual_seed(0)
    with hold_masks(step):
        steps = torch.stack([step(x_t) for x_t in x])
    assert torch.equal(steps, whole)


def test_a_block_over_a_model_reaches_every_layer_and_each_keeps_its_own_mask():
    model = nn.Sequential(
        FixedMaskDropout(), nn.Identity(), nn.Sequential(FixedMaskDropout())
    )
    x = torch.ones(8, 3, 16)
    with hold_masks(model):
        first = model(x)
        assert torch.equal(model(x), first)
        assert not torch.equal(model[0].mask, model[2][0].mask)


def test_one_monte_carlo_sample_is_one_function_over_many_batches():
    """Same mask for all sequences: order and split into batches do not matter."""
    model = nn.Sequential(
        nn.Linear(6, 8), FixedMaskDropout(0.5, (0, 1)), nn.Linear(8, 2)
    )
    data = torch.randn(12, 4, 6)
    with torch.no_grad(), hold_masks(model):
        whole = model(data)
        parts = torch.cat([model(batch) for batch in data.split([5, 1, 6])])
        assert torch.allclose(parts, whole, atol=1e-6)
        assert torch.allclose(model(data.flip(0)).flip(0), whole, atol=1e-6)


def test_an_exception_in_the_block_still_forgets_the_mask():
    layer = FixedMaskDropout()

    def failing_step():
        with hold_masks(layer):
            layer(torch.ones(2, 3, 4))
            raise KeyError

    with pytest.raises(KeyError):
        failing_step()
    assert layer.mask is None
    assert layer.holding is False


def test_an_inner_block_has_its_own_mask_and_gives_the_outer_one_back():
    layer, x = FixedMaskDropout(), torch.ones(8, 3, 32)
    with hold_masks(layer):
        outer = layer(x)
        with hold_masks(layer):
            assert not torch.equal(layer(x), outer)
        assert torch.equal(layer(x), outer)


def test_eval_and_p_zero_return_the_input_itself_also_in_a_block():
    x = torch.randn(2, 3, 4)
    for layer in (FixedMaskDropout().eval(), FixedMaskDropout(0.0)):
        assert layer(x) is x
        with hold_masks(layer):
            assert layer(x) is x
            assert layer.mask is None


def test_p_one_gives_zeros_without_nan():
    x = torch.randn(2, 3, 4, requires_grad=True)
    y = FixedMaskDropout(1.0)(x)
    y.sum().backward()
    assert torch.equal(y, torch.zeros_like(y))
    assert not x.grad.any()


def test_the_gradient_reaches_every_step_through_the_same_mask():
    layer = FixedMaskDropout(0.5, ())
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)

    def loop(x):
        torch.manual_seed(3)
        with hold_masks(layer):
            state = torch.zeros_like(x)
            for _ in range(4):
                state = torch.tanh(layer(state) + x)
        return state

    assert torch.autograd.gradcheck(loop, x)


@pytest.mark.parametrize("shape", [(3, 3, 4), (2, 3, 5), (2, 3)])
def test_another_batch_in_the_block_is_refused(shape):
    layer = FixedMaskDropout()
    with hold_masks(layer):
        layer(torch.ones(2, 3, 4))
        with pytest.raises(
            ValueError, match=r"fits \(2, 1, 4\), this input needs .*hold_masks"
        ):
            layer(torch.ones(shape))


def test_a_dtype_that_changes_in_the_block_keeps_the_mask():
    layer, x = FixedMaskDropout(), torch.ones(4, 3, 8)
    with hold_masks(layer):
        first = layer(x)
        half = layer(x.bfloat16())
    assert half.dtype == torch.bfloat16
    assert torch.equal(half.float(), first)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_outside_zero_and_one_is_refused(p):
    with pytest.raises(ValueError, match=rf"must lie in \[0, 1\], got {p}"):
        FixedMaskDropout(p)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shared", [3, -4, (0, 3)])
def test_axes_that_the_input_lacks_are_refused_in_both_modes(shared, training):
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) lacks an axis of"):
        FixedMaskDropout(0.5, shared).train(training)(torch.ones(2, 3, 4))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_other_dtypes_are_refused_in_both_modes(dtype, training):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        FixedMaskDropout().train(training)(torch.ones(2, 3, 4, dtype=dtype))


def test_a_block_over_a_model_without_such_layers_is_refused():
    block = hold_masks(nn.Sequential(nn.Dropout()))
    with (
        pytest.raises(TypeError, match="Sequential contains no FixedMaskDropout"),
        block,
    ):
        pass


def test_copies_pickles_repr_and_checkpoints():
    layer = FixedMaskDropout(0.3, (0, 1)).eval()
    assert repr(layer) == "FixedMaskDropout(p=0.3, shared_dims=(0, 1))"
    with hold_masks(layer.train()):
        layer(torch.ones(2, 3, 4))
        assert layer.state_dict() == {}
        twin = copy.deepcopy(layer)
        assert torch.equal(twin.mask, layer.mask)
    again = pickle.loads(pickle.dumps(layer.eval()))
    assert (again.p, again.shared_dims, again.training) == (0.3, (0, 1), False)


def test_compiles_as_one_graph():
    layer = FixedMaskDropout(0.5)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(4, 3, 8)
    assert torch.equal(seeded(compiled, x), seeded(layer, x))
    with hold_masks(layer):
        first = compiled(x)
        assert torch.equal(compiled(x), first)
    assert not torch.equal(compiled(x), first)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", DTYPES)
def test_on_cuda_the_mask_is_shared_and_held(dtype):
    layer = FixedMaskDropout(0.3)
    x = torch.randn(16, 5, 64, device="cuda", dtype=dtype)
    check_shared(layer, x, (1,), 0.3)
    with hold_masks(layer):
        assert torch.equal(layer(x), layer(x))
