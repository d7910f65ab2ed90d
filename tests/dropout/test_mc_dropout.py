"""mc_dropout: what samples, what must not move, and the numbers in closed form."""

import math

import pytest
import torch
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from snippets.dropout.mc_dropout import Prediction, mc_dropout

SIGMAS = 6  # of the sampling error; the seed is fixed


class UserDropout(_DropoutNd):
    """A user's own layer on torch's base class."""

    def forward(self, x):
        return nn.functional.dropout(x, self.p, self.training)


class Stranger(nn.Module):
    """A dropout that mc_dropout can only know through `also`."""

    def forward(self, x):
        return nn.functional.dropout(x, 0.5, self.training)


class TakesTheOutput(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)[0]


class SelfAttention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, dropout=dropout, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


def convolutional():
    """Batch norm with statistics that differ from any batch's, and dropout."""
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Dropout2d(0.3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(8, 4),
    )
    model[1].running_mean.fill_(0.7)
    model[1].running_var.fill_(2.0)
    return model


def state_of(model):
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        [module.training for module in model.modules()],
        [p.grad for p in model.parameters()],
        torch.backends.mha.get_fastpath_enabled(),
    )


def check_untouched(run, model):
    """Buffers, parameters, modes, gradients and the global switch are as before."""
    before, modes, grads, fused = state_of(model)
    run(model)
    after, modes_after, grads_after, fused_after = state_of(model)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert (modes, grads, fused) == (modes_after, grads_after, fused_after)


def spread_of(model, x, **options):
    torch.manual_seed(0)
    return mc_dropout(model, x, 8, **options).std


def test_mean_and_spread_are_those_of_the_closed_form():
    """For y = w . dropout(x): E = w . x and Var = p / (1 - p) * sum (w x)^2."""
    p, samples = 0.3, 4000
    linear = nn.Linear(20, 1, bias=False).double()
    x = torch.randn(
        5, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    torch.manual_seed(0)
    found = mc_dropout(nn.Sequential(nn.Dropout(p), linear), x, samples)
    variance = p / (1 - p) * (linear.weight * x).square().sum(1, keepdim=True).detach()
    error = (variance / samples).sqrt()
    assert bool(((found.mean - linear(x)).abs() <= SIGMAS * error).all())
    # The variance of a variance is (kurtosis - 1) / n of it; a sum of 20 has about 3.
    share = SIGMAS * math.sqrt(3 / samples)
    assert bool(((found.std.square() / variance - 1).abs() <= share).all())


def test_the_spread_is_unbiased_and_over_the_samples():
    model, x = nn.Sequential(nn.Dropout(0.5)), torch.randn(3, 4)
    torch.manual_seed(1)
    draws = torch.stack([model.train()(x) for _ in range(5)])
    torch.manual_seed(1)
    found = mc_dropout(model, x, 5)
    torch.testing.assert_close(found.mean, draws.mean(0))
    torch.testing.assert_close(found.std, draws.std(0, correction=1))
    assert found.entropy is None
    assert found.mutual_information is None


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 4), (6, 3, 2, 2)])
def test_entropy_and_mutual_information_are_those_of_the_definitions(shape):
    model, x = (
        nn.Sequential(nn.Dropout(0.5)),
        4 * torch.randn(shape, dtype=torch.float64),
    )
    torch.manual_seed(1)
    p = torch.stack([model.train()(x).softmax(1) for _ in range(7)])
    torch.manual_seed(1)
    found = mc_dropout(model, x, 7, classification=True)
    mean = p.mean(0)
    entropy = -(mean * mean.log()).sum(1)
    divergence = (p * (p.log() - mean.log())).sum(2).mean(0)  # mean KL to the mean
    torch.testing.assert_close(found.mean, mean)
    torch.testing.assert_close(found.std, p.std(0))
    torch.testing.assert_close(found.entropy, entropy)
    torch.testing.assert_close(found.mutual_information, divergence)
    assert found.entropy.shape == (shape[0], *shape[2:])


def test_entropy_lies_between_zero_and_log_classes():
    class Sure(nn.Module):
        def forward(self, x):
            return torch.tensor([[1e4, 0.0, 0.0], [0.0, 0.0, 0.0]]) + 0 * x

    model = nn.Sequential(nn.Dropout(0.5), Sure())
    found = mc_dropout(model, torch.ones(2, 3), 4, classification=True)
    torch.testing.assert_close(found.entropy, torch.tensor([0.0, math.log(3)]))
    torch.testing.assert_close(
        found.mutual_information, torch.zeros(2), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("training", [True, False])
def test_nothing_of_the_model_changes(training):
    x = torch.randn(6, 3, 8, 8)
    check_untouched(lambda m: mc_dropout(m, x, 3), convolutional().train(training))


def test_modes_that_differ_between_layers_are_restored_one_by_one():
    model = convolutional().train()
    model[1].eval()
    model[6].eval()
    check_untouched(lambda m: mc_dropout(m, torch.randn(6, 3, 8, 8), 3), model)


def test_the_untouched_check_can_fail():
    """The usual recipe, model.train(), overwrites the statistics (Q55)."""

    def usual(model):
        model.train()
        model(torch.randn(6, 3, 8, 8))
        model.eval()

    with pytest.raises(AssertionError):
        check_untouched(usual, convolutional().eval())


def test_batch_norm_uses_its_running_statistics():
    """With the masks fixed by the seed, a sample does not depend on its batch."""
    model = convolutional()
    x = torch.randn(1, 3, 8, 8)
    torch.manual_seed(0)
    alone = mc_dropout(model, x, 5)
    model[1].eval()
    torch.manual_seed(0)
    model[3].train(), model[6].train(), model[1].eval()
    draws = torch.stack([model(x) for _ in range(5)]).detach()
    torch.testing.assert_close(alone.mean, draws.mean(0))


def test_modes_are_restored_after_an_exception():
    class Fails(nn.Module):
        def forward(self, x):
            raise KeyError("x")

    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), Fails()).train()

    def run(model):
        with pytest.raises(KeyError):
            mc_dropout(model, torch.randn(4, 3), 2)

    check_untouched(run, model)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dropout(0.5),
        nn.AlphaDropout(0.5),
        UserDropout(0.5),
        nn.Dropout1d(0.5),
        nn.FeatureAlphaDropout(0.5),
    ],
)
def test_every_kind_of_dropout_layer_samples(layer):
    assert spread_of(nn.Sequential(nn.Linear(8, 8), layer), torch.randn(3, 6, 8)).any()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_dropout_between_layers_samples(kind):
    model = TakesTheOutput(kind(8, 8, 2, dropout=0.5, batch_first=True))
    assert spread_of(model, torch.randn(3, 6, 8)).any()


def test_attention_dropout_samples():
    assert spread_of(SelfAttention(0.5), torch.randn(3, 6, 8)).any()


@pytest.mark.parametrize("kind", ["layer", "encoder"])
def test_a_transformer_samples_although_its_fused_path_never_drops(kind):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True)
    model = layer if kind == "layer" else nn.TransformerEncoder(layer, 2)
    x = torch.randn(3, 6, 8)
    for module in model.eval().modules():
        if isinstance(module, (nn.Dropout, nn.MultiheadAttention)):
            module.training = True
    with torch.no_grad():
        assert torch.equal(model(x), model(x)), "the trap that mc_dropout avoids"
    assert spread_of(model, x).all()
    check_untouched(lambda m: mc_dropout(m, x, 2), model)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_fused_path_switch_is_restored(enabled):
    before = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(enabled)
        mc_dropout(nn.Sequential(nn.Dropout()), torch.ones(2, 2), 2)
        assert torch.backends.mha.get_fastpath_enabled() is enabled
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def test_classes_named_in_also_sample_but_their_children_do_not():
    class Block(Stranger):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(4)

        def forward(self, x):
            assert not self.norm.training
            return super().forward(self.norm(x))

    model, x = nn.Sequential(Block()), torch.randn(6, 4)
    check_untouched(lambda m: mc_dropout(m, x, 2, also=(Stranger,)), model.train())
    assert spread_of(model, x, also=(Stranger,)).any()


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)),
        nn.Sequential(nn.Dropout(0.0)),
        nn.Sequential(Stranger()),
        SelfAttention(0.0),
        TakesTheOutput(nn.LSTM(4, 4, 2)),
        TakesTheOutput(nn.LSTM(4, 4, 1)),
    ],
)
def test_a_model_in_which_nothing_drops_is_refused(model):
    with pytest.raises(
        ValueError, match=f"nothing in {type(model).__name__} drops: see `also`"
    ):
        mc_dropout(model, torch.randn(2, 4))


def test_a_single_layer_lstm_with_dropout_is_refused():
    """torch warns that such a dropout does nothing: there is nothing to sample."""
    with pytest.warns(UserWarning, match="num_layers"):
        model = TakesTheOutput(nn.LSTM(4, 4, 1, dropout=0.5))
    with pytest.raises(ValueError, match="nothing in"):
        mc_dropout(model, torch.randn(2, 3, 4))


@pytest.mark.parametrize("samples", [1, 0, -3])
def test_fewer_than_two_samples_are_refused(samples):
    with pytest.raises(ValueError, match=f"at least 2 samples, got {samples}"):
        mc_dropout(nn.Sequential(nn.Dropout()), torch.ones(2, 2), samples)


@pytest.mark.parametrize(
    "output", [(torch.ones(2),), torch.ones(2, dtype=torch.int64), 3]
)
def test_an_output_that_has_no_spread_is_refused(output):
    class Returns(nn.Dropout):
        def forward(self, x):
            return output

    with pytest.raises(TypeError, match="expected the model to return scores"):
        mc_dropout(Returns(), torch.ones(2, 2), 2)


def test_two_classes_are_enough():
    found = mc_dropout(
        nn.Sequential(nn.Dropout()), torch.ones(3, 2), classification=True
    )
    assert found.entropy.shape == (3,)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_classification_without_two_classes_is_refused(shape):
    """A single logit has softmax 1: its entropy would always be 0."""
    with pytest.raises(ValueError, match=r"logits \(N, C, \*\), C > 1, got \(3,"):
        mc_dropout(nn.Sequential(nn.Dropout()), torch.ones(shape), classification=True)


def test_also_wins_over_what_torch_says_of_the_class():
    class Attention(SelfAttention):
        def forward(self, x):
            x = self.attention(x, x, x)[0]
            return nn.functional.dropout(x, 0.5, self.attention.training)

    model = Attention(0.0)
    assert spread_of(model, torch.randn(2, 3, 8), also=(nn.MultiheadAttention,)).any()


def test_samples_default_to_thirty_and_carry_no_graph():
    calls = []
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout())
    model.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    found = mc_dropout(model, torch.ones(2, 3, requires_grad=True))
    assert calls == [False] * 30
    assert not found.mean.requires_grad
    assert isinstance(found, Prediction)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_types_are_summed_in_float32_and_doubles_stay(dtype):
    model = nn.Sequential(nn.Dropout(0.5))
    assert (
        mc_dropout(model, torch.ones(2, 2, dtype=dtype), 3).mean.dtype == torch.float32
    )
    assert mc_dropout(model, torch.ones(2, 2).double(), 3).std.dtype == torch.float64


def test_same_seed_same_prediction():
    x = torch.randn(6, 3, 8, 8)
    model = convolutional()
    assert torch.equal(spread_of(model, x), spread_of(model, x))
    assert not torch.equal(spread_of(model, x), mc_dropout(model, x, 8).std)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_cuda_everything_stays_there_and_cudnn_rnns_sample():
    model = TakesTheOutput(nn.LSTM(8, 8, 2, dropout=0.5, batch_first=True)).cuda()
    found = mc_dropout(model, torch.randn(3, 6, 8, device="cuda"), 8)
    assert found.std.is_cuda
    assert found.std.any()
