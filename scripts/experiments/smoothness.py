"""Is the loss smoother with batch norm, at the same loss?

Santurkar et al. (2018), section 3.1, walk along the gradient: how much the loss varies,
how much the gradient changes, and the largest ratio of that change to the distance
walked ("effective beta"-smoothness). They compare at the same training step, where a
network with batch norm has the lower loss already. Here: eight hidden layers of 64 with
ReLU, He's initialization, on digits; measured where the training loss (mean of ten
mini-batches) first falls below a level, and before the first step; and at several
learning rates, since without batch norm the rate itself decides how sharp the regions
are that training reaches (Cohen et al. 2021: sharpness rises until 2 / rate).

The weights in front of batch norm may be twice as large: the same function, the same
loss. What is measured before the first step is measured on that network too.

The walk: 0.05 to 0.4 times the gradient, on the next mini-batch, in training mode.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from scripts.experiments.parts.deep import deep, he, losses, orders
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.stacked import descend, stack

DATA = DIGITS
SEEDS = range(8)
HIDDEN_LAYERS = 8
BATCH_SIZE = 64
LEARNING_RATE = 0.05
WALK = (0.05, 0.1, 0.2, 0.3, 0.4)  # times the gradient
LEVELS = (2.0, 1.0, 0.5)
SMOOTHED = 10  # mini-batches in the mean that is compared with a level
# Each network at each rate, and the most steps it gets.
TRAINED = {
    "plain_0_0125": (False, 0.0125, 340),
    "plain_0_05": (False, 0.05, 200),
    "plain_0_2": (False, 0.2, 200),
    "batch_norm_0_05": (True, 0.05, 150),
    "batch_norm_0_2": (True, 0.2, 60),
}
MEASURES = ("loss", "loss_range", "gradient_change", "beta", "gradient")

# Without batch norm training is chaotic at these rates, so a seed's value may be quite
# another; the medians that the claims compare lie several times apart.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.3, 0.05),
    "*.start.*": (0.01, 0.001),
    "twice.*": (0.01, 0.001),
    "plain_*": (0.9, 5),
    "plain_*.start.*": (0.01, 0.001),
    "*.reached": (0, 1),
    "plain_0_2.*.reached": (0, 8),
    "counts.*": (0, 1),
}


def network(seed: int, batch_norm: bool) -> nn.Sequential:
    """64-64-…-10 with eight hidden layers of ReLU."""
    return deep(seed, HIDDEN_LAYERS, nn.ReLU, he, batch_norm)


def walk(net: nn.Sequential, x: Tensor, y: Tensor) -> Tensor:
    """Walk along each network's gradient; the five MEASURES, (5, S)."""
    start = {name: one.detach() for name, one in net.named_parameters()}
    buffers = dict(net.named_buffers())
    count = len(x)

    def at(parameters: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        here = {n: one.detach().requires_grad_() for n, one in parameters.items()}
        fresh = {name: one.clone() for name, one in buffers.items()}
        logits = functional_call(net, {**here, **fresh}, (x,))
        loss = F.cross_entropy(logits, y, reduction="none").mean(1)
        found = torch.autograd.grad(loss.sum(), list(here.values()))
        flat = torch.cat([one.reshape(count, -1) for one in found], dim=1)
        return loss.detach(), dict(zip(here, found, strict=True)), flat

    loss, direction, gradient = at(start)
    size = gradient.norm(dim=1)
    along, change, beta = [], [], []
    for far in WALK:
        there, _, other = at({n: start[n] - far * direction[n] for n in start})
        along.append(there)
        change.append((other - gradient).norm(dim=1) / size)
        beta.append(change[-1] / far)
    values = torch.stack(along)
    return torch.stack(
        [
            loss,
            values.amax(0) - values.amin(0),
            torch.stack(change).amax(0),
            torch.stack(beta).amax(0),
            size,
        ]
    )


def train(
    seeds: Sequence[int], batch_norm: bool, rate: float, steps: int
) -> dict[str, list[Tensor]]:
    """Measure before the first step and where each level is first reached."""
    data = digits()
    net = stack([network(seed, batch_norm) for seed in seeds])
    rates = torch.full((len(seeds),), rate)
    found: dict[str, list[Tensor]] = {"start": []}
    found.update({level_name(level): [] for level in LEVELS})
    waiting = {level: set(range(len(seeds))) for level in LEVELS}
    recent: list[Tensor] = []
    for index in orders(seeds, data, BATCH_SIZE, steps):
        x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
        if not recent:
            found["start"] = list(walk(net, x, y).unbind(1))
        elif len(recent) >= SMOOTHED:
            mean = torch.stack(recent[-SMOOTHED:]).mean(0)
            due = {
                level: {s for s in open_ if mean[s] <= level}
                for level, open_ in waiting.items()
            }
            if any(due.values()):
                measured = walk(net, x, y)
                for level, arrived in due.items():
                    found[level_name(level)] += [measured[:, s] for s in arrived]
                    waiting[level] -= arrived
            if not any(waiting.values()):
                break
        loss = losses(net, x, y)
        descend(net, loss, rates)
        recent.append(loss.detach())
    return found


def twice(seeds: Sequence[int]) -> list[Tensor]:
    """Measure before the first step with twice the weights in front of batch norm."""
    data = digits()
    nets = [network(seed, True) for seed in seeds]
    with torch.no_grad():
        for net in nets:
            for layer in list(net)[:-1]:  # not the output layer
                if isinstance(layer, nn.Linear):
                    layer.weight.mul_(2)
    index = next(iter(orders(seeds, data, BATCH_SIZE, 1)))
    x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
    return list(walk(stack(nets), x, y).unbind(1))


def level_name(level: float) -> str:
    """Name of a level's results: loss_0_5."""
    return f"loss_{level:g}".replace(".", "_")


def summary(found: list[Tensor]) -> dict[str, Any]:
    """Median, minimum and maximum of each measure over the seeds that arrived."""
    values = torch.stack(found).double()
    return {
        "reached": len(found),
        **{
            name: {
                "median": column.quantile(0.5).item(),
                "min": column.min().item(),
                "max": column.max().item(),
            }
            for name, column in zip(MEASURES, values.unbind(1), strict=True)
        },
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Measure each network at each of its rates."""
    seen = {name: train(seeds, *how) for name, how in TRAINED.items()}
    result: dict[str, Any] = {
        name: {when: summary(found) for when, found in one.items() if found}
        for name, one in seen.items()
    }
    start = {
        arm: torch.stack(seen[f"{arm}_0_05"]["start"])
        for arm in ("plain", "batch_norm")
    }
    rougher = start["batch_norm"] > start["plain"]
    result["counts"] = {
        f"batch_norm_rougher_{name}": int(column.sum())
        for name, column in zip(MEASURES, rougher.unbind(1), strict=True)
        if name != "loss"
    }
    result["twice"] = summary(twice(seeds))
    result["rates"] = {name: how[1] for name, how in TRAINED.items()}
    result["seeds"] = len(seeds)
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    plain, batch_norm = result["plain_0_05"], result["batch_norm_0_05"]
    slow, fast = result["plain_0_0125"], result["plain_0_2"]
    levels = [level_name(level) for level in LEVELS]
    seeds, counts = result["seeds"], result["counts"]

    def apart(name: str, factor: float) -> bool:
        return all(
            plain[level][name]["median"] > factor * batch_norm[level][name]["median"]
            for level in levels
        )

    def beta(one: dict[str, Any], level: str = "loss_1") -> float:
        return one[level]["beta"]["median"]

    return {
        "at rate 0.05 and the same loss, the loss varies more than ten times as much "
        "along the gradient without batch norm, at every level": (
            apart("loss_range", 10)
        ),
        "the gradient changes more than three times as much": (
            apart("gradient_change", 3)
        ),
        "and the effective beta is more than a third larger": apart("beta", 4 / 3),
        "in no seed does the loss vary as little without batch norm": all(
            plain[level]["loss_range"]["min"] > batch_norm[level]["loss_range"]["max"]
            for level in levels
        ),
        "at initialization batch norm is rougher: a larger gradient and a loss that "
        "varies more, by the median; a larger beta in 6 of 8 seeds": (
            batch_norm["start"]["gradient"]["median"]
            > 1.5 * plain["start"]["gradient"]["median"]
            and batch_norm["start"]["loss_range"]["median"]
            > 1.5 * plain["start"]["loss_range"]["median"]
            and counts["batch_norm_rougher_beta"] >= 0.75 * seeds
        ),
        "but twice the weights in front of batch norm are the same function with the "
        "same loss, and there its beta is below that of the plain network": (
            abs(
                result["twice"]["loss"]["median"]
                - batch_norm["start"]["loss"]["median"]
            )
            < 0.01
            and result["twice"]["beta"]["median"]
            < 0.9 * plain["start"]["beta"]["median"]
        ),
        "without batch norm the rate decides: at a quarter of it beta at loss 1 is "
        "more than 1.5 times as large, at four times less than half": (
            beta(slow) > 1.5 * beta(plain) and beta(fast) < 0.5 * beta(plain)
        ),
        "at 0.2 the plain network is about as smooth as the other: beta within a "
        "factor of 1.6 at loss 1": (
            5 / 8 < beta(fast) / beta(result["batch_norm_0_2"]) < 8 / 5
        ),
        "there, with batch norm, every seed comes to a loss of 0.5 in 60 steps": (
            result["batch_norm_0_2"]["loss_0_5"]["reached"] == seeds
        ),
        "with batch norm beta at loss 1 hardly depends on the rate: within a factor "
        "of 1.6": 5 / 8 < beta(batch_norm) / beta(result["batch_norm_0_2"]) < 8 / 5,
    }
