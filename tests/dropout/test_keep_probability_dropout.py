"""The 2014 convention against nn.Dropout: equal up to the constant keep_prob."""

import copy
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from snippets.dropout.keep_probability_dropout import KeepProbabilityDropout

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
SIGMAS = 6  # of the sampling error; the seed is fixed


def seeded(layer, x, seed=0):
    torch.manual_seed(seed)
    return layer(x)


def check_is_scaled_dropout(layer, keep_prob, x):
    """keep_prob * nn.Dropout(1 - keep_prob), same seed: output and gradient.

    Tolerance: the roundings of one product and one quotient, 4 units in the last place.
    """
    twin = nn.Dropout(1 - keep_prob)
    tolerance = {"rtol": 4 * torch.finfo(x.dtype).eps, "atol": 0.0}
    for training in (True, False):
        x1, x2 = x.clone().requires_grad_(), x.clone().requires_grad_()
        y = seeded(layer.train(training), x1)
        y_twin = keep_prob * seeded(twin.train(training), x2)
        assert y.dtype == y_twin.dtype
        torch.testing.assert_close(y, y_twin, **tolerance)
        y.sum().backward()
        y_twin.sum().backward()
        torch.testing.assert_close(x1.grad, x2.grad, **tolerance)


def check_train_mean_is_eval(layer, keep_prob):
    """The mean over many masks is the eval output, within six standard errors."""
    n = 400_000
    x = torch.full((n,), 2.0, dtype=torch.float64)
    error = 2.0 * math.sqrt(keep_prob * (1 - keep_prob) / n)
    mean = seeded(layer.train(), x).mean()
    assert abs(mean - layer.eval()(x).mean()) <= SIGMAS * error + 1e-12


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 5), min_size=0, max_size=4).map(tuple),
    dtype=st.sampled_from(DTYPES),
    transposed=st.booleans(),
    keep_prob=st.sampled_from([0.125, 0.25, 0.5, 0.75, 1.0]),
)
def test_it_is_keep_prob_times_nn_dropout(shape, dtype, transposed, keep_prob):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    x = x.transpose(0, -1) if transposed and shape else x
    check_is_scaled_dropout(KeepProbabilityDropout(keep_prob), keep_prob, x)


@pytest.mark.parametrize("keep_prob", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_training_and_eval_agree_in_expectation(keep_prob):
    check_train_mean_is_eval(KeepProbabilityDropout(keep_prob), keep_prob)


def test_with_both_scalings_eval_is_too_small_by_keep_prob():
    class BothScalings(KeepProbabilityDropout):
        def forward(self, x):
            y = super().forward(x)
            return y / self.keep_prob if self.training else y

    both = BothScalings(0.8)
    with pytest.raises(AssertionError):
        check_train_mean_is_eval(both, 0.8)
    x = torch.ones(100_000, dtype=torch.float64)
    ratio = both.eval()(x).mean() / seeded(both.train(), x).mean()
    assert abs(ratio - 0.8) < SIGMAS * math.sqrt(0.25 / 100_000)
    deep = nn.Sequential(*(BothScalings(0.8) for _ in range(5))).eval()
    torch.testing.assert_close(deep(x), x * 0.8**5)  # and it multiplies with depth


def test_with_neither_scaling_eval_is_too_large_by_one_over_keep_prob():
    class NoScaling(KeepProbabilityDropout):
        def forward(self, x):
            return super().forward(x) if self.training else x

    neither = NoScaling(0.8)
    with pytest.raises(AssertionError):
        check_train_mean_is_eval(neither, 0.8)
    x = torch.ones(100_000, dtype=torch.float64)
    ratio = neither.eval()(x).mean() / seeded(neither.train(), x).mean()
    assert abs(ratio - 1 / 0.8) < SIGMAS * math.sqrt(0.25 / 100_000) / 0.8**2


def test_the_scaled_dropout_check_can_fail():
    with pytest.raises(AssertionError):
        check_is_scaled_dropout(nn.Dropout(0.5), 0.5, torch.randn(8, 8))


def test_the_factor_can_move_into_the_next_weights():
    """The paper's form: W_test = keep_prob W."""
    x, linear = torch.randn(4, 6, dtype=torch.float64), nn.Linear(6, 3).double()
    expected = linear(KeepProbabilityDropout(0.7).eval()(x))
    torch.testing.assert_close(
        nn.functional.linear(x, 0.7 * linear.weight, linear.bias), expected
    )


def test_training_output_is_the_input_or_exactly_zero():
    x = torch.randn(50, 40, requires_grad=True)
    y = KeepProbabilityDropout(0.6)(x)
    (mask,) = torch.autograd.grad(y.sum(), x)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(y, x * mask)


def test_keep_prob_one_is_the_identity_and_zero_gives_zeros():
    x = torch.randn(5, 5)
    for training in (True, False):
        assert torch.equal(KeepProbabilityDropout(1.0).train(training)(x), x)
        assert not KeepProbabilityDropout(0.0).train(training)(x).any()


def test_same_seed_same_mask_and_next_call_another():
    layer, x = KeepProbabilityDropout(), torch.ones(60)
    first = seeded(layer, x, 5)
    assert not torch.equal(first, layer(x))
    assert torch.equal(first, seeded(layer, x, 5))


def test_gradcheck_in_both_modes():
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    layer = KeepProbabilityDropout(0.7)
    assert torch.autograd.gradcheck(lambda x: seeded(layer.train(), x), x)
    assert torch.autograd.gradcheck(layer.eval(), x)


@pytest.mark.parametrize("keep_prob", [-0.1, 1.1, float("nan")])
def test_keep_prob_outside_zero_and_one_is_refused(keep_prob):
    with pytest.raises(
        ValueError, match=rf"keep_prob must lie in \[0, 1\], got {keep_prob}"
    ):
        KeepProbabilityDropout(keep_prob)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_other_dtypes_are_refused_in_both_modes(dtype, training):
    with pytest.raises(TypeError, match=f"floating-point input, got {dtype}"):
        KeepProbabilityDropout().train(training)(torch.ones(2, dtype=dtype))


def test_repr_copies_and_checkpoints_keep_the_convention():
    layer = KeepProbabilityDropout(0.8).eval()
    assert repr(layer) == "KeepProbabilityDropout(keep_prob=0.8)"
    assert KeepProbabilityDropout().keep_prob == 0.5
    assert layer.state_dict() == {}
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert (other.keep_prob, other.training) == (0.8, False)


def test_channels_last_and_autocast_are_kept():
    x = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    for training in (True, False):
        layer = KeepProbabilityDropout().train(training)
        assert layer(x).stride() == x.stride()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert layer(x.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("training", [True, False])
def test_compiles_as_one_graph(training):
    layer = KeepProbabilityDropout(0.7).train(training)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(6, 7)
    assert torch.equal(seeded(compiled, x), seeded(layer, x))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", DTYPES)
def test_on_cuda_the_mask_has_the_same_law(dtype):
    x = torch.ones(100_000, device="cuda", dtype=dtype)
    y = seeded(KeepProbabilityDropout(0.8), x)
    assert set(y.unique().tolist()) == {0.0, 1.0}
    assert abs(float(y.double().mean()) - 0.8) <= SIGMAS * math.sqrt(0.16 / 100_000)
