"""`no_decay_groups` puts every trainable parameter in one group, by its rule.

`check_partition` takes any function that makes groups. Ours passes; by dimension only,
by the name "bias" only, and with a tied weight twice fail.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torch.testing import assert_close

from snippets.batch_norm.no_decay import no_decay_groups

Groups = list[dict[str, Any]]


class OwnRMSNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))


class Attention(nn.Module):
    """One of everything that the rule decides about."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Embedding(10, 4)
        self.class_token = nn.Parameter(torch.zeros(1, 1, 4))
        self.attention = nn.MultiheadAttention(4, 2, add_bias_kv=True)
        self.relative_position_bias_table = nn.Parameter(torch.zeros(7, 2))
        self.norm = nn.LayerNorm([3, 4])
        self.own = OwnRMSNorm(4)
        self.recurrent = nn.LSTM(4, 4)
        self.act = nn.PReLU()
        self.temperature = nn.Parameter(torch.tensor(1.0))
        self.conv = weight_norm(nn.Conv1d(4, 4, 3))
        self.head = nn.Linear(4, 10)
        self.head.weight = self.token.weight


DECAY = [
    "token.weight",
    "class_token",
    "attention.in_proj_weight",
    "attention.out_proj.weight",
    "recurrent.weight_ih_l0",
    "recurrent.weight_hh_l0",
    "conv.parametrizations.weight.original0",
    "conv.parametrizations.weight.original1",
]


def names(model: nn.Module, groups: Groups) -> list[list[str]]:
    name = {parameter: name for name, parameter in model.named_parameters()}
    return [[name[parameter] for parameter in group["params"]] for group in groups]


def check_partition(make: Callable[[nn.Module, float], Groups]) -> None:
    """The model above: what decays, in its order, and everything else in the other."""
    model = Attention()
    groups = make(model, 0.1)
    decay, rest = names(model, groups)
    order = [name for name, _ in model.named_parameters()]
    assert set(decay) == set(DECAY)
    assert decay == [name for name in order if name in DECAY]
    assert rest == [name for name in order if name not in DECAY]
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]


# ---------------------------------------------------------------- the rule


def test_every_trainable_parameter_is_in_one_group_in_a_stable_order():
    check_partition(no_decay_groups)


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(4),
        nn.BatchNorm2d(4),
        nn.BatchNorm3d(4),
        nn.SyncBatchNorm(4),
        nn.InstanceNorm2d(4, affine=True),
        nn.LayerNorm([4, 4, 4]),
        nn.GroupNorm(2, 4),
        nn.RMSNorm([4, 4]),
        OwnRMSNorm(4),
    ],
)
def test_no_norm_decays(norm):
    model = nn.Sequential(nn.Linear(4, 4, bias=False), norm)
    decay, rest = no_decay_groups(model, 0.1)
    assert names(model, [decay]) == [["0.weight"]]
    assert len(rest["params"]) == len(list(norm.parameters()))


def test_a_convolutional_network_decays_its_kernels_only():
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2)
    )
    assert names(model, no_decay_groups(model, 0.1)) == [
        ["0.weight", "3.weight"],
        ["0.bias", "1.weight", "1.bias", "3.bias"],
    ]


def test_the_name_of_the_layer_does_not_count():
    model = nn.ModuleDict({"unbiased": nn.Linear(2, 2), "norm_bias": nn.Linear(2, 2)})
    decay = no_decay_groups(model, 0.1)[0]
    assert names(model, [decay]) == [["unbiased.weight", "norm_bias.weight"]]


def test_tied_weights_are_in_one_group_once():
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5), nn.Linear(3, 5))
    model[1].weight = model[2].weight = model[0].weight
    decay, rest = no_decay_groups(model, 0.1)
    assert names(model, [decay, rest]) == [["0.weight"], ["1.bias", "2.bias"]]


def test_a_tied_parameter_is_exempt_if_any_of_its_names_is():
    for norm_first in (True, False):
        layers = [nn.LayerNorm([3, 4]), nn.Linear(4, 3)]
        layers[1].weight = layers[0].weight
        model = nn.Sequential(*(layers if norm_first else layers[::-1]))
        decay, rest = no_decay_groups(model, 0.1)
        assert decay["params"] == []
        assert len(rest["params"]) == 3
    twice = nn.Module()
    twice.table = twice.table_bias = nn.Parameter(torch.zeros(2, 2))
    assert no_decay_groups(twice, 0.1)[0]["params"] == []


def test_frozen_parameters_are_left_out():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    model[1].bias.requires_grad = False
    assert names(model, no_decay_groups(model, 0.1)) == [
        ["2.weight"],
        ["1.weight", "2.bias"],
    ]


def test_both_groups_exist_even_if_empty():
    for model, sizes in (
        (nn.Linear(2, 2, bias=False), [1, 0]),
        (nn.BatchNorm1d(2), [0, 2]),
    ):
        groups = no_decay_groups(model, 0.1)
        assert [len(group["params"]) for group in groups] == sizes
        optimizer = torch.optim.AdamW(groups, lr=0.1)
        model(torch.randn(4, 2)).sum().backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())


# ---------------------------------------------------------------- in an optimizer


def one_step(groups: Callable[[nn.Module], Any]) -> tuple[nn.Module, dict[str, Tensor]]:
    """The gradient is zero, so that only the decay moves anything."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    nn.init.ones_(model[1].bias)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    torch.optim.AdamW(groups(model), lr=0.5).step()
    return model, before


def test_adamw_shrinks_the_matrix_and_nothing_else():
    model, before = one_step(lambda m: no_decay_groups(m, 0.1))
    for name, parameter in model.named_parameters():
        factor = 1 - 0.5 * 0.1 if name == "0.weight" else 1.0
        assert_close(parameter.detach(), before[name] * factor, rtol=1e-6, atol=0)


def test_adamw_without_groups_shrinks_the_norm_too():
    model, before = one_step(lambda m: m.parameters())
    assert (model[1].weight < before["1.weight"]).all()


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("weight_decay", [-0.1, math.nan, math.inf, -math.inf])
def test_other_weight_decays_are_refused(weight_decay):
    with pytest.raises(ValueError, match=f"weight decay >= 0, got {weight_decay}"):
        no_decay_groups(nn.Linear(2, 2), weight_decay)


def test_a_weight_decay_of_zero_is_one():
    assert no_decay_groups(nn.Linear(2, 2), 0)[0]["weight_decay"] == 0


def test_a_model_without_trainable_parameters_is_refused():
    for model in (nn.ReLU(), nn.Linear(2, 2).requires_grad_(False)):
        with pytest.raises(ValueError, match="expected trainable parameters, got none"):
            no_decay_groups(model, 0.1)


# ---------------------------------------------------------------- the check can fail


def by(decays: Callable[[str, Tensor], bool]) -> Callable[[nn.Module, float], Groups]:
    def make(model: nn.Module, weight_decay: float) -> Groups:
        decay, rest = [], []
        for name, parameter in model.named_parameters():
            (decay if decays(name, parameter) else rest).append(parameter)
        return [
            {"params": decay, "weight_decay": weight_decay},
            {"params": rest, "weight_decay": 0.0},
        ]

    return make


def with_tied_twice(model: nn.Module, weight_decay: float) -> Groups:
    groups = no_decay_groups(model, weight_decay)
    groups[0]["params"].append(model.head.weight)
    return groups


@pytest.mark.parametrize(
    "make",
    [
        by(lambda _, parameter: parameter.dim() >= 2),
        by(lambda name, _: not name.endswith("bias")),
        with_tied_twice,
    ],
)
def test_the_usual_one_liners_fail_the_check(make):
    with pytest.raises(AssertionError):
        check_partition(make)
