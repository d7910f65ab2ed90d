"""Does batch norm keep the layers below from changing a layer's gradient?

Santurkar et al. (2018), definition 2.1, measure internal covariate shift by what
matters to the optimizer: a layer's gradient on a mini-batch, and its gradient on the
same mini-batch after all layers below it have taken their step. The shift is the norm
of the difference, here relative to the gradient before, and the cosine of the two.

Ten hidden layers of 64 on digits, three activations, with and without batch norm, each
from the initialization that suits it. A layer's value is taken at several steps, the
mean over layers 2 to 10; "late" is the mean of the last three.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from scripts.experiments.parts.deep import Initialize, deep, glorot, he, losses, orders
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import StackedLinear, descend, stack

DATA = DIGITS
SEEDS = range(6)
HIDDEN_LAYERS = 10
BATCH_SIZE = 64
MEASURED = (0, 5, 15, 30, 60, 80, 100)  # steps taken before
LATE = 3  # of them
SMOOTHED = 10  # mini-batches in the mean of the final loss

Make = Callable[[], nn.Module]
NETWORKS: dict[str, tuple[Make, Initialize, float]] = {
    "sigmoid": (nn.Sigmoid, glorot, 0.2),
    "tanh": (nn.Tanh, glorot, 0.05),
    "relu": (nn.ReLU, he, 0.05),
}
ARMS = ("plain", "batch_norm")

# The networks without batch norm are rough: rounding grows along the steps.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.3, 0.1),
    "sigmoid.plain.*": (0.05, 0.005),
    "relu.plain.*": (0.9, 0.7),
    "*.final.*": (0.4, 0.1),
    "*.counts.*": (0, 2),
}


def network(seed: int, activation: str, batch_norm: bool) -> nn.Sequential:
    """64-64-…-10 with ten hidden layers."""
    make, initialize, _ = NETWORKS[activation]
    return deep(seed, HIDDEN_LAYERS, make, initialize, batch_norm)


def shift(
    net: nn.Sequential, x: Tensor, y: Tensor, rate: float
) -> tuple[Tensor, Tensor]:
    """Relative change and cosine of the weights' gradients, (layers 2 to 10, S)."""
    parameters = {name: one.detach() for name, one in net.named_parameters()}
    buffers = dict(net.named_buffers())

    def gradients(at: dict[str, Tensor], of: list[str]) -> list[Tensor]:
        at = {name: one.requires_grad_(name in of) for name, one in at.items()}
        fresh = {name: one.clone() for name, one in buffers.items()}
        logits = functional_call(net, {**at, **fresh}, (x,))
        loss = F.cross_entropy(logits, y, reduction="none").mean(1).sum()
        return list(torch.autograd.grad(loss, [at[name] for name in of]))

    names = list(parameters)
    before = dict(zip(names, gradients(dict(parameters), names), strict=True))
    stepped = {n: one.detach() - rate * before[n] for n, one in parameters.items()}
    weights = [
        f"{place}.weight"
        for place, layer in enumerate(net)
        if isinstance(layer, StackedLinear)
    ]
    relative, cosine = [], []
    for name in weights[1:-1]:
        below = names[: names.index(name)]
        mixed = {
            n: (stepped[n] if n in below else parameters[n]).detach() for n in names
        }
        (after,) = gradients(mixed, [name])
        old, new = before[name].flatten(1), after.flatten(1)
        relative.append((new - old).norm(dim=1) / old.norm(dim=1))
        cosine.append(F.cosine_similarity(new, old, dim=1))
    return torch.stack(relative), torch.stack(cosine)


def train(seeds: Sequence[int], activation: str, batch_norm: bool) -> dict[str, Tensor]:
    """Train, and measure the shift at some steps: (measurements, S)."""
    data = digits()
    net = stack([network(seed, activation, batch_norm) for seed in seeds])
    rate = NETWORKS[activation][2]
    rates = torch.full((len(seeds),), rate)
    history: list[Tensor] = []
    relative: list[Tensor] = []
    cosine: list[Tensor] = []
    for index in orders(seeds, data, BATCH_SIZE, max(MEASURED) + 1):
        x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
        if len(history) in MEASURED:
            change, angle = shift(net, x, y, rate)
            relative.append(change.mean(0))
            cosine.append(angle.mean(0))
        loss = losses(net, x, y)
        descend(net, loss, rates)
        history.append(loss.detach())
    return {
        "loss": torch.stack(history),
        "relative": torch.stack(relative),
        "cosine": torch.stack(cosine),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Compare both networks for each activation."""
    result: dict[str, Any] = {"measured": list(MEASURED)}
    for activation in NETWORKS:
        seen = {a: train(seeds, activation, a == "batch_norm") for a in ARMS}
        late = {arm: one["relative"][-LATE:].mean(0) for arm, one in seen.items()}
        start = {arm: one["relative"][0] for arm, one in seen.items()}
        result[activation] = {
            arm: {
                "start": spread(start[arm]),
                "late": spread(late[arm]),
                "late_cosine": spread(one["cosine"][-LATE:].mean(0)),
                "final": spread(one["loss"][-SMOOTHED:].mean(0)),
                "curve": band(one["relative"]),
            }
            for arm, one in seen.items()
        }
        result[activation]["rate"] = NETWORKS[activation][2]
        result[activation]["counts"] = {
            "batch_norm_shifts_more_at_start": int(
                (start["batch_norm"] > start["plain"]).sum()
            ),
            "batch_norm_shifts_more_late": int(
                (late["batch_norm"] > late["plain"]).sum()
            ),
        }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    sigmoid, tanh, relu = (result[name] for name in NETWORKS)
    seeds = len(sigmoid["plain"]["late"]["seeds"])

    def ratio(one: dict[str, Any], when: str) -> float:
        return one["batch_norm"][when]["median"] / one["plain"][when]["median"]

    return {
        "sigmoid: without batch norm the gradients hardly shift, by less than 2 % in "
        "every seed": sigmoid["plain"]["late"]["max"] < 0.02,
        "sigmoid: and the network does not learn, its loss stays above 2.2": (
            sigmoid["plain"]["final"]["min"] > 2.2
        ),
        "sigmoid: with batch norm they shift by a third and more in every seed": (
            sigmoid["batch_norm"]["late"]["min"] > 1 / 3
        ),
        "sigmoid: and the network learns, its loss falls below 1": (
            sigmoid["batch_norm"]["final"]["max"] < 1
        ),
        "at the start batch norm makes them shift more, with each activation, in every "
        "seed": all(
            one["counts"]["batch_norm_shifts_more_at_start"] == seeds
            for one in (sigmoid, tanh, relu)
        ),
        "tanh and ReLU: late in training the median shift is smaller with it": all(
            ratio(one, "late") < 0.9 for one in (tanh, relu)
        ),
        "tanh and ReLU: and both learn faster with it": all(
            one["batch_norm"]["final"]["median"] < one["plain"]["final"]["median"]
            for one in (tanh, relu)
        ),
    }
