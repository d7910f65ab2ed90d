"""Ten times the weights in front of batch norm: what changes, and what does not.

Behind batch norm the scale of a weight matrix cannot be seen. From that follows: the
gradient is orthogonal to the weights and a tenth as large at ten times the weights; a
rate of 100 r at 10 W takes the same steps as r at W; a bias in front has no gradient;
and weight decay changes nothing but the rate: training with it takes the same steps as
training without it at a rate that grows by (1 - rate * decay)^-2 each step. All of it
holds only while the variance is large against eps. Measured in 64 bits, on digits.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import losses, network, standardized, test
from scripts.experiments.parts.digits import DIGITS, Digits, batches, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import StackedLinear, outputs, stack
from snippets.initialization.initialize import initialize

DATA = DIGITS + ", standardized"
SEEDS = range(10)
BATCH_SIZE = 64
RATE = 0.2
STEPS = 132  # six epochs
FACTOR = 10
DECAY = 0.02
# Factor of the hidden weights, factor of their rate, weight decay, growing rate.
ARMS = {
    "base": (1, 1, 0.0, False),
    "scaled": (FACTOR, 1, 0.0, False),
    "scaled_rate": (FACTOR, FACTOR**2, 0.0, False),
    "decay": (1, 1, DECAY, False),
    "growing": (1, 1, 0.0, True),
}
SHRUNK = (1.0, 0.1, 0.01, 0.001, 0.0001)

# In 64 bits 132 steps do not let rounding grow to a thousandth; what is itself only
# rounding (cosines, gradients that are zero) is not compared but bounded in check().
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.01, 1e-6),
    "*zero.*": None,
    "*.accuracy.*": (0, 0.006),
}


def as_double(data: Digits) -> Digits:
    """The same images in 64 bits."""
    return data._replace(train_x=data.train_x.double(), test_x=data.test_x.double())


def build(seed: int, batch_norm: bool, factor: float = 1) -> nn.Sequential:
    """64-48-24-10, He initialization, the hidden weights times a factor."""
    net = initialize(network(seed, batch_norm), "he").double()
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer in linear[:-1]:
            layer.weight.mul_(factor)
    return net


def hidden(net: nn.Sequential) -> list[StackedLinear]:
    """The linear layers but the last, which no batch norm follows."""
    return [layer for layer in net if isinstance(layer, StackedLinear)][:-1]


def first_gradients(
    seeds: Sequence[int], data: Digits, batch_norm: bool, factor: float
) -> dict[str, Tensor]:
    """Of the first batch: norms of the hidden gradients and their angle to W."""
    net = stack([build(seed, batch_norm, factor) for seed in seeds])
    index = torch.stack([batches(seed, 1437, BATCH_SIZE, 1)[0] for seed in seeds])
    x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
    losses(net, x, y).sum().backward()
    weights = [layer.weight for layer in hidden(net)]
    biases = [layer.bias for layer in hidden(net)]

    def norm(parts: list[Tensor]) -> Tensor:
        return torch.cat([one.flatten(1) for one in parts], 1).norm(dim=1)

    slopes = [one.grad for one in weights if one.grad is not None]
    of_bias = [one.grad for one in biases if one.grad is not None]
    cosines = [  # of each unit's row with its gradient; the largest
        torch.cosine_similarity(w, g, dim=-1).abs().amax(1)
        for w, g in zip(weights, slopes, strict=True)
    ]
    return {
        "gradient": norm(slopes).detach(),
        "bias": (norm(of_bias) / norm(slopes)).detach(),
        "cosine": torch.stack(cosines).amax(0).detach(),
    }


def train(
    seeds: Sequence[int], data: Digits, batch_norm: bool
) -> dict[str, dict[str, Tensor]]:
    """Training loss and rate / |W|^2, (steps, seeds), of every arm, side by side."""
    arms, many = list(ARMS.values()), len(seeds)
    net = stack([build(s, batch_norm, factor) for factor, *_ in arms for s in seeds])

    def each(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64).repeat_interleave(many)

    rates = RATE * each([one[1] for one in arms])
    decays, growing = each([one[2] for one in arms]), each([one[3] for one in arms])
    weights = {id(layer.weight) for layer in hidden(net)}
    parameters = list(net.parameters())
    order = torch.stack([batches(s, 1437, BATCH_SIZE, STEPS) for s in seeds], 1)
    curve: list[Tensor] = []
    speeds: list[Tensor] = []
    kept = 1 - RATE * DECAY
    for step, index in enumerate(order.repeat(1, len(arms), 1)):
        x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
        loss = losses(net, x, y)
        slopes = torch.autograd.grad(loss.sum(), parameters)
        growth = torch.where(growing > 0, kept ** -(2 * step + 1), 1.0)
        with torch.no_grad():
            first = hidden(net)[0].weight
            speeds.append(rates * growth / first.square().sum((1, 2)))
            for parameter, slope in zip(parameters, slopes, strict=True):
                rows = parameter.view(len(rates), -1)
                moved = slope.reshape(len(rates), -1)
                if id(parameter) in weights:
                    shrink = (1 - rates * decays).unsqueeze(1)
                    rows.mul_(shrink).sub_((rates * growth).unsqueeze(1) * moved)
                else:
                    rows.sub_(RATE * moved)
        curve.append(loss.detach())
    accuracy = test(net, data, len(rates))[1]
    losses_ = torch.stack(curve)
    return {
        name: {
            "loss": losses_[:, here],
            "effective": torch.stack(speeds)[:, here],
            "accuracy": accuracy[here],
        }
        for name, here in zip(ARMS, torch.arange(len(rates)).split(many), strict=True)
    }


@torch.no_grad()
def shrunk(seeds: Sequence[int], data: Digits) -> dict[str, Any]:
    """Standard deviation of what leaves the first batch norm, for c times W."""
    x = data.train_x[:, :BATCH_SIZE].expand(len(seeds), -1, -1)
    result: dict[str, Any] = {}
    for factor in SHRUNK:
        net = stack([build(seed, True, factor) for seed in seeds])
        out = outputs(net[:2], x)
        result[f"times_{factor:g}".replace(".", "_")] = spread(
            out.std(-1, correction=0).mean(1)
        )
    return result


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Gradients of the first batch, then training in five arms."""
    data = as_double(standardized(digits()))
    result: dict[str, Any] = {"rate": RATE, "factor": FACTOR, "decay": DECAY}
    for name in ("batch_norm", "plain"):
        once, scaled = (
            first_gradients(seeds, data, name == "batch_norm", factor)
            for factor in (1, FACTOR)
        )
        result[name] = {
            "gradient_ratio": spread(scaled["gradient"] / once["gradient"]),
            "zero" if name == "batch_norm" else "not": {
                "bias": spread(once["bias"]),
                "cosine": spread(once["cosine"]),
            },
        }
    trained = train(seeds, data, True)
    points = list(range(0, STEPS, 3))
    result["steps"] = [point + 1 for point in points]
    for name, one in trained.items():
        result[name] = {
            "loss": band(one["loss"][points]),
            "last_loss": spread(one["loss"][-22:].mean(0)),
            "accuracy": spread(one["accuracy"]),
            "effective": {
                "curve": band(one["effective"][points]),
                "gain": spread(one["effective"][-1] / one["effective"][0]),
            },
        }

    def apart(one: str, other: str) -> dict[str, Any]:
        difference = trained[one]["loss"] - trained[other]["loss"]
        return spread(difference.abs().amax(0))

    result["apart"] = {
        "scaled_rate_base": apart("scaled_rate", "base"),
        "scaled_base": apart("scaled", "base"),
        "growing_decay": apart("growing", "decay"),
        "decay_base": apart("decay", "base"),
    }
    result["shrunk"] = shrunk(seeds, data)
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    normed, plain, apart = result["batch_norm"], result["plain"], result["apart"]
    return {
        "behind batch norm the gradient of 10 W is a tenth, in every seed": (
            normed["gradient_ratio"]["min"] > 0.0999
            and normed["gradient_ratio"]["max"] < 0.1001
        ),
        "it is orthogonal to each unit's weights up to eps; without batch norm not": (
            normed["zero"]["cosine"]["max"] < 1e-4
            and plain["not"]["cosine"]["min"] > 0.1
        ),
        "a bias in front of batch norm has no gradient; without batch norm it has": (
            normed["zero"]["bias"]["max"] < 1e-12 and plain["not"]["bias"]["min"] > 0.01
        ),
        "100 r at 10 W takes the steps of r at W; r at 10 W does not": (
            apart["scaled_rate_base"]["max"] < 1e-3
            and apart["scaled_base"]["min"] > 0.3
        ),
        "weight decay takes the steps of a growing rate": (
            apart["growing_decay"]["max"] < 0.005 < apart["decay_base"]["min"]
        ),
        "with decay the effective rate more than doubles in 132 steps, without it does "
        "not rise": (
            result["decay"]["effective"]["gain"]["min"] > 2
            and result["base"]["effective"]["gain"]["max"] < 1
        ),
        "at 0.01 W the output has its scale, at 0.0001 W less than a tenth": (
            result["shrunk"]["times_0_01"]["min"] > 0.9
            and result["shrunk"]["times_0_0001"]["max"] < 0.1
        ),
    }
