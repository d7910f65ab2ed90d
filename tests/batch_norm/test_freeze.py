"""`freeze_batch_norm` holds what it says, through train(), and gives everything back.

Two checks take any function that freezes. Ours passes; the three usual ways to freeze
fail: eval() before train(), requires_grad=False, and momentum = 0 before a NaN batch.
"""

import copy
import io
import pickle
from collections.abc import Callable
from typing import Self

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.testing import assert_close

from snippets.batch_norm.fold import fold_batch_norm
from snippets.batch_norm.freeze import (
    FrozenBatchNorm,
    freeze_batch_norm,
    unfreeze_batch_norm,
)

Freeze = Callable[[nn.Module], object]
EXACT = {"rtol": 0, "atol": 0}  # the same operations on the same numbers
KINDS = {
    nn.BatchNorm1d: (5, 3),
    nn.BatchNorm2d: (5, 3, 2, 2),
    nn.BatchNorm3d: (5, 3, 2, 2, 2),
    nn.SyncBatchNorm: (5, 3, 2),
}


class OwnNorm(nn.BatchNorm2d):
    """A layer as in people's own projects, with a train() that it needs."""

    trained = 0

    def train(self, mode: bool = True) -> Self:
        self.trained += 1
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


def normal(*shape: int, seed: int = 0) -> Tensor:
    return 3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 1


def net(norm: Callable[..., nn.Module] = nn.BatchNorm2d, **options) -> nn.Sequential:
    """With running statistics that differ from those of any batch."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 3, 3), norm(3, **options), nn.ReLU(), nn.Dropout(0.5)
    )
    for _ in range(3):
        model(normal(4, 2, 6, 6))
    return model


def state(model: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(model.state_dict())


def step(model: nn.Module, x: Tensor, decay: float = 0.1) -> None:
    """One step of a training loop, which calls train() and updates everything."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=decay)
    model(x).square().sum().backward()
    optimizer.step()


def changed(model: nn.Module, before: dict[str, Tensor]) -> set[str]:
    """The names, without the layer's, of what is no longer bitwise equal."""
    after = model.state_dict()
    return {n.split(".")[-1] for n in before if not torch.equal(before[n], after[n])}


def check_statistics_stay(freeze: Freeze, x: Tensor) -> None:
    """After train() and a batch, the buffers are those from before."""
    model = nn.Sequential(net()[1])
    before = state(model)
    freeze(model)
    model.train()
    model(x)
    assert changed(model, before) == set()


def check_the_batch_does_not_matter(freeze: Freeze) -> None:
    """In training mode a sample has the same output in whatever batch it comes."""
    model = nn.Sequential(net()[1])
    freeze(model)
    model.train()
    x = normal(6, 3, 2, 2)
    assert_close(model(x)[:2], model(x[:2]), **EXACT)


# ---------------------------------------------------------------- three switches


@given(
    statistics=st.booleans(),
    updates=st.booleans(),
    affine=st.booleans(),
    kind=st.sampled_from(list(KINDS)),
    momentum=st.sampled_from([0.1, 1.0, None]),
    learned=st.sampled_from([{}, {"affine": False}, {"bias": False}]),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_each_switch_holds_what_it_says_and_nothing_else(
    statistics, updates, affine, kind, momentum, learned
):
    layer = kind(3, momentum=momentum, **learned)
    layer(normal(*KINDS[kind], seed=1))
    model = nn.Sequential(layer)
    twin = copy.deepcopy(layer).train(not statistics)
    before = state(model)
    x = normal(*KINDS[kind])
    expected = twin(x)
    freeze_batch_norm(model, statistics=statistics, updates=updates, affine=affine)
    model.train()
    assert_close(model(x), expected, **EXACT)
    if not (affine or learned.get("affine") is False):
        step(model, x)
    moved: set[str] = set()
    if not (statistics or updates):
        moved |= {"running_mean", "running_var", "num_batches_tracked"}
    if not affine:
        moved |= {name for name, _ in layer.named_parameters()}
    assert changed(model, before) == moved


def test_everything_is_frozen_by_default():
    model = net()
    model.zero_grad()
    norm = model[1]
    before = state(norm)
    freeze_batch_norm(model)
    step(model, normal(4, 2, 6, 6))
    assert changed(norm, before) == set()
    assert norm.weight.grad is None
    assert norm.bias.grad is None
    assert model[0].weight.grad is not None  # the gradient passes through


def test_frozen_layer_ignores_the_batch():
    check_the_batch_does_not_matter(freeze_batch_norm)


def test_frozen_statistics_survive_a_nan_batch():
    for keywords in ({}, {"statistics": False}):
        nan = torch.full((2, 3, 2, 2), torch.nan)
        check_statistics_stay(lambda m, k=keywords: freeze_batch_norm(m, **k), nan)


def test_one_value_per_channel_is_no_problem_for_frozen_statistics():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    freeze_batch_norm(model)
    assert model.train()(normal(1, 2)).shape == (1, 3)


def test_train_and_eval_reach_all_other_layers():
    model = net()
    freeze_batch_norm(model)
    for mode in (True, False, True):
        assert model.train(mode) is model
        assert [m.training for m in model] == [mode, False, mode, mode]


def test_an_old_gradient_is_not_applied():
    model = net()
    model(normal(4, 2, 6, 6)).square().sum().backward()
    before = state(model[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    freeze_batch_norm(model)
    optimizer.step()
    assert changed(model[1], before) == set()


def test_calls_add_up():
    model = net()
    freeze_batch_norm(model, statistics=False, updates=False)
    assert model.train()[1].training
    freeze_batch_norm(model, updates=False, affine=False)
    freeze_batch_norm(model)
    assert not model.train()[1].training
    assert model[1].track_running_stats
    assert not any(p.requires_grad for p in model[1].parameters())
    unfreeze_batch_norm(model)
    assert type(model[1]) is nn.BatchNorm2d
    assert all(p.requires_grad for p in model[1].parameters())


def test_eps_and_everything_else_of_the_layer_stay():
    model = net(eps=0.3, momentum=0.7)
    x = normal(4, 2, 6, 6)
    expected = model.eval()(x)
    keys = list(model.state_dict())
    norm = model[1]
    freeze_batch_norm(model)
    assert model[1] is norm
    assert (norm.eps, norm.momentum) == (0.3, 0.7)
    assert isinstance(norm, nn.BatchNorm2d)
    assert list(model.state_dict()) == keys
    assert_close(model(x), expected, **EXACT)


# ---------------------------------------------------------------- kinds of layers


def test_layers_of_ones_own_keep_their_forward_and_their_train():
    model = net(OwnNorm)
    x = normal(4, 2, 6, 6)
    expected = model.eval()(x)
    calls = model[1].trained
    freeze_batch_norm(model)
    model.train()
    assert model[1].trained > calls
    assert_close(model[:3](x), expected, **EXACT)
    unfreeze_batch_norm(model)
    assert type(model[1]) is OwnNorm


def test_a_norm_that_is_the_model_itself_freezes():
    norm = nn.BatchNorm1d(3).eval()
    freeze_batch_norm(norm)
    assert not norm.train().training
    unfreeze_batch_norm(norm)
    assert norm.training


def test_other_norms_are_left_alone():
    model = nn.Sequential(
        nn.InstanceNorm2d(2, affine=True, track_running_stats=True),
        nn.GroupNorm(1, 2),
        nn.BatchNorm2d(2),
    )
    freeze_batch_norm(model)
    model.train()
    assert model[0].training
    assert all(
        p.requires_grad for p in [*model[0].parameters(), *model[1].parameters()]
    )


def test_a_converted_sync_batch_norm_freezes():
    model = nn.SyncBatchNorm.convert_sync_batchnorm(net())
    freeze_batch_norm(model)
    assert isinstance(model[1], nn.SyncBatchNorm)
    assert not model.train()[1].training


# ---------------------------------------------------------------- undo


@given(
    statistics=st.booleans(),
    updates=st.booleans(),
    affine=st.booleans(),
    learns=st.booleans(),
    tracks=st.booleans(),
    asked=st.lists(st.booleans(), max_size=2),
)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_unfreeze_gives_everything_back(
    statistics, updates, affine, learns, tracks, asked
):
    model = net()
    model[1].weight.requires_grad = learns
    model[1].track_running_stats = tracks
    twin = copy.deepcopy(model)
    freeze_batch_norm(model, statistics=statistics, updates=updates, affine=affine)
    for mode in asked:
        model.train(mode)
        twin.train(mode)
    unfreeze_batch_norm(model)
    ours, theirs = vars(model[1]), vars(twin[1])
    assert type(model[1]) is nn.BatchNorm2d
    assert ours.keys() == theirs.keys()
    plain = {name for name, value in theirs.items() if isinstance(value, bool | float)}
    assert {name: ours[name] for name in plain} == {
        name: theirs[name] for name in plain
    }
    assert model[1].weight.requires_grad == learns
    assert model[1].bias.requires_grad
    assert changed(model, state(twin)) == set()


def test_layers_that_share_a_parameter_get_it_back():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
    model[1].weight = model[0].weight
    freeze_batch_norm(model)
    assert not model[1].weight.requires_grad
    unfreeze_batch_norm(model)
    assert model[1].weight.requires_grad


def test_unfreeze_leaves_alone_what_is_not_frozen():
    model = net()
    model[0].weight.requires_grad = False
    twin = copy.deepcopy(model)
    unfreeze_batch_norm(model)
    assert vars(model[1]).keys() == vars(twin[1]).keys()
    assert not model[0].weight.requires_grad


def test_a_part_can_be_thawed():
    model = nn.Sequential(net(), nn.BatchNorm2d(3))
    freeze_batch_norm(model)
    unfreeze_batch_norm(model[1])
    model.train()
    assert [m.training for m in (model[0][1], model[1])] == [False, True]


# ---------------------------------------------------------------- copies and tools


def saved(model: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), saved]
)
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.SyncBatchNorm, OwnNorm])
def test_copies_are_as_frozen_and_thaw_alone(copied, norm):
    model = net(norm)
    freeze_batch_norm(model)
    twin = copied(model)
    assert type(twin[1]) is type(model[1])
    assert not twin.train()[1].training
    assert list(twin.state_dict()) == list(model.state_dict())
    assert changed(twin, state(model)) == set()
    unfreeze_batch_norm(twin)
    assert type(twin[1]) is norm
    assert twin[1].training
    assert twin[1].weight.requires_grad
    assert isinstance(model[1], FrozenBatchNorm)
    assert not model[1].weight.requires_grad


def test_state_dicts_load_both_ways():
    model, frozen = net(), net()
    freeze_batch_norm(frozen)
    frozen.load_state_dict(model.state_dict())
    model.load_state_dict(frozen.state_dict())


def test_dtype_and_memory_format_can_change_afterwards():
    model = net()
    freeze_batch_norm(model)
    model.to(torch.bfloat16, memory_format=torch.channels_last).train()
    x = normal(4, 2, 6, 6).to(torch.bfloat16, memory_format=torch.channels_last)
    assert model(x).dtype == torch.bfloat16
    assert not model[1].training


def test_frozen_layers_compile_as_one_graph_and_thaw_again():
    model = net()[:2]
    x, other = normal(4, 2, 6, 6), normal(4, 2, 6, 6, seed=1)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    freeze_batch_norm(model)
    before = state(model)
    for mode in (False, True):
        model.train(mode)
        assert_close(compiled(x), model(x), rtol=1e-5, atol=1e-5)
    assert changed(model, before) == set()
    unfreeze_batch_norm(model)
    compiled(other)
    assert "running_mean" in changed(model, before)


def test_frozen_layers_remain_layers_of_torch_for_torch_fx():
    model = net()
    freeze_batch_norm(model)
    graph = torch.fx.symbolic_trace(model).graph
    assert [n.target for n in graph.nodes if n.op == "call_module"] == list("0123")
    x = normal(4, 2, 6, 6)
    assert_close(fold_batch_norm(model.eval())(x), model(x), rtol=1e-4, atol=1e-5)


# ---------------------------------------------------------------- refusals


def test_a_model_without_batch_norm_is_refused():
    with pytest.raises(ValueError, match="expected batch norm, got none in Linear"):
        freeze_batch_norm(nn.Linear(2, 2))


def test_a_layer_without_running_statistics_is_refused_and_nothing_changes():
    lacking = nn.BatchNorm1d(2, track_running_stats=False)
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(lacking))
    for keywords in ({"updates": False}, {"statistics": False}):
        with pytest.raises(ValueError, match=r"running statistics, got none in '1\.0'"):
            freeze_batch_norm(model, **keywords)
    assert type(model[0]) is nn.BatchNorm1d
    assert all(p.requires_grad for p in model.parameters())
    freeze_batch_norm(model, statistics=False, updates=False)
    assert not any(p.requires_grad for p in model.parameters())


def test_a_lazy_layer_is_refused_until_it_is_initialized():
    model = nn.Sequential(nn.LazyBatchNorm1d())
    with pytest.raises(ValueError, match="got lazy '0'"):
        freeze_batch_norm(model)
    model(normal(3, 2))
    freeze_batch_norm(model)
    assert not model.train()[0].training


# ---------------------------------------------------------------- the checks can fail


def test_eval_before_train_fails_the_check():
    with pytest.raises(AssertionError):
        check_the_batch_does_not_matter(lambda model: model.eval())


def test_requires_grad_false_fails_the_checks():
    with pytest.raises(AssertionError):
        check_the_batch_does_not_matter(lambda model: model.requires_grad_(False))
    with pytest.raises(AssertionError):
        check_statistics_stay(lambda m: m.requires_grad_(False), normal(2, 3, 2, 2))


def test_momentum_zero_fails_the_check_on_a_nan_batch():
    def without_momentum(model: nn.Module) -> None:
        for layer in model.modules():
            if isinstance(layer, _BatchNorm):
                layer.momentum = 0.0

    with pytest.raises(AssertionError):
        check_statistics_stay(without_momentum, torch.full((2, 3, 2, 2), torch.nan))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.SyncBatchNorm])
def test_freezing_holds_on_a_gpu(norm):
    model = net(norm)
    freeze_batch_norm(model)
    model.cuda()
    before = state(model[1])
    step(model, normal(4, 2, 6, 6).cuda())
    assert changed(model[1], before) == set()
