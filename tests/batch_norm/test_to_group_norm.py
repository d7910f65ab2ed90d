"""`batch_norm_to_group_norm` changes the kind of the layers and keeps all the rest.

`check_groups` takes any rule for the number of groups. Ours passes; a fixed 32 and "at
most 32, whatever is left in a group" fail.
"""

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.testing import assert_close

from snippets.batch_norm.freeze import freeze_batch_norm
from snippets.batch_norm.to_group_norm import batch_norm_to_group_norm

Rule = Callable[[int, int], int]
EXACT = {"rtol": 0, "atol": 0}  # the same operation on the same numbers
KINDS = {
    nn.BatchNorm1d: (5, 6),
    nn.BatchNorm2d: (5, 6, 2, 2),
    nn.BatchNorm3d: (5, 6, 2, 2, 2),
    nn.SyncBatchNorm: (5, 6, 2),
}


class OwnNorm(nn.BatchNorm2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def learned(layer: nn.Module) -> nn.Module:
    """With parameters that are neither 1 nor 0."""
    for seed, parameter in enumerate(layer.parameters()):
        with torch.no_grad():
            parameter.copy_(normal(*parameter.shape, seed=seed))
    return layer


def our_rule(channels: int, groups: int) -> int:
    return batch_norm_to_group_norm(nn.BatchNorm1d(channels), groups).num_groups


def check_groups(rule: Rule) -> None:
    """At most `groups`, a divisor, two channels or more in each, and no better one."""
    for channels in range(2, 130):
        for groups in (1, 3, 8, 32):
            count = rule(channels, groups)
            assert channels % count == 0
            assert count <= groups
            assert channels // count >= 2
            better = range(count + 1, min(groups, channels // 2) + 1)
            assert not any(channels % n == 0 for n in better)


# ---------------------------------------------------------------- groups


def test_the_number_of_groups_is_the_largest_allowed_divisor():
    check_groups(our_rule)
    assert [our_rule(c, 32) for c in (64, 48, 32, 7, 2)] == [32, 24, 16, 1, 1]
    default = batch_norm_to_group_norm(nn.BatchNorm1d(66))
    assert default.num_groups == 22  # and not 33


def test_no_group_has_a_single_value_even_without_positions():
    x = normal(4, 32)
    torch_default = F.group_norm(x, 32)
    assert not torch_default.any()  # silently zero: one value minus its own mean
    norm = batch_norm_to_group_norm(nn.BatchNorm1d(32))
    assert norm(x).abs().min() > 0.9  # two values become -1 and 1


# ---------------------------------------------------------------- what is kept


@given(
    kind=st.sampled_from(list(KINDS)),
    options=st.sampled_from([{}, {"affine": False}, {"bias": False}]),
    eps=st.sampled_from([1e-5, 0.1]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    training=st.booleans(),
    learns=st.booleans(),
    tracks=st.booleans(),
)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_layer_becomes_group_norm_with_the_same_parameters(
    kind, options, eps, dtype, training, learns, tracks
):
    old = kind(6, eps, track_running_stats=tracks, dtype=dtype, **options)
    old = learned(old).train(training).requires_grad_(learns)
    new = batch_norm_to_group_norm(nn.Sequential(old), groups=4)[0]
    twin = nn.GroupNorm(3, 6, eps, dtype=dtype, **options).train(training)
    twin.load_state_dict(dict(old.named_parameters()))
    assert type(new) is nn.GroupNorm
    assert repr(new) == repr(twin)
    assert new.training == training
    assert list(new.state_dict()) == list(twin.state_dict())
    assert all(p.dtype == dtype for p in new.parameters())
    assert all(p.requires_grad == learns for p in new.parameters())
    x = normal(*KINDS[kind]).to(dtype)
    assert_close(new(x), twin.requires_grad_(learns)(x), **EXACT)


def test_the_result_does_not_depend_on_the_batch():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)).train()
    model = batch_norm_to_group_norm(model)
    x = normal(6, 2, 5, 5)
    assert_close(model(x)[:2], model(x[:2]), rtol=1e-5, atol=1e-5)


def test_the_model_is_not_changed_and_shares_nothing_with_the_copy():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    model[0].weight.requires_grad = False
    before = copy.deepcopy(model)
    new = batch_norm_to_group_norm(model)
    assert type(new) is nn.Sequential
    assert repr(model) == repr(before)
    assert_close(model.state_dict(), before.state_dict(), **EXACT)
    theirs = {p.data_ptr() for p in model.parameters()}
    assert theirs.isdisjoint(p.data_ptr() for p in new.parameters())
    assert_close(new[0].weight, model[0].weight, **EXACT)
    assert [p.requires_grad for p in new.parameters()] == [False, True, True, True]
    assert not any(module.training for module in new.modules())


def test_every_name_of_a_layer_and_every_shared_parameter_follows():
    class Listed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bn, self.other = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
            self.other.weight = self.bn.weight
            self.steps = nn.ModuleList([self.bn])
            self.plain = [self.bn]

    new = batch_norm_to_group_norm(Listed())
    assert new.bn is new.steps[0] is new.plain[0]
    assert new.other.weight is new.bn.weight
    assert not any(isinstance(module, _BatchNorm) for module in new.modules())


def test_a_model_that_is_a_single_layer_becomes_one():
    assert type(batch_norm_to_group_norm(nn.BatchNorm1d(4))) is nn.GroupNorm


def test_other_norms_stay():
    model = nn.Sequential(nn.InstanceNorm2d(4), nn.LayerNorm(4), nn.BatchNorm2d(4))
    kinds = [type(module) for module in batch_norm_to_group_norm(model)]
    assert kinds == [nn.InstanceNorm2d, nn.LayerNorm, nn.GroupNorm]


def test_frozen_layers_are_replaced_and_their_parameters_stay_frozen():
    model = nn.Sequential(nn.BatchNorm2d(4))
    freeze_batch_norm(model)
    new = batch_norm_to_group_norm(model)
    assert type(new[0]) is nn.GroupNorm
    assert not any(p.requires_grad for p in new.parameters())


def test_the_copy_trains_pickles_and_compiles():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    model = batch_norm_to_group_norm(model)
    x = normal(1, 2, 5, 5)
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert_close(pickle.loads(pickle.dumps(model))(x), model(x), **EXACT)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    assert_close(compiled(x), model(x), rtol=1e-5, atol=1e-5)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("groups", [0, -1])
def test_groups_below_one_are_refused(groups):
    with pytest.raises(ValueError, match=f"expected at least 1 group, got {groups}"):
        batch_norm_to_group_norm(nn.BatchNorm1d(4), groups)


@pytest.mark.parametrize("groups", [2.0, "2", None, True])
def test_groups_of_another_type_are_refused(groups):
    with pytest.raises(
        TypeError, match=f"expected groups to be an int, got {groups!r}"
    ):
        batch_norm_to_group_norm(nn.BatchNorm1d(4), groups)


def test_a_model_without_batch_norm_is_refused():
    model = nn.Sequential(nn.Linear(2, 2), nn.InstanceNorm2d(2))
    with pytest.raises(ValueError, match="expected batch norm, got none in Sequential"):
        batch_norm_to_group_norm(model)


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(1), nn.LazyBatchNorm2d()])
def test_too_few_channels_for_a_group_of_two_are_refused(layer):
    with pytest.raises(
        ValueError, match=r"at least 2 channels, got [01] in .*BatchNorm"
    ):
        batch_norm_to_group_norm(nn.Sequential(layer))


def test_layers_that_do_more_than_normalize_are_refused():
    patched = nn.BatchNorm2d(4)
    patched.forward = patched.forward  # what wrappers do that replace forward
    for layer in (OwnNorm(4), patched):
        with pytest.raises(
            ValueError, match=r"got another in (OwnNorm|BatchNorm2d)\(4"
        ):
            batch_norm_to_group_norm(nn.Sequential(layer))
    for register in ("register_forward_hook", "register_forward_pre_hook"):
        layer = nn.BatchNorm2d(4)
        getattr(layer, register)(lambda *_: None)
        with pytest.raises(ValueError, match=r"expected no hooks, got some in Batch"):
            batch_norm_to_group_norm(nn.Sequential(layer))


# ---------------------------------------------------------------- the check can fail


@pytest.mark.parametrize(
    "rule",
    [
        lambda channels, groups: groups,
        lambda channels, groups: max(
            n for n in range(1, groups + 1) if channels % n == 0
        ),
        lambda channels, groups: 1,
    ],
)
def test_other_rules_fail_the_check(rule):
    with pytest.raises(AssertionError):
        check_groups(rule)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_device_is_carried_over():
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)).cuda()
    new = batch_norm_to_group_norm(model)
    assert {p.device.type for p in new.parameters()} == {"cuda"}
    assert new(normal(1, 2, 5, 5).cuda()).shape == (1, 4, 3, 3)
