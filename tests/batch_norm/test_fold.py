"""`fold_batch_norm` returns the same function without batch norm, or refuses.

`check_same_function` takes any folding function. Ours passes; three wrong ones fail:
torch.fx's own `fuse` on a convolution that is used twice (pytorch#104593), one that
forgets eps and one that mistakes the groups of a transposed convolution.
"""

import copy
import importlib
import pickle
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval
from torch.nn.utils.parametrizations import weight_norm
from torch.testing import assert_close

from snippets.batch_norm.fold import RowsOnly, fold_batch_norm

Fold = Callable[[nn.Module], nn.Module]
CONVS = {
    (1, False): nn.Conv1d,
    (2, False): nn.Conv2d,
    (3, False): nn.Conv3d,
    (1, True): nn.ConvTranspose1d,
    (2, True): nn.ConvTranspose2d,
    (3, True): nn.ConvTranspose3d,
}
NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
# Both sides round the same sums in another order.
EXACT = {"rtol": 1e-9, "atol": 1e-11}  # float64
CLOSE = {"rtol": 1e-4, "atol": 1e-4}  # float32
# Three roundings (weight, bias, output) of 2^-11 and 2^-8, of values below about 30.
HALF = {torch.float16: 3e-2, torch.bfloat16: 3e-1}


def trained(model: nn.Module, seed: int = 0) -> nn.Module:
    """In eval mode, with numbers in which no 0 or 1 can hide a mistake."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        draw = torch.randn(parameter.shape, generator=generator)
        with torch.no_grad():
            parameter.copy_(draw / max(1, parameter[0].numel()) ** 0.5)
    for norm in model.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            draw = torch.rand(4, norm.num_features, generator=generator).double()
            with torch.no_grad():
                if norm.running_mean is not None:
                    norm.running_mean.copy_(4 * draw[0] - 2)
                    norm.running_var.copy_(0.2 + 2 * draw[1])
                if norm.weight is not None:
                    norm.weight.copy_(2 * draw[2] - 1)
                if norm.bias is not None:
                    norm.bias.copy_(draw[3])
    return model.eval()


def normal(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def norms(model: nn.Module) -> list[nn.Module]:
    kind = nn.modules.batchnorm._BatchNorm
    return [module for module in model.modules() if isinstance(module, kind)]


def check_same_function(
    fold: Fold, model: nn.Module, x: Tensor, left: int = 0, **tolerance: float
) -> nn.Module:
    """The copy computes what the model computes, and the model has not changed."""
    before = copy.deepcopy(model.state_dict())
    folded = fold(model)
    with torch.no_grad():
        assert_close(folded(x), model(x), **(tolerance or CLOSE))
    assert len(norms(folded)) == left
    assert list(model.state_dict()) == list(before)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    return folded


class Block(nn.Module):
    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(h)))


class Pair(nn.Module):
    """A convolution and a batch norm, which the classes below use in other ways."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class ConvTwice(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.bn(self.conv(x)))


class NormTwice(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.bn(self.conv(x)))


class PairTwice(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(self.bn(self.conv(x))))


class OutputReadToo(Pair):
    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x)
        return h + self.bn(h)


class OutputReturnedToo(Pair):
    def forward(self, x: Tensor) -> list[Tensor]:
        h = self.conv(x)
        return [self.bn(h), h]


class OutputChangedInPlace(Pair):
    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x)
        F.relu(h, inplace=True)
        return self.bn(h)


class WeightReadToo(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) + self.conv.weight.sum()


class BiasReadThroughATie(Pair):
    """`tied`, which forward reads, is the bias under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.tied = self.conv.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) + self.tied.sum()


class GammaReadToo(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) + self.bn.weight.sum()


class DataDependent(Pair):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)) if x.sum() > 0 else x


class OwnNorm(nn.BatchNorm2d):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(super().forward(x))


class OwnConv(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).abs()


# ---------------------------------------------------------------- the same function


@given(
    dims=st.sampled_from([1, 2, 3]),
    transposed=st.booleans(),
    groups=st.sampled_from([1, 2, 3]),
    bias=st.booleans(),
    norm=st.sampled_from(
        [{}, {"affine": False}, {"bias": False}, {"eps": 0.1}, {"momentum": None}]
    ),
    mode=st.sampled_from(["zeros", "reflect", "circular"]),
    stride=st.sampled_from([1, 2]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_every_convolution_computes_the_same_in_float64(
    dims, transposed, groups, bias, norm, mode, stride, seed
):
    options = {"groups": groups, "bias": bias, "stride": stride, "padding": 1}
    if not transposed:
        options["padding_mode"] = mode
    layer = CONVS[dims, transposed](2 * groups, 4 * groups, 3, **options)
    model = nn.Sequential(layer, NORMS[dims](4 * groups, **norm), nn.ReLU())
    x = normal(2, 2 * groups, *[5] * dims, dtype=torch.float64, seed=seed)
    model = trained(model.double(), seed)
    check_same_function(fold_batch_norm, model, x, **EXACT)


@given(bias=st.booleans(), affine=st.booleans(), rows=st.integers(1, 4))
@settings(deadline=None, derandomize=True, max_examples=10)
def test_a_linear_layer_computes_the_same_in_float64(bias, affine, rows):
    layer = nn.Linear(5, 3, bias=bias)
    model = nn.Sequential(layer, nn.BatchNorm1d(3, affine=affine), nn.Tanh())
    model = trained(model.double())
    x = normal(rows, 5, dtype=torch.float64)
    check_same_function(fold_batch_norm, model, x, **EXACT)


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(3), nn.SyncBatchNorm(3)])
def test_sync_batch_norm_folds_like_batch_norm(norm):
    model = trained(nn.Sequential(nn.Conv2d(2, 3, 3), norm))
    check_same_function(fold_batch_norm, model, normal(2, 2, 5, 5))


def test_the_weights_are_those_of_torchs_own_function():
    conv = trained(nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6)))
    up = trained(nn.Sequential(nn.ConvTranspose2d(4, 6, 3), nn.BatchNorm2d(6)))
    linear = trained(nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)))
    for model, expected in (
        (conv, fuse_conv_bn_eval(conv[0], conv[1])),
        (up, fuse_conv_bn_eval(up[0], up[1], transpose=True)),
        (linear, fuse_linear_bn_eval(linear[0], linear[1])),
    ):
        folded = fold_batch_norm(model)[0]
        assert_close(folded.weight, expected.weight, rtol=1e-6, atol=1e-6)
        assert_close(folded.bias, expected.bias, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("half_norm", [True, False])
def test_half_layers_keep_their_dtype_and_stay_near_the_float64_result(
    dtype, half_norm
):
    model = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    model = model.to(dtype)
    if not half_norm:
        model[1].float()
    x = normal(2, 3, 6, 6, dtype=dtype)
    folded = fold_batch_norm(model)
    assert {p.dtype for p in folded.parameters()} == {dtype}
    expected = copy.deepcopy(model).double()(x.double()).detach()
    actual = folded(x).double().detach()
    assert_close(actual, expected, rtol=0, atol=HALF[dtype])


def test_half_weights_are_rounded_once():
    layer = nn.Conv2d(64, 64, 1)
    model = trained(nn.Sequential(layer, nn.BatchNorm2d(64))).to(torch.bfloat16)
    exact = fold_batch_norm(copy.deepcopy(model).double())
    folded = fold_batch_norm(model)
    for name, value in folded.state_dict().items():
        # half a unit in the last of 8 digits, and the float32 error of the bias
        expected = exact.state_dict()[name]
        rounding = expected.abs() * 2**-8 * 1.001 + 1e-6
        assert ((value.double() - expected).abs() <= rounding).all(), name


def test_an_almost_constant_channel_keeps_the_gain_that_eps_gives_it():
    model = trained(nn.Sequential(nn.Conv1d(1, 2, 1), nn.BatchNorm1d(2, eps=1e-3)))
    model[1].running_var.zero_()
    model = model.double()
    x = normal(3, 1, 4, dtype=torch.float64)
    check_same_function(fold_batch_norm, model, x, **EXACT)


def test_channels_last_weights_stay_channels_last():
    for layer in (nn.Conv2d(4, 6, 3), nn.ConvTranspose2d(4, 6, 3, groups=2)):
        model = trained(nn.Sequential(layer, nn.BatchNorm2d(6)))
        model = model.to(memory_format=torch.channels_last)
        x = normal(2, 4, 5, 5).to(memory_format=torch.channels_last)
        folded = check_same_function(fold_batch_norm, model, x)
        assert folded[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_a_residual_network_folds_completely():
    stem = [nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    head = [nn.Flatten(), nn.LazyLinear(5), nn.BatchNorm1d(5), nn.Linear(5, 2)]
    model = nn.Sequential(*stem, Block(), Block(), nn.AdaptiveAvgPool2d(2), *head)
    x = normal(2, 3, 8, 8)
    model(x)  # the lazy layer learns its width
    folded = check_same_function(fold_batch_norm, trained(model), x)
    assert type(folded) is nn.Sequential
    assert type(folded[3].bn1) is nn.Identity
    assert folded[3].conv1.bias is not None


def test_gradients_with_respect_to_the_input_are_the_same():
    model = trained(nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Tanh()))
    x = normal(2, 2, 5, 5).double().requires_grad_()
    model = model.double()
    expected = torch.autograd.grad(model(x).sum(), x)
    actual = torch.autograd.grad(fold_batch_norm(model)(x).sum(), x)
    assert_close(actual, expected, **EXACT)


def test_autocast_reaches_the_same_precision_as_before():
    model = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    x = normal(2, 3, 6, 6)
    folded = fold_batch_norm(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = folded(x)
    assert actual.dtype == torch.bfloat16
    assert_close(actual.float(), model(x), rtol=0, atol=HALF[torch.bfloat16])


# ---------------------------------------------------------------- an ordinary module


def test_the_copy_is_an_ordinary_module():
    model = trained(Block())
    x = normal(2, 4, 5, 5)
    folded = fold_batch_norm(model)
    assert type(folded) is Block
    assert not folded.training
    assert not any(module.training for module in folded.modules())
    names = [
        f"{layer}.{kind}" for layer in ("conv1", "conv2") for kind in ("weight", "bias")
    ]
    assert list(folded.state_dict()) == names
    for twin in (copy.deepcopy(folded), pickle.loads(pickle.dumps(folded))):
        assert torch.equal(twin(x), folded(x))
    other = fold_batch_norm(trained(Block(), seed=3))
    other.load_state_dict(folded.state_dict())
    assert torch.equal(other(x), folded(x))


def test_nothing_is_shared_with_the_model():
    model = trained(nn.Sequential(Block(), nn.Conv2d(4, 2, 1)))
    folded = fold_batch_norm(model)
    theirs = {t.data_ptr() for t in model.state_dict().values()}
    assert theirs.isdisjoint(t.data_ptr() for t in folded.state_dict().values())


@pytest.mark.parametrize("learns", [True, False])
def test_what_learned_still_learns(learns):
    model = trained(nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3)))
    model.requires_grad_(learns)
    assert [p.requires_grad for p in fold_batch_norm(model).parameters()] == [
        learns
    ] * 2


def test_tracing_leaves_nothing_behind():
    class Remembers(Pair):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.tensor(0))
            self.seen: list[object] = []

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            self.seen.append(x)
            return self.bn(self.conv(x))

    model = trained(Remembers())
    folded = fold_batch_norm(model)
    assert (model.calls, model.seen) == (0, [])
    assert (folded.calls, folded.seen) == (0, [])


def test_one_norm_registered_under_two_names_is_replaced_under_both():
    class Listed(Pair):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList([self.conv, self.bn])
            self.plain = [self.bn]

        def forward(self, x: Tensor) -> Tensor:
            for step in self.steps:
                x = step(x)
            return x

    folded = check_same_function(fold_batch_norm, trained(Listed()), normal(2, 3, 4, 4))
    assert folded.bn is folded.steps[1] is folded.plain[0]
    assert folded.conv is folded.steps[0]


def test_convolutions_that_share_a_weight_are_folded_apart():
    model = nn.Sequential(Pair(), Pair())
    model[1].conv.weight = model[0].conv.weight
    folded = check_same_function(fold_batch_norm, trained(model), normal(2, 3, 4, 4))
    assert folded[0].conv.weight is not folded[1].conv.weight


def test_a_folded_model_has_nothing_left_to_fold():
    with pytest.raises(ValueError, match="no batch norm comes directly behind a layer"):
        fold_batch_norm(fold_batch_norm(trained(Block())))


def test_a_traced_model_folds_too():
    model = torch.fx.symbolic_trace(trained(Block()))
    check_same_function(fold_batch_norm, model, normal(2, 4, 5, 5))


def test_the_copy_compiles_as_one_graph():
    model = trained(
        nn.Sequential(Block(), nn.Flatten(), nn.Linear(36, 2), nn.BatchNorm1d(2))
    )
    folded = fold_batch_norm(model)
    x = normal(2, 4, 3, 3)
    compiled = torch.compile(folded, backend="aot_eager", fullgraph=True)
    assert_close(compiled(x), model(x), **CLOSE)


def test_the_copy_exports():
    folded = fold_batch_norm(trained(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))))
    x = normal(4, 3)
    exported = torch.export.export(folded, (x,)).module()
    assert_close(exported(x), folded(x), rtol=0, atol=0)


# ---------------------------------------------------------------- directly behind


def test_a_norm_that_follows_no_layer_stays():
    class PreActivation(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bn1 = nn.BatchNorm2d(3)
            self.conv1 = nn.Conv2d(3, 4, 1)
            self.bn2 = nn.BatchNorm2d(4)
            self.bn3 = nn.BatchNorm2d(7)

        def forward(self, x: Tensor) -> Tensor:
            h = self.bn2(self.conv1(F.relu(self.bn1(x))))
            return self.bn3(torch.cat([x, h], 1))

    folded = check_same_function(
        fold_batch_norm, trained(PreActivation()), normal(2, 3, 4, 4), left=2
    )
    assert isinstance(folded.bn1, nn.BatchNorm2d)
    assert isinstance(folded.bn3, nn.BatchNorm2d)


def test_the_order_of_the_calls_counts_and_not_that_of_the_children():
    class Swapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 3, 1)
            self.bn2 = nn.BatchNorm2d(3)
            self.conv2 = nn.Conv2d(3, 3, 1)
            self.bn1 = nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            return self.bn2(self.conv2(F.relu(self.bn1(input=self.conv1(x)))))

    check_same_function(fold_batch_norm, trained(Swapped()), normal(2, 3, 4, 4))


def test_optional_arguments_are_followed_with_their_defaults():
    class Options(Pair):
        def forward(
            self, x: Tensor, mask: Tensor | None = None, raw: bool = False, *rest: int
        ) -> Tensor:
            h = self.conv(x)
            if mask is not None:
                h = h * mask
            return h if raw else self.bn(h)

    class AllOptional(Pair):
        def forward(self, x: Tensor | None = None) -> Tensor:
            return self.bn(self.conv(torch.zeros(1) if x is None else x))

    for model in (Options(), AllOptional()):
        check_same_function(fold_batch_norm, trained(model), normal(2, 3, 4, 4))


def test_a_model_with_two_inputs_folds():
    class Two(Pair):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return self.bn(self.conv(x)) + y

    model = trained(Two())
    x, y = normal(2, 3, 4, 4), normal(2, 3, 4, 4, seed=1)
    assert_close(fold_batch_norm(model)(x, y), model(x, y), **CLOSE)


def test_parts_that_fx_cannot_follow_do_not_matter_when_they_hold_no_layer():
    class Clip(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.clamp(max=1) if bool(x.max() > 1) else x

    model = trained(nn.Sequential(Pair(), Clip(), Pair()))
    check_same_function(fold_batch_norm, model, normal(2, 3, 4, 4))


def test_a_model_that_fx_cannot_follow_is_refused_with_its_reason():
    with pytest.raises(ValueError, match=r"cannot follow DataDependent.*control flow"):
        fold_batch_norm(trained(DataDependent()))


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (ConvTwice(), "the layer is used twice"),
        (NormTwice(), "the batch norm is used twice"),
        (PairTwice(), "the layer is used twice, the batch norm is used twice"),
        (OutputReadToo(), "something else reads the output"),
        (OutputReturnedToo(), "something else reads the output"),
        (OutputChangedInPlace(), "something else reads the output"),
        (WeightReadToo(), "something else reads a parameter"),
        (BiasReadThroughATie(), "something else reads a parameter"),
        (GammaReadToo(), "something else reads a parameter"),
    ],
)
def test_what_is_used_twice_is_refused(model, reason):
    model = trained(model)
    with pytest.raises(ValueError, match=f"model.bn behind model.conv: {reason}"):
        fold_batch_norm(model)
    kept = fold_batch_norm(model, strict=False)
    x = normal(2, 3, 4, 4)
    assert_close(kept(x), model(x), rtol=0, atol=0)
    assert len(norms(kept)) == 1


def test_training_mode_is_refused():
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    with pytest.raises(ValueError, match="expected a model in eval mode"):
        fold_batch_norm(model)
    with pytest.raises(ValueError, match="expected a model in eval mode"):
        fold_batch_norm(model, strict=False)
    for part in (0, 1):
        model.eval()[part].train()
        with pytest.raises(ValueError, match=r"model.1 behind model.0: training mode"):
            fold_batch_norm(model)


def test_missing_running_statistics_are_refused():
    norm = nn.BatchNorm2d(2, track_running_stats=False)
    model = nn.Sequential(nn.Conv2d(1, 2, 1), norm).eval()
    with pytest.raises(ValueError, match="no running statistics"):
        fold_batch_norm(model)
    assert len(norms(fold_batch_norm(model, strict=False))) == 1


def test_hooks_are_refused():
    for part, register in (
        (0, "register_forward_hook"),
        (0, "register_forward_pre_hook"),
        (1, "register_forward_hook"),
        (1, "register_forward_pre_hook"),
    ):
        model = trained(nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)))
        handle = getattr(model[part], register)(lambda *_: None)
        with pytest.raises(ValueError, match="a hook or an own forward"):
            fold_batch_norm(model)
        handle.remove()
        assert norms(fold_batch_norm(model)) == []


def test_layers_with_a_forward_of_their_own_are_refused():
    parametrized = weight_norm(nn.Conv2d(1, 2, 1))
    patched = nn.Conv2d(1, 2, 1)
    patched.forward = patched.forward  # what wrappers do that replace forward
    for layer, norm in (
        (parametrized, nn.BatchNorm2d(2)),
        (patched, nn.BatchNorm2d(2)),
        (OwnConv(1, 2, 1), nn.BatchNorm2d(2)),
        (nn.Conv2d(1, 2, 1), OwnNorm(2)),
    ):
        with pytest.raises(ValueError, match="a hook or an own forward"):
            fold_batch_norm(trained(nn.Sequential(layer, norm)))


def test_a_norm_over_another_dimension_is_refused():
    # one picture without its batch dimension: (C, H, W) is (N, C, L) to BatchNorm1d
    model = trained(nn.Sequential(nn.Conv2d(1, 4, 1), nn.BatchNorm1d(4)))
    model(normal(1, 4, 5))
    with pytest.raises(ValueError, match="other dimensions"):
        fold_batch_norm(model)
    # (N, L, C): dimension 1 is L
    model = trained(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(5)))
    model(normal(4, 5, 2))
    with pytest.raises(ValueError, match="other channels"):
        fold_batch_norm(model)


def test_a_sequence_through_a_folded_linear_layer_is_refused_and_never_wrong():
    model = trained(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))
    model(normal(4, 3, 2))  # L equals C: only the data can tell
    folded = fold_batch_norm(model)
    assert isinstance(folded[1], RowsOnly)
    with pytest.raises(ValueError, match=r"expected \(N, C\), got shape \(4, 3, 3\)"):
        folded(normal(4, 3, 2))


def test_a_model_without_a_pair_is_refused():
    for model in (nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Sequential()):
        with pytest.raises(
            ValueError, match="no batch norm comes directly behind a layer"
        ):
            fold_batch_norm(model.eval())
        assert type(fold_batch_norm(model.eval(), strict=False)) is type(model)


def test_one_refusal_names_every_pair_and_strict_false_folds_the_others():
    model = trained(nn.Sequential(Pair(), ConvTwice(), OutputReadToo()))
    with pytest.raises(
        ValueError, match=r"model\.1\.bn behind .*; model\.2\.bn behind"
    ):
        fold_batch_norm(model)
    folded = check_same_function(
        lambda m: fold_batch_norm(m, strict=False), model, normal(2, 3, 4, 4), left=2
    )
    assert isinstance(folded[0].bn, nn.Identity)


# ---------------------------------------------------------------- the check can fail


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")
def test_torchs_own_fuse_fails_the_check_on_a_convolution_used_twice():
    fuse = importlib.import_module("torch.fx.experimental.optimization").fuse
    check_same_function(fuse, trained(Pair()), normal(2, 3, 4, 4))
    with pytest.raises(AssertionError):
        check_same_function(fuse, trained(ConvTwice()), normal(2, 3, 4, 4))


def test_a_fold_without_eps_fails_the_check():
    def without_eps(model: nn.Module) -> nn.Module:
        model = copy.deepcopy(model)
        for norm in norms(model):
            norm.eps = 0.0
        return fold_batch_norm(model)

    model = trained(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, eps=0.1)))
    with pytest.raises(AssertionError):
        check_same_function(without_eps, model, normal(2, 3, 4, 4))


def test_a_fold_that_mixes_up_the_groups_fails_the_check():
    def mixed_up(model: nn.Module) -> nn.Module:
        folded = fold_batch_norm(model)
        with torch.no_grad():
            folded[0].weight.copy_(folded[0].weight.flip(0))
        return folded

    layer = nn.ConvTranspose2d(4, 4, 3, groups=2)
    model = trained(nn.Sequential(layer, nn.BatchNorm2d(4)))
    with pytest.raises(AssertionError):
        check_same_function(mixed_up, model, normal(2, 4, 4, 4))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_folding_on_a_gpu_stays_there(dtype):
    model = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
    model = model.to("cuda", dtype)
    folded = fold_batch_norm(model)
    assert {p.device.type for p in folded.parameters()} == {"cuda"}
    x = normal(2, 3, 6, 6, dtype=dtype).cuda()
    tolerance = EXACT if dtype == torch.float64 else {"rtol": 0, "atol": HALF[dtype]}
    assert_close(folded(x), model(x), **tolerance)
