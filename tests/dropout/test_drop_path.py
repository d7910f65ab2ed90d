"""Stochastic depth against its formula, the paper's convention and autograd."""

import copy
import math
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.dropout.drop_path import DropPath

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
SIGMAS = 6  # of the sampling error; the seed is fixed


def seeded(layer, x, seed=0):
    torch.manual_seed(seed)
    return layer(x)


def check_whole_samples(layer, x, p):
    """Every sample is exactly 0, or x / (1 - p) to two units in the last place."""
    x = x.clone().requires_grad_()
    y = layer(x)
    (mask,) = torch.autograd.grad(y, x, torch.ones_like(y))
    off = (mask.double() * (1 - p) - 1).abs()
    assert torch.equal(y, x * mask)
    assert bool(((mask == 0) | (off <= 2 * torch.finfo(x.dtype).eps)).all())
    rows = mask.flatten(1) if mask.dim() > 1 else mask[:, None]
    assert torch.equal(rows, rows[:, :1].expand_as(rows))
    return rows[:, 0]


def check_moments(layer, p):
    """E[y] = x and Var[y] = x^2 p / (1 - p), over 200 000 samples."""
    n = 200_000
    y = seeded(layer, torch.full((n, 2), 3.0, dtype=torch.float64))[:, 0]
    variance = 9.0 * p / (1 - p)
    fourth = 81.0 * p * (1 - p) * (1 - 3 * p * (1 - p)) / (1 - p) ** 4
    assert abs(y.mean() - 3.0) <= SIGMAS * math.sqrt(variance / n)
    spread = math.sqrt(max(fourth - variance**2, 0) / n)
    second_order = (SIGMAS**2 + 1) * variance / n  # all there is at p = 1/2
    assert abs(y.var() - variance) <= SIGMAS * spread + second_order


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple),
    dtype=st.sampled_from(DTYPES),
    transposed=st.booleans(),
    p=st.sampled_from([0.1, 0.25, 0.5, 0.9]),
)
def test_a_sample_is_dropped_whole_or_scaled_whole(shape, dtype, transposed, p):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    check_whole_samples(DropPath(p), x.transpose(0, -1) if transposed else x, p)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_mean_and_variance_are_those_of_the_closed_form(p):
    check_moments(DropPath(p), p)


def test_samples_are_decided_independently():
    rows = check_whole_samples(DropPath(0.5), torch.randn(4000, 3, 2), 0.5)
    kept = (rows > 0).double()
    both = (
        kept[:-1] * kept[1:]
    ).mean()  # neighbours: both kept in a quarter of the pairs
    assert abs(both - 0.25) <= SIGMAS * math.sqrt(0.25 * 0.75 / 4000) * 2


def test_the_checks_can_fail():
    class PerValue(DropPath):
        def forward(self, x):
            return torch.nn.functional.dropout(x, self.p)

    class Unscaled(DropPath):
        def forward(self, x):
            return super().forward(x) * (1 - self.p)

    with pytest.raises(AssertionError):
        check_whole_samples(PerValue(0.5), torch.randn(20, 20), 0.5)
    with pytest.raises(AssertionError):
        check_moments(Unscaled(0.5), 0.5)


def test_it_equals_the_paper_up_to_the_constant():
    """The paper: b f(x) in training, (1 - p) f(x) in eval; ours is that over 1 - p."""
    x, p = torch.randn(1000, 3, dtype=torch.float64), 0.3
    torch.manual_seed(0)
    paper_train = x * x.new_empty(1000, 1).bernoulli_(1 - p)
    torch.testing.assert_close(seeded(DropPath(p), x) * (1 - p), paper_train)
    torch.testing.assert_close(DropPath(p).eval()(x) * (1 - p), x * (1 - p))


def test_a_dropped_branch_leaves_the_block_the_identity():
    x, branch = torch.randn(64, 5), torch.nn.Linear(5, 5)
    drop = DropPath(0.5)
    y = x + drop(branch(x))
    kept = (y != x).any(1)
    assert 0 < int(kept.sum()) < 64
    torch.testing.assert_close(y[kept], (x + 2 * branch(x))[kept])


@pytest.mark.parametrize("training", [False, True])
def test_eval_and_p_zero_return_the_input_itself(training):
    x = torch.randn(3, 4)
    state = torch.get_rng_state()
    assert DropPath(0.0 if training else 0.7).train(training)(x) is x
    assert torch.equal(state, torch.get_rng_state())


def test_p_one_drops_every_sample_without_nan():
    x = torch.randn(5, 4, requires_grad=True)
    y = DropPath(1.0)(x)
    y.sum().backward()
    assert torch.equal(y, torch.zeros_like(y))
    assert not x.grad.any()


def test_same_seed_same_mask_and_next_call_another():
    layer, x = DropPath(0.5), torch.ones(60, 2)
    first = seeded(layer, x, 5)
    assert not torch.equal(first, layer(x))
    assert torch.equal(first, seeded(layer, x, 5))


def test_gradcheck():
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: seeded(DropPath(0.4), x), x)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_outside_zero_and_one_is_refused(p):
    with pytest.raises(ValueError, match=rf"must lie in \[0, 1\], got {p}"):
        DropPath(p)


@pytest.mark.parametrize("training", [True, False])
def test_a_scalar_and_other_dtypes_are_refused_in_both_modes(training):
    layer = DropPath(0.5).train(training)
    with pytest.raises(ValueError, match="batch axis, got a scalar"):
        layer(torch.tensor(1.0))
    with pytest.raises(TypeError, match=r"floating-point input, got torch\.int64"):
        layer(torch.ones(2, 2, dtype=torch.int64))


def test_repr_copies_and_empty_batches():
    layer = DropPath(0.2).eval()
    assert repr(layer) == "DropPath(p=0.2)"
    assert layer.state_dict() == {}
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert (other.p, other.training) == (0.2, False)
    assert DropPath(0.2)(torch.empty(0, 3)).shape == (0, 3)


def test_channels_last_and_half_types_are_kept():
    x = torch.randn(4, 3, 2, 5).contiguous(memory_format=torch.channels_last)
    y = DropPath(0.5)(x.bfloat16())
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("training", [True, False])
def test_compiles_as_one_graph(training):
    layer = DropPath(0.5).train(training)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(8, 3)
    assert torch.equal(seeded(compiled, x), seeded(layer, x))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", DTYPES)
def test_on_cuda_whole_samples_are_dropped(dtype):
    torch.manual_seed(0)
    x = torch.randn(10_000, 4, device="cuda", dtype=dtype)
    rows = check_whole_samples(DropPath(0.3), x, 0.3)
    share = float((rows == 0).double().mean())
    assert abs(share - 0.3) <= SIGMAS * math.sqrt(0.21 / 10_000)
