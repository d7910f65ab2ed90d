"""diagnose: each mistake is found with its numbers; sound models give no finding."""

import copy
import math
import re
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

from snippets.diagnose import diagnose as module_under_test
from snippets.diagnose.diagnose import CHECKS, Finding, Use, diagnose


class Block(nn.Module):
    """The basic block of a ResNet, as torchvision writes it."""

    def __init__(self, inner, outer, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outer)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outer, outer, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outer)
        self.downsample = None
        if inner != outer:
            self.downsample = nn.Sequential(
                nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


def resnet(blocks=1):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        *(Block(8, 8) for _ in range(blocks)),
        Block(8, 12, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 4),
    )


class PreActivation(nn.Module):
    """Here the stem's bias matters: the shortcut reads it past the norm."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.last = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.stem(x)
        y = self.conv(F.relu(self.bn(x)))
        x = x + y
        return self.head(F.relu(self.last(x)).mean((2, 3)))


class VGG(nn.Module):
    def __init__(self, bias=True, norm=True):
        super().__init__()
        layers = []
        for inner, outer in [(3, 8), (8, 12)]:
            layers.append(nn.Conv2d(inner, outer, 3, padding=1, bias=bias))
            layers += [nn.BatchNorm2d(outer)] if norm else []
            layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Sequential(
            nn.Linear(48, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, 4)
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.dropout = nn.Dropout(0.1)
        layer = nn.TransformerEncoderLayer(8, 2, 16, 0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(8, 4)

    def forward(self, tokens):
        x = self.dropout(self.embedding(tokens))
        return self.head(self.encoder(x, src_key_padding_mask=tokens == 0).mean(1))


class HandWrittenTransformer(nn.Module):
    def __init__(self, p_eval=0.0):
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.drop, self.head = nn.Dropout(0.1), nn.Linear(8, 4)
        self.p_eval = p_eval

    def forward(self, tokens):
        x = self.embedding(tokens)
        q, k, v = self.qkv(self.norm1(x))[:, None].chunk(3, -1)
        p = 0.1 if self.training else self.p_eval
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=p)[:, 0]
        x = x + self.drop(self.out(y))
        x = x + self.drop(self.mlp(self.norm2(x)))
        return self.head(x.mean(1))


class LSTMClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.lstm = nn.LSTM(8, 8, 2, batch_first=True, dropout=0.2)
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(8, 4)

    def forward(self, tokens):
        _, (hidden, _) = self.lstm(self.embedding(tokens))
        return self.head(self.dropout(hidden[-1]))


class MobileNet(nn.Module):
    """Depthwise convolutions, and dropout where it belongs: after the last norm."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.Conv2d(8, 8, 3, groups=8, bias=False),
            nn.BatchNorm2d(8),
            nn.Hardswish(),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(8, 4))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


IMAGES, TOKENS = "images", "tokens"
SOUND = {
    "resnet": (resnet, IMAGES),
    "preactivation": (PreActivation, IMAGES),
    "vgg": (lambda: VGG(norm=False), IMAGES),
    "vgg_bn": (lambda: VGG(bias=False), IMAGES),
    "mobilenet": (MobileNet, IMAGES),
    "transformer": (Transformer, TOKENS),
    "hand_written_transformer": (HandWrittenTransformer, TOKENS),
    "lstm": (LSTMClassifier, TOKENS),
}


def make_batch(kind, n=32):
    generator = torch.Generator().manual_seed(1)
    if kind == TOKENS:
        tokens = torch.randint(1, 10, (n, 6), generator=generator)
        tokens[::3, 4:] = 0  # padding
        return tokens
    return 2 + 3 * torch.randn(n, 3, 8, 8, generator=generator)


def train(model, kind, steps=60):
    """Enough steps for the running averages: 0.9^60 = 0.2 % of the start is left."""
    torch.manual_seed(0)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    x = make_batch(kind, 64)
    y = torch.arange(64) % 4
    model.train()
    for _ in range(steps):
        picked = torch.randint(0, 64, (32,))
        optimizer.zero_grad()
        F.cross_entropy(model(x[picked]), y[picked]).backward()
        optimizer.step()
    return model


def found(model, batch=None):
    return [(finding.kind, finding.layer) for finding in diagnose(model, batch)]


def kinds(model, batch=None):
    return {finding.kind for finding in diagnose(model, batch)}


def the(kind, model, batch=None):
    """The one finding of the kind, its text free of unfilled fields."""
    (finding,) = [f for f in diagnose(model, batch) if f.kind == kind]
    assert "{" not in finding.message + finding.message_zh
    return finding


def batch_norms(model):
    return [n for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)]


def check_unchanged(run, model):
    """State, modes, gradients, versions, hooks and random streams are as before."""

    def snapshot():
        tensors = [*model.parameters(), *model.buffers()]
        return (
            [t._version for t in tensors],
            [module.training for module in model.modules()],
            [
                len(m._forward_hooks) + len(m._forward_pre_hooks)
                for m in model.modules()
            ],
            [(id(p.grad), p.requires_grad) for p in model.parameters()],
            list(model.state_dict()),
        )

    def values():
        tensors = [*model.parameters(), *model.buffers(), torch.get_rng_state()]
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        return [tensor.detach().clone() for tensor in (*tensors, *grads)]

    before, old = snapshot(), values()
    run(model)
    assert snapshot() == before
    assert all(map(torch.equal, old, values()))


# No false alarm


@pytest.mark.parametrize("name", SOUND)
def test_a_fresh_sound_model_in_train_mode_gives_no_finding(name):
    make, kind = SOUND[name]
    model = make().train()
    assert found(model) == []
    assert found(model, make_batch(kind)) == []


@pytest.mark.parametrize("name", SOUND)
def test_a_fresh_sound_model_in_eval_has_only_statistics_that_saw_no_data(name):
    """A true finding: with these statistics its batch norms normalize nothing."""
    make, kind = SOUND[name]
    model = make().eval()
    expected = [("never_updated", norm) for norm in batch_norms(model)]
    assert found(model) == expected
    assert found(model, make_batch(kind)) == expected


@pytest.mark.parametrize("name", SOUND)
def test_a_trained_sound_model_gives_no_finding_in_either_mode(name):
    make, kind = SOUND[name]
    torch.manual_seed(0)
    model = train(make(), kind)
    for mode in (True, False):
        assert found(model.train(mode)) == []
        assert found(model.train(mode), make_batch(kind)) == []


def test_vgg_as_torchvision_writes_it_has_biases_before_norms_and_nothing_else():
    """torchvision's vgg16_bn keeps them; a true finding, though a harmless one."""
    model = VGG()
    expected = [("bias_before_norm", f"features.{i}") for i in (1, 5)]
    assert found(model) == expected
    assert found(model, make_batch(IMAGES)) == expected
    train(model, IMAGES)
    for mode in (True, False):
        assert found(model.train(mode), make_batch(IMAGES)) == expected


def test_one_sample_in_eval_gives_no_finding():
    torch.manual_seed(0)
    model = train(resnet(), IMAGES).eval()
    assert found(model, make_batch(IMAGES)[:1]) == []


# It changes nothing


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", SOUND)
def test_the_model_and_the_random_stream_stay_as_they_are(name, training):
    make, kind = SOUND[name]
    model = make().train(training)
    model(make_batch(kind)).sum().backward()
    next(iter(model.children())).eval()
    check_unchanged(diagnose, model)
    check_unchanged(lambda m: diagnose(m, make_batch(kind)), model)


def test_a_pending_backward_still_works():
    model, x = resnet().train(), make_batch(IMAGES)
    loss = model(x).sum()
    diagnose(model, x)
    loss.backward()


def test_a_model_that_draws_and_counts_stays_as_it_is():
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))

        def forward(self, x):
            self.seen += 1
            return F.dropout(x)

    check_unchanged(lambda m: diagnose(m, torch.ones(4, 4)), Counts())


def test_after_an_exception_everything_is_restored():
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(4, 2)).train()

    def run(model):
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            diagnose(model, torch.ones(5, 3))

    check_unchanged(run, model)


def test_the_unchanged_check_can_fail():
    def forgets(model):
        model.eval()

    def updates(model):
        model(make_batch(IMAGES))

    for wrong in (forgets, updates, lambda _: torch.rand(1)):
        with pytest.raises(AssertionError):
            check_unchanged(wrong, resnet().train())


# Layers and their state


def test_frozen_parameters_under_moving_statistics():
    model = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4)).train()
    assert found(model) == []
    model[1].weight.requires_grad_(False)
    assert found(model) == [], "half frozen is not frozen"
    model.requires_grad_(False)
    assert found(model) == [("frozen_in_train_mode", "1")]
    assert "Its 2 parameters are frozen" in the("frozen_in_train_mode", model).message
    model.eval()
    assert "frozen_in_train_mode" not in kinds(model)
    assert found(nn.BatchNorm2d(4, affine=False).train()) == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["running_mean", "running_var"])
def test_statistics_that_are_not_finite(name, value):
    model = nn.Sequential(nn.BatchNorm1d(4)).train()
    getattr(model[0], name)[1:3] = value
    finding = the("not_finite", model)
    assert finding.message.startswith("2 of its running statistics")
    assert "2" in finding.message_zh
    assert finding.layer == "0"


def test_statistics_that_were_never_updated():
    model = nn.Sequential(nn.BatchNorm1d(4))
    assert found(model.train()) == []
    assert "4 channels" in the("never_updated", model.eval()).message
    for change in (
        lambda bn: bn.running_mean[0].fill_(0.1),
        lambda bn: bn.running_var[0].fill_(0.9),
        lambda bn: bn.num_batches_tracked.fill_(1),
    ):
        changed = copy.deepcopy(model)
        change(changed[0])
        assert found(changed) == []
    assert found(nn.BatchNorm1d(4, track_running_stats=False).eval()) == []


@pytest.mark.parametrize("momentum", [0.9, 0.99, 0.997, 0.999])
def test_a_momentum_from_keras(momentum):
    finding = the("momentum_like_keras", nn.BatchNorm1d(4, momentum=momentum))
    assert f"momentum={momentum}" in finding.message
    assert f"write {1 - momentum:.3g}." in finding.message
    assert finding.layer == "BatchNorm1d"


@pytest.mark.parametrize("momentum", [0.1, 0.01, 0.5, 0.89, 1.0, 0.0, None])
def test_other_momentums_give_no_finding(momentum):
    assert found(nn.BatchNorm1d(4, momentum=momentum)) == []


def test_momentum_without_statistics_gives_no_finding():
    assert found(nn.BatchNorm1d(4, momentum=0.9, track_running_stats=False)) == []


def test_instance_norm_with_statistics_is_examined_too():
    norm = nn.InstanceNorm1d(4, momentum=0.99, affine=True, track_running_stats=True)
    assert kinds(norm.eval()) == {"momentum_like_keras", "never_updated"}


# With a batch


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.BatchNorm1d(4), (1, 4)),
        (nn.BatchNorm1d(4), (1, 4, 1)),
        (nn.BatchNorm2d(4), (1, 4, 1, 1)),
        (nn.BatchNorm3d(4), (1, 4, 1, 1, 1)),
        (nn.GroupNorm(4, 4), (8, 4)),
        (nn.GroupNorm(4, 4), (8, 4, 1, 1)),
        (nn.LayerNorm(1), (8, 1)),
    ],
)
def test_one_value_per_mean(norm, shape):
    finding = the("one_value", nn.Sequential(norm), torch.randn(shape))
    if not isinstance(norm, nn.LayerNorm):
        assert str(shape) in finding.message
        assert str(shape) in finding.message_zh


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.BatchNorm1d(4), (2, 4)),
        (nn.BatchNorm1d(4), (1, 4, 2)),
        (nn.BatchNorm1d(4), (2, 4, 2)),
        (nn.BatchNorm1d(1), (2, 1)),
        (nn.BatchNorm2d(4), (1, 4, 1, 2)),
        (nn.GroupNorm(2, 4), (8, 4)),
        (nn.GroupNorm(4, 4), (8, 4, 2)),
        (nn.LayerNorm(2), (1, 2)),
        (nn.LayerNorm((1, 2)), (8, 1, 2)),
        (nn.InstanceNorm1d(4), (4, 2)),
        (nn.InstanceNorm1d(4), (1, 4, 2)),
        (nn.InstanceNorm2d(4), (4, 1, 2)),
        (nn.InstanceNorm2d(4), (1, 4, 2, 1)),
        (nn.InstanceNorm3d(4), (4, 1, 1, 2)),
        (nn.InstanceNorm3d(4), (1, 4, 1, 1, 2)),
    ],
)
def test_two_values_per_mean_give_no_finding(norm, shape):
    assert found(nn.Sequential(norm), torch.randn(shape)) == []


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.InstanceNorm1d, (4, 1)),
        (nn.InstanceNorm1d, (2, 4, 1)),
        (nn.InstanceNorm2d, (2, 4, 1, 1)),
        (nn.InstanceNorm3d, (2, 4, 1, 1, 1)),
    ],
)
def test_instance_norm_over_one_value(norm, shape):
    model = norm(4, track_running_stats=True).train()
    assert "one_value" in kinds(model, torch.randn(shape))
    with pytest.raises(ValueError, match="more than 1 spatial element"):
        diagnose(norm(4).eval(), torch.randn(shape))  # torch itself refuses


def test_one_value_in_eval_is_no_mistake():
    model = nn.Sequential(nn.BatchNorm1d(4))
    model(torch.randn(8, 4))
    assert found(model.eval(), torch.randn(1, 4)) == []


def test_a_layer_norm_over_one_value_is_seen_without_a_batch():
    assert "(*, 1)" in the("one_value", nn.LayerNorm(1)).message
    assert found(nn.LayerNorm((1, 1, 3))) == []


def shifted_batch_norm(mean=0.0, var=1.0):
    model = nn.Sequential(nn.BatchNorm1d(5))
    model[0].num_batches_tracked.fill_(100)
    model[0].running_mean.fill_(mean)
    model[0].running_var.fill_(var)
    return model.eval()


@pytest.mark.parametrize(
    ("mean", "var", "texts"),
    [
        (3.0, 1.0, "mean is 3 std"),
        (1.5, 1.0, "mean is 1.5 std"),
        (-3.0, 1.0, "mean is 3 std"),
        (0.0, 0.2, "variance 5 times"),
        (0.0, 5.0, "variance 0.2 times"),
        (1.2, 1.0, "mean is 1.2 std"),
        (0.9, 0.5, "mean is 1.3 std"),
        (0.0, 0.22, "variance 4.5 times"),
        (0.0, 4.5, "variance 0.22 times"),
    ],
)
def test_statistics_far_from_the_batch(mean, var, texts):
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    x = (x - x.mean(0)) / x.std(0)
    model = shifted_batch_norm(mean, var)
    assert texts in the("far_from_batch", model, x).message
    assert found(model.train(), x) == [], "in train mode they are not used"


@pytest.mark.parametrize(
    ("mean", "var"),
    [(0.0, 1.0), (0.9, 1.0), (-0.9, 1.0), (1.5, 3.0), (0.0, 3.5), (0.0, 0.27)],
)
def test_statistics_near_the_batch_give_no_finding(mean, var):
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    x = (x - x.mean(0)) / x.std(0)
    assert found(shifted_batch_norm(mean, var), x) == []


def test_the_mean_is_measured_in_stored_standard_deviations():
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    assert found(shifted_batch_norm(5.0, 100.0), 10 * x) == []


@pytest.mark.parametrize(
    ("mean", "var", "far"),
    [
        (0.0, 0.0, False),
        (3.5e-3, 0.0, True),  # 1.1 times the root of 1e-5
        (0.0, 2.5e-5, False),  # (2.5e-5 + 1e-5) / 1e-5 is 3.5
        (0.0, 3.5e-5, True),  # and here it is 4.5
    ],
)
def test_a_stored_variance_of_zero_counts_as_eps(mean, var, far):
    half = math.sqrt(var / 2)  # the unbiased variance of -half and half is var
    x = torch.tensor([[-half], [half]]).expand(2, 5) + mean
    findings = [("far_from_batch", "0")] if far else []
    assert found(shifted_batch_norm(0.0, 0.0), x) == findings


def test_one_value_in_eval_says_nothing_about_the_statistics():
    assert found(shifted_batch_norm(), torch.full((1, 5), 100.0)) == []


def test_only_the_first_input_of_a_norm_is_examined():
    class Scaled(nn.BatchNorm1d):
        def forward(self, x, scale):
            return super().forward(x) * scale

    norm = Scaled(5)
    norm.load_state_dict(shifted_batch_norm()[0].state_dict())
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    assert found(norm.eval(), (x, x + 100)) == []


def test_a_batch_without_a_dimension_of_samples_is_followed():
    assert found(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), torch.ones(3)) == []


def test_warnings_are_as_before():
    before = list(warnings.filters)
    diagnose(nn.Linear(3, 4), torch.ones(2, 3))
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("mean", "var", "batch", "far"),
    [
        (0.0, 0.0, [0.0, 0.0], False),
        (0.05, 0.0, [0.0, 0.0], True),
        (0.0, 0.0, [-0.02, 0.02], True),
        (0.0, 2e-5, [0.0, 0.0], False),
    ],
)
def test_dead_channels_are_measured_with_eps(mean, var, batch, far):
    x = torch.tensor(batch)[:, None].expand(2, 5)
    assert found(shifted_batch_norm(mean, var), x) == [("far_from_batch", "0")] * far


def test_a_minority_of_far_channels_gives_no_finding():
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    model = shifted_batch_norm()
    model[0].running_mean[:2] = 50
    assert found(model, x) == []
    model[0].running_mean[:3] = 50
    assert found(model, x) == [("far_from_batch", "0")]


def test_the_moments_are_those_before_an_operation_in_place():
    class AddsInPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.bn = nn.BatchNorm1d(5)

        def forward(self, x):
            x = x * 1
            y = self.bn(x)
            x += 100
            return x + y

    model = AddsInPlace()
    model.bn.num_batches_tracked.fill_(100)
    x = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    assert found(model.eval(), x) == []


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.InstanceNorm2d])
@pytest.mark.parametrize("layer", [nn.Conv2d, nn.ConvTranspose2d])
def test_a_bias_before_a_norm(layer, norm):
    model = nn.Sequential(layer(3, 6, 3), norm(6)).train()
    for batch in (None, torch.randn(4, 3, 8, 8)):
        finding = the("bias_before_norm", model, batch)
        assert finding.layer == "1"
        assert "the 6 biases of 0," in finding.message
        assert "0 的 6 个偏置" in finding.message_zh


def test_a_bias_before_a_norm_behind_containers_and_in_functional_code():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Linear(3, 6))
            self.bn = nn.BatchNorm1d(6)

        def forward(self, x):
            return F.relu(self.bn(self.stem(x)))

    assert found(Net()) == [], "its order cannot be seen without a batch"
    assert found(Net(), torch.randn(8, 3)) == [("bias_before_norm", "bn")]
    nested = nn.Sequential(
        nn.Sequential(nn.Linear(3, 6)), nn.Sequential(nn.BatchNorm1d(6))
    )
    assert found(nested) == [("bias_before_norm", "1.0")]


class Feeds(nn.Module):
    """A linear layer, and what happens between it and the norm."""

    def __init__(self, between):
        super().__init__()
        self.linear, self.bn = nn.Linear(3, 6), nn.BatchNorm1d(6)
        self.between = between

    def forward(self, x):
        return self.between(self.linear(x), self.bn)


@pytest.mark.parametrize(
    "between",
    [
        lambda x, bn: bn(x) + x,
        lambda x, bn: bn(F.relu(x)),
        lambda x, bn: bn(x.relu_()),
        lambda x, bn: (bn(x), x),
        lambda x, bn: torch.cat([bn(x), x]),
        lambda x, bn: bn(F.dropout(x, training=False)),
    ],
)
def test_a_bias_that_something_else_reads_gives_no_finding(between):
    assert found(Feeds(between).train(), torch.randn(8, 3)) == []


def test_asking_for_the_shape_is_not_reading():
    def between(x, bn):
        assert x.dim() == len(x.shape) == 2
        assert x.size(0) == 8
        return bn(x)

    assert kinds(Feeds(between).train(), torch.randn(8, 3)) == {"bias_before_norm"}


def test_a_bias_before_a_frozen_norm_matters():
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6)).train()
    model(torch.randn(64, 3))
    model[1].eval()
    assert "bias_before_norm" not in kinds(model)
    model.eval()
    assert "bias_before_norm" in kinds(model)


@pytest.mark.parametrize("norm", [nn.LayerNorm(6), nn.GroupNorm(2, 6), nn.RMSNorm(6)])
def test_a_bias_before_a_norm_over_channels_gives_no_finding(norm):
    assert found(nn.Sequential(nn.Linear(3, 6), norm), torch.randn(8, 3)) == []


def test_an_instance_norm_without_affine_where_a_batch_norm_was_expected():
    conv = nn.Conv2d(3, 6, 3, bias=False)
    model = nn.Sequential(conv, nn.InstanceNorm2d(6), nn.ReLU())
    for batch in (None, torch.randn(4, 3, 8, 8)):
        finding = the("instance_norm_without_affine", model, batch)
        assert "nor 0 (bias=False)" in finding.message
    for norm in (
        nn.InstanceNorm2d(6, affine=True),
        nn.BatchNorm2d(6, affine=False),
        nn.BatchNorm2d(6),
    ):
        assert found(nn.Sequential(conv, norm, nn.ReLU())) == []
    assert found(nn.Sequential(nn.ReLU(), nn.InstanceNorm2d(6))) == []
    biased = nn.Sequential(nn.Conv2d(3, 6, 3), nn.InstanceNorm2d(6))
    assert found(biased) == [("bias_before_norm", "1")]


def test_dropout_before_batch_norm():
    model = nn.Sequential(
        nn.Linear(3, 6, bias=False), nn.Dropout(0.2), nn.ReLU(), nn.Linear(6, 6, False)
    )
    model.append(nn.BatchNorm1d(6)).append(nn.Linear(6, 6, False))
    model.append(nn.BatchNorm1d(6)).train()
    for batch in (None, torch.randn(8, 3)):
        finding = the("dropout_before_batch_norm", model, batch)
        assert finding.layer == "4", "only the first norm behind it"
        assert "went through 1:" in finding.message
        assert "经过了 1：" in finding.message_zh


def test_every_dropout_on_the_way_is_named():
    model = nn.Sequential(
        nn.Dropout(0.2), nn.ReLU(), nn.Dropout1d(0.1), nn.BatchNorm1d(3)
    )
    for batch in (None, torch.randn(8, 3, 4)):
        message = the("dropout_before_batch_norm", model, batch).message
        assert "went through 0, 2:" in message


class Branches(nn.Module):
    """What the norm reads, of a dropped and a whole branch."""

    def __init__(self, reads):
        super().__init__()
        self.drop, self.bn = nn.Dropout(0.5), nn.BatchNorm1d(3)
        self.norm = nn.LayerNorm(3)
        self.reads = reads

    def forward(self, x):
        return self.reads(self, x)


@pytest.mark.parametrize(
    "reads",
    [
        lambda m, x: m.bn(x) + m.drop(x),
        lambda m, x: m.drop(x) + m.bn(x),
        lambda m, x: m.drop(m.bn(x)),
        lambda m, x: m.bn(m.norm(m.drop(x))),
        lambda m, x: m.bn(x * 1) + m.drop(x * 1),
    ],
)
def test_dropout_that_the_norm_does_not_read_gives_no_finding(reads):
    assert found(Branches(reads).train(), torch.randn(8, 3)) == []


@pytest.mark.parametrize(
    "reads",
    [
        lambda m, x: m.bn(m.drop(x)),
        lambda m, x: m.bn(x + m.drop(x)),
        lambda m, x: m.bn(torch.cat([x, F.relu(m.drop(x))])),
        lambda m, x: m.bn(m.drop(x).chunk(2)[0]),
        lambda m, x: m.bn(m.drop(x).relu_()),
    ],
)
def test_dropout_is_followed_through_functional_code(reads):
    model = Branches(reads).train()
    assert found(model, torch.randn(8, 3)) == [("dropout_before_batch_norm", "bn")]


def test_dropout_with_p_zero_or_before_unknown_modules_gives_no_finding():
    assert found(nn.Sequential(nn.Dropout(0.0), nn.BatchNorm1d(3))) == []
    assert (
        found(nn.Sequential(nn.Dropout(0.0), nn.BatchNorm1d(3)), torch.ones(8, 3)) == []
    )

    class Foreign(nn.Module):
        pass

    assert found(nn.Sequential(nn.Dropout(), Foreign(), nn.BatchNorm1d(3))) == []
    encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    assert found(nn.Sequential(nn.Dropout(), encoder, nn.BatchNorm1d(3))) == []


def test_a_sequential_with_a_forward_of_its_own_is_not_read_in_order():
    class Reversed(nn.Sequential):
        def forward(self, x):
            return self[0](self[1](x))

    assert found(Reversed(nn.BatchNorm1d(3), nn.Dropout())) == []
    assert found(Reversed(nn.Dropout(), nn.BatchNorm1d(3))) == []


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("layer", "shape", "rank"),
    [
        (nn.Dropout1d(), (8, 4), 3),
        (nn.Dropout2d(), (8, 4, 6), 4),
        (nn.Dropout2d(), (8, 4), 4),
        (nn.Dropout3d(), (8, 4, 6, 6), 5),
    ],
)
def test_a_channel_dropout_on_the_wrong_rank(layer, shape, rank, training):
    model = nn.Sequential(layer).train(training)
    finding = the("channel_dropout_rank", model, torch.randn(shape))
    assert f"in rank {rank}, but its input is {shape}" in finding.message


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Dropout1d(), (8, 4, 6)),
        (nn.Dropout2d(), (8, 4, 6, 6)),
        (nn.Dropout3d(), (8, 4, 2, 6, 6)),
        (nn.Dropout(), (8, 4)),
        (nn.Dropout(), (8, 4, 6)),
    ],
)
def test_a_dropout_on_its_own_rank_gives_no_finding(layer, shape):
    assert found(nn.Sequential(layer), torch.randn(shape)) == []


class AlwaysDrops(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.after(F.dropout(self.before(x), 0.5))


def test_functional_dropout_that_ignores_eval_is_blamed_on_its_module():
    model = nn.Sequential(nn.Linear(4, 4), AlwaysDrops(), nn.ReLU(), nn.Linear(4, 2))
    for training in (True, False):
        finding = the("random_in_eval", model.train(training), torch.randn(8, 4))
        assert finding.layer == "1"
        assert "2 runs gave 2 outputs" in finding.message
    assert found(model) == [], "it cannot be seen without a batch"


def test_attention_that_drops_in_eval():
    tokens = make_batch(TOKENS)
    layer = the("random_in_eval", HandWrittenTransformer(0.1).eval(), tokens).layer
    assert layer == "HandWrittenTransformer"


def test_random_numbers_that_do_not_reach_the_output_give_no_finding():
    class Wastes(nn.Module):
        def forward(self, x):
            torch.rand(3)
            return x * 2

    assert found(Wastes(), torch.ones(4, 3)) == []


def test_an_output_that_counts_but_draws_nothing_gives_no_finding():
    class Counts(nn.Module):
        calls = 0

        def forward(self, x):
            Counts.calls += 1
            return x * Counts.calls

    assert found(Counts(), torch.ones(4, 3)) == []


def test_statistics_shared_by_two_callers():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3, bias=False)
            self.second = nn.Linear(3, 3, bias=False)
            self.bn = nn.BatchNorm1d(3)

        def forward(self, x):
            return self.bn(self.second(F.relu(self.bn(self.first(x)))))

    finding = the("shared_statistics", Twice(), torch.randn(8, 3))
    assert "runs 2 times per forward" in finding.message
    assert finding.layer == "bn"
    bn = nn.BatchNorm1d(3)
    assert "runs 3 times" in the("shared_statistics", nn.Sequential(bn, bn, bn)).message


@pytest.mark.parametrize(
    "norm", [nn.LayerNorm(3), nn.BatchNorm1d(3, track_running_stats=False), nn.ReLU()]
)
def test_a_shared_layer_without_statistics_gives_no_finding(norm):
    model = nn.Sequential(norm, nn.Linear(3, 3, bias=False), norm)
    assert found(model) == []
    assert found(model, torch.randn(8, 3)) == []


# Input and output


@pytest.mark.parametrize("as_batch", [lambda x: x, lambda x: (x,), lambda x: {"x": x}])
def test_a_batch_is_a_tensor_a_tuple_or_a_dict(as_batch):
    assert kinds(AlwaysDrops().train(), as_batch(torch.ones(4, 4))) == {
        "random_in_eval"
    }


def test_outputs_in_tuples_lists_and_dicts_are_compared():
    class Returns(nn.Module):
        def __init__(self, pack):
            super().__init__()
            self.pack = pack

        def forward(self, x):
            return self.pack(F.dropout(x))

    for pack in (lambda y: (y,), lambda y: [1, y], lambda y: {"a": {"b": y}}):
        assert kinds(Returns(pack), torch.ones(8, 8)) == {"random_in_eval"}


def test_findings_come_in_the_order_of_the_layers_and_once_each():
    bn = nn.BatchNorm1d(3, momentum=0.99)
    model = nn.Sequential(nn.Linear(3, 3), bn, nn.Sequential(nn.Dropout(), bn)).eval()
    expected = [
        ("never_updated", "1"),
        ("momentum_like_keras", "1"),
        ("bias_before_norm", "1"),
        ("dropout_before_batch_norm", "1"),
        ("shared_statistics", "1"),
    ]
    assert sorted(found(model)) == sorted(expected)
    assert sorted(found(model, torch.randn(8, 3))) == sorted(expected)
    deep = nn.Sequential(*(nn.BatchNorm1d(3) for _ in range(12))).eval()
    assert [layer for _, layer in found(deep)] == [str(i) for i in range(12)]


def test_a_finding_speaks_both_languages():
    for check in CHECKS:
        english, chinese = module_under_test._texts(check, Anything())
        assert english.isascii()
        assert english.endswith(".")
        assert re.search("[\u4e00-\u9fff]", chinese)
        assert chinese.endswith("。")
        assert "  " not in english
    finding = the("never_updated", nn.BatchNorm1d(3).eval())
    assert finding == Finding(
        "never_updated",
        "BatchNorm1d",
        "In eval it uses the initial statistics of its 3 channels: mean 0, variance 1. "
        "Train first, or load a checkpoint that holds the buffers.",
        "推理时 3 个通道的统计量都还是初始值：均值 0、方差 1。"
        "请先训练，或加载含有缓冲区的检查点。",
    )


class Anything(dict):
    """Numbers for every field of every text."""

    names = ("n", "shape", "feeder", "names", "rank", "calls", "momentum")

    def __init__(self):
        super().__init__(dict.fromkeys(self.names, "0"), off=1.0, ratio=2.0, ours=0.1)


def test_checks_that_know_nothing_find_nothing():
    for check in CHECKS:
        assert check(Use("", nn.Identity())) is None


@pytest.mark.parametrize("model", [nn.LazyLinear(3), nn.LazyBatchNorm1d()])
def test_a_lazy_layer_is_refused(model):
    with pytest.raises(ValueError, match="lazy layer has no parameters yet"):
        diagnose(nn.Sequential(model), torch.ones(2, 3))


def test_parametrized_layers_and_half_types_are_examined():
    model = nn.Sequential(
        parametrizations.weight_norm(nn.Linear(3, 6)), nn.BatchNorm1d(6)
    )
    assert (
        found(model) == found(model, torch.randn(8, 3)) == [("bias_before_norm", "1")]
    )
    half = shifted_batch_norm(3.0).bfloat16()
    assert found(half, torch.randn(100, 5).bfloat16()) == [("far_from_batch", "0")]


def test_channels_last_and_non_contiguous_batches_give_the_same_findings():
    torch.manual_seed(0)
    model = train(resnet(), IMAGES).eval()
    model[1].running_mean += 10
    x = make_batch(IMAGES)
    expected = diagnose(model, x)
    assert ("far_from_batch", "1") in [(f.kind, f.layer) for f in expected]
    layouts = (x.contiguous(memory_format=torch.channels_last), x.mT.contiguous().mT)
    for layout in layouts:
        names = [(f.kind, f.layer) for f in diagnose(model, layout)]
        assert names == [(f.kind, f.layer) for f in expected]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_cuda_the_findings_are_those_of_the_cpu_and_the_stream_stays():
    torch.manual_seed(0)
    model, x = train(resnet(), IMAGES).cuda(), make_batch(IMAGES).cuda()
    state = torch.cuda.get_rng_state()
    assert found(model.eval(), x) == []
    drops = AlwaysDrops().cuda()
    assert kinds(drops, torch.ones(8, 4, device="cuda")) == {"random_in_eval"}
    assert torch.equal(torch.cuda.get_rng_state(), state)
