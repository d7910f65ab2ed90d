"""How much of the gradient does batch norm remove, and what if it did not?

The gradient of batch norm is the upstream gradient without its parts along 1 (all
values of a channel move alike) and along x_hat (they stretch). Here the digits network
64-48-24-10 with batch norm before both ReLUs, SGD, five epochs, ten seeds.

Measured at every fifth step: which share of the squared upstream gradient lies along
each of the two directions, summed over the units of a layer. A random direction of m
values would have 1/m along each: that is the control. Then the same training with the
mean, the variance or both cut out of the graph (detached), as in layers that compute
statistics under no_grad: how far the bias and the weight of the linear layers move.
And the control, higher learning rates: a cut gradient lets the weights grow, and that
slows the training down. How much of the gap is left when each has its own best rate?

For the drawn computation graph: one unit, four images, every node and its gradient.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.digits_mlp import (
    BATCH_SIZE,
    LEARNING_RATE,
    losses,
    network,
    scores,
)
from scripts.experiments.parts.digits import DIGITS, Digits, batches, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import (
    StackedBatchNorm,
    StackedLinear,
    descend,
    stack,
)
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.batch_norm.batch_norm_backward import (
    gradients_by_autograd,
    gradients_by_projection,
    gradients_step_by_step,
)

DATA = DIGITS
SEEDS = range(10)
STEPS = 110  # five epochs
EVERY = 5
RATES = (LEARNING_RATE, 0.3, 1.0)  # three times, ten times
EPS = 1e-5
LAYERS = ("first", "second")
DIRECTIONS = ("one", "x_hat")
ARMS = {  # what of the statistics the gradient flows through
    "full": (True, True),
    "mean_cut": (False, True),
    "variance_cut": (True, False),
    "both_cut": (False, False),
}
GRAPH_IMAGES, GRAPH_UNIT = 4, 20  # one channel with four values

# Five epochs of a small network: rounding grows to a percent at most. Where a gradient
# is zero but for rounding, only its size counts.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.05, 0.005),
    "agreement.*": (0, 1e-9),
    "graph.*": (1e-3, 1e-4),
    "*.bias_moved.*": (0.05, 1e-4),
    "by_rate.*": (0.3, 0.03),  # at high rates the paths part sooner
}


class Cut(nn.Module):
    """Stacked batch norm that can keep the gradient out of its statistics."""

    def __init__(self, layer: BatchNorm, networks: int, arm: str) -> None:
        super().__init__()
        column = (networks, -1, 1)
        weight, bias = cast("tuple[Tensor, Tensor]", (layer.weight, layer.bias))
        self.weight = nn.Parameter(weight.data.view(column))
        self.bias = nn.Parameter(bias.data.view(column))
        self.through_mean, self.through_variance = ARMS[arm]
        self.x_hat = torch.empty(0)

    def forward(self, x: Tensor) -> Tensor:
        """Normalize over the batch, which is last: (S, C, N)."""
        mean = x.mean(-1, keepdim=True)
        if not self.through_mean:
            mean = mean.detach()
        var = (x - mean).square().mean(-1, keepdim=True)
        if not self.through_variance:
            var = var.detach()
        self.x_hat = (x - mean) * (var + EPS).rsqrt()
        return self.weight * self.x_hat + self.bias


def prepared(seeds: Sequence[int], arm: str) -> nn.Sequential:
    """One stacked network of all seeds."""
    net = stack([network(seed, True) for seed in seeds])
    layers = [
        Cut(one.layer, len(seeds), arm) if isinstance(one, StackedBatchNorm) else one
        for one in net
    ]
    return nn.Sequential(*layers)


def shares(gradient: Tensor, x_hat: Tensor) -> Tensor:
    """Share of the squared gradient along 1 and along x_hat, (S, 2); in (S, C, N)."""
    total = gradient.square().sum((1, 2))
    one = gradient.sum(-1).square() / gradient.size(-1)
    along = (gradient * x_hat).sum(-1).square() / x_hat.square().sum(-1)
    return torch.stack([one.sum(-1), along.sum(-1)], -1) / total.unsqueeze(-1)


def train(
    data: Digits, seeds: Sequence[int], arm: str, rate: float = LEARNING_RATE
) -> dict[str, Any]:
    """Train all seeds; watch the gradients, then see how far the parameters moved."""
    net = prepared(seeds, arm)
    norms = [one for one in net if isinstance(one, Cut)]
    linear = [one for one in net if isinstance(one, StackedLinear)][: len(norms)]
    start = [(one.weight.detach().clone(), one.bias.detach().clone()) for one in linear]
    rates = torch.full((len(seeds),), rate)
    count = data.train_x.size(1)
    order = [batches(seed, count, BATCH_SIZE, STEPS) for seed in seeds]
    seen: list[Tensor] = []
    for step, index in enumerate(torch.stack(order, 1)):
        x = data.train_x[:, index].transpose(0, 1)
        loss = losses(net, x, data.train_y[index])
        if step % EVERY == 0:
            hats = [one.x_hat for one in norms]
            into = torch.autograd.grad(loss.sum(), hats, retain_graph=True)
            each = [shares(g, h.detach()) for g, h in zip(into, hats, strict=True)]
            seen.append(torch.stack(each))  # (layers, S, directions)
        descend(net, loss, rates)
    with torch.no_grad():  # the test images, too, by the statistics of their batch
        loss, accuracy = scores(net(data.test_x.expand(len(seeds), -1, -1)), data)
    return {
        "shares": torch.stack(seen),  # (points, layers, S, directions)
        "loss": loss,
        "accuracy": accuracy,
        "bias_moved": [
            (one.bias - bias).detach().flatten(1).norm(dim=1)
            for one, (_, bias) in zip(linear, start, strict=True)
        ],
        "weight_grown": [
            (one.weight.flatten(1).norm(dim=1) / weight.flatten(1).norm(dim=1)).detach()
            for one, (weight, _) in zip(linear, start, strict=True)
        ],
    }


def graph(data: Digits) -> dict[str, Any]:
    """Every node of one unit's batch norm on a few images, and the loss's gradient."""
    net = network(0, True).double()
    first, norm = cast("nn.Linear", net[0]), cast("BatchNorm", net[1])
    x_all = first(data.train_x[:, :GRAPH_IMAGES].T.double()).detach().requires_grad_()
    y_all = cast("Tensor", norm(x_all))
    logits = net[2:](y_all)
    loss = F.cross_entropy(logits, data.train_y[:GRAPH_IMAGES], reduction="sum")
    d_x_all, d_y_all = torch.autograd.grad(loss, (x_all, y_all))
    x, d_y = x_all.detach()[:, GRAPH_UNIT], d_y_all[:, GRAPH_UNIT]
    n = len(x)
    mean = x.mean()
    centered = x - mean
    var = centered.square().mean()
    inv_std = (var + EPS).rsqrt()
    x_hat = centered * inv_std
    # The same lines as in gradients_step_by_step, with gamma = 1 and beta = 0.
    d_inv_std = (d_y * centered).sum()
    d_var = d_inv_std * -0.5 * inv_std**3
    d_centered = d_y * inv_std + d_var * 2 * centered / n
    d_mean = -d_centered.sum()
    d_x = d_centered + d_mean / n
    arguments = d_y_all, x_all.detach(), cast("Tensor", norm.weight).detach()
    ways = {
        "step_by_step": gradients_step_by_step,
        "projection": gradients_by_projection,
        "autograd": gradients_by_autograd,
    }
    values = {"x": x, "centered": centered, "x_hat": x_hat}
    values |= {"mean": mean, "var": var, "inv_std": inv_std}
    gradients = {"x": d_x, "centered": d_centered, "x_hat": d_y}
    gradients |= {"mean": d_mean, "var": d_var, "inv_std": d_inv_std}
    along = {
        "one": (d_y.sum() ** 2 / n / d_y.square().sum()).item(),
        "x_hat": ((d_y * x_hat).sum() ** 2 / n / d_y.square().sum()).item(),
    }
    return {
        "graph": {
            "value": {name: one.tolist() for name, one in values.items()},
            "gradient": {name: one.tolist() for name, one in gradients.items()},
            "d_gamma": (d_y * x_hat).sum().item(),
            "d_beta": d_y.sum().item(),
            "share": along,
        },
        "agreement": {  # with the gradient that torch found through the whole network
            "graph": (d_x - d_x_all[:, GRAPH_UNIT]).abs().max().item(),
            **{
                name: (way(*arguments)[0] - d_x_all).abs().max().item()
                for name, way in ways.items()
            },
        },
    }


def best(curves: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians at each of RATES, and the scores at the rate of the lowest test loss."""
    losses_ = [one["loss"].quantile(0.5).item() for one in curves]
    place = losses_.index(min(losses_))
    return {
        "losses": losses_,
        "accuracies": [one["accuracy"].quantile(0.5).item() for one in curves],
        "rate": RATES[place],
        "loss": spread(curves[place]["loss"]),
        "accuracy": spread(curves[place]["accuracy"]),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Measure the shares with the full gradient, then train with parts of it."""
    data = digits()
    result: dict[str, Any] = graph(data)
    measured = {arm: train(data, seeds, arm) for arm in ARMS}
    higher = {
        arm: [train(data, seeds, arm, rate) for rate in RATES[1:]] for arm in ARMS
    }
    result["rates"] = list(RATES)
    result["by_rate"] = {arm: best([measured[arm], *higher[arm]]) for arm in ARMS}
    points = measured["full"]["shares"]
    result["chance"] = 1 / BATCH_SIZE
    result["steps"] = list(range(0, STEPS, EVERY))
    result["share"] = {
        layer: {
            **{way: band(points[:, at, :, k]) for k, way in enumerate(DIRECTIONS)},
            "both": band(points[:, at].sum(-1)),
            "largest": spread(points[:, at].sum(-1).amax(0)),
            "first_step": spread(points[0, at].sum(-1)),
            "last_epoch": spread(points[-4:, at].sum(-1).mean(0)),
        }
        for at, layer in enumerate(LAYERS)
    }
    result["arm"] = {
        arm: {
            "loss": spread(one["loss"]),
            "accuracy": spread(one["accuracy"]),
            **{
                layer: {
                    key: spread(one[key][at]) for key in ("bias_moved", "weight_grown")
                }
                for at, layer in enumerate(LAYERS)
            },
        }
        for arm, one in measured.items()
    }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    share, arm, chance = result["share"], result["arm"], 2 * result["chance"]
    faster = {name: one["accuracies"][-1] for name, one in result["by_rate"].items()}

    def of(name: str, key: str, layer: str) -> dict[str, Any]:
        return arm[name][layer][key]

    def still(name: str) -> bool:
        return all(of(name, "bias_moved", one)["max"] < 1e-5 for one in LAYERS)

    return {
        "three derivations and the drawn graph give torch's gradient": all(
            error < 1e-12 for error in result["agreement"].values()
        ),
        "in the second layer the two directions hold a quarter and more of the squared "
        "gradient at some time, eight times what chance would": (
            share["second"]["largest"]["min"] > max(0.25, 8 * chance)
        ),
        "in the last epoch three times what chance would": (
            share["second"]["last_epoch"]["min"] > 3 * chance
        ),
        "in the first layer below a tenth throughout, a third of the second's": (
            share["first"]["largest"]["max"] < 0.1
            and share["first"]["largest"]["max"] < share["second"]["largest"]["min"] / 3
        ),
        "with the full gradient the bias stays and the weight grows by less than 5 %": (
            still("full")
            and all(of("full", "weight_grown", one)["max"] < 1.05 for one in LAYERS)
        ),
        "with the variance cut the bias stays too, but the weight grows by a quarter "
        "and more": (
            still("variance_cut")
            and all(
                of("variance_cut", "weight_grown", one)["min"] > 1.25 for one in LAYERS
            )
        ),
        "with the mean cut the bias moves": all(
            of(name, "bias_moved", one)["min"] > 0.5
            for name in ("mean_cut", "both_cut")
            for one in LAYERS
        ),
        "the test loss is lowest with the full gradient, then with the variance, the "
        "mean, both cut, in every seed": all(
            arm[better]["loss"]["max"] < arm[worse]["loss"]["min"]
            for better, worse in pairwise(
                ("full", "variance_cut", "mean_cut", "both_cut")
            )
        ),
        "the full gradient is above 94 % accuracy, with both cut it is below 80 %, "
        "at this rate": (
            arm["full"]["accuracy"]["min"] > 0.94
            and arm["both_cut"]["accuracy"]["max"] < 0.8
        ),
        "at ten times the rate with both cut it is above 85 % too, and within 8 points "
        "of the full gradient": (faster["both_cut"] > max(0.85, faster["full"] - 0.08)),
        "and cutting the variance alone costs about a point at most": (
            faster["variance_cut"] > faster["full"] - 0.012
        ),
        "but cutting the mean still costs: at the best of three rates a higher test "
        "loss, in 9 of 10 seeds": (
            sum(
                cut > full
                for cut, full in zip(
                    result["by_rate"]["mean_cut"]["loss"]["seeds"],
                    result["by_rate"]["full"]["loss"]["seeds"],
                    strict=True,
                )
            )
            >= 0.9 * len(result["by_rate"]["full"]["loss"]["seeds"])
        ),
    }
