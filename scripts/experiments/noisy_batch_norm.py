"""Does batch norm help because it keeps the distributions still?

Santurkar et al. (2018), section 2.1, put noise behind batch norm, with another mean and
another scale for each unit at each step: the distributions then move more than without
batch norm. Here the same on digits, in eight layers of 64: without batch norm, with it,
with it and noise. Steps until the training loss (mean of ten mini-batches) is below 1;
the final loss; and how far one step moves what enters an activation.

Drift: the 2-Wasserstein distance of each unit's histogram on a fixed probe batch before
and after a step, in its own standard deviations, the noise drawn anew as in training;
the mean over units and layers, measured every tenth step.

The network without batch norm starts from Glorot's (tanh) or He's (ReLU)
initialization, and is tried at other rates too. ReLU shows how far the result goes.

All that is on raw pixels. The last control: standardized inputs, all three networks at
each of the rates. How much of a lead is then left to be explained?
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized
from scripts.experiments.digits_mlp_drift import relative
from scripts.experiments.parts.deep import Initialize, deep, glorot, he, losses, orders
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import descend, stack

DATA = DIGITS
SEEDS = range(8)
HIDDEN_LAYERS = 8
BATCH_SIZE = 64
LEARNING_RATE = 0.05
# For the network without batch norm, tanh; on standardized inputs for all three.
LEARNING_RATES = (0.05, 0.1, 0.2, 0.4)
STEPS = {"tanh": 160, "relu": 100}
STEPS_BY_RATE = 80  # where only the first step below the target is asked
STEPS_STANDARDIZED = 50
TARGET_LOSS = 1.0
SMOOTHED = 10  # mini-batches in the mean that is compared with the target
EVERY = 10  # steps between measurements of the drift
# The noise: each unit's mean from -0.5 to 0.5 and scale from 1 to 1.25, new at each
# step, and a tenth of jitter around both for each sample.
MEAN, SCALE, JITTER = 0.5, 1.25, 0.1

Make = Callable[[], nn.Module]
ACTIVATIONS: dict[str, tuple[Make, Initialize]] = {
    "tanh": (nn.Tanh, glorot),
    "relu": (nn.ReLU, he),
}
ARMS = ("plain", "batch_norm", "noisy")

# Rounding grows along the steps; ReLU without batch norm at this rate is rough.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.1, 0.01),
    "*.steps.*": (0.15, 4),
    "*.final.*": (0.25, 0.02),
    "relu.plain.*": (0.5, 0.2),
    "relu.plain.steps.*": (0.4, 12),
    "*.curve.*": (0.3, 0.2),
    "*.by_rate.*": (0.3, 20),
    "*.rate": (0.5, 0),
    "*.counts.*": (0, 2),
}


class Noise(nn.Module):
    """Give every unit another mean and scale at every call; x (S, features, N)."""

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift, each unit by its own, each sample by a little more."""
        mean = MEAN * (2 * torch.rand(*x.shape[:2], 1) - 1)
        scale = 1 + (SCALE - 1) * torch.rand(*x.shape[:2], 1)
        scale = scale + JITTER * torch.randn_like(x)
        return x * scale + mean + JITTER * (2 * torch.rand_like(x) - 1)


def network(seed: int, activation: str, arm: str) -> nn.Sequential:
    """64-64-…-10 with eight hidden layers."""
    make, initialize = ACTIVATIONS[activation]
    after = Noise if arm == "noisy" else None
    return deep(seed, HIDDEN_LAYERS, make, initialize, arm != "plain", after)


@torch.no_grad()
def entering(net: nn.Sequential, kind: type[nn.Module], x: Tensor) -> list[Tensor]:
    """Return what enters each activation, in training mode; the buffers stay."""
    buffers = [(one, one.clone()) for one in net.buffers()]
    seen: list[Tensor] = []
    for layer in net:
        if isinstance(layer, kind):
            seen.append(x)
        x = layer(x)
    for one, before in buffers:
        one.copy_(before)
    return seen


def first_below(history: Tensor) -> Tensor:
    """First step at which the mean of the last ten losses is below 1, or one more."""
    below = history.unfold(0, SMOOTHED, 1).mean(-1) < TARGET_LOSS
    first = below.float().argmax(0) + SMOOTHED
    return torch.where(below.any(0), first, len(history) + 1).double()


def train(
    seeds: Sequence[int],
    activation: str,
    arm: str,
    rates: Sequence[float],
    steps: int,
    prepared: bool = False,
) -> dict[str, Tensor]:
    """Train rates x seeds; losses of every step, drift of every tenth if one rate."""
    torch.manual_seed(0)  # the noise; the networks have their own seeds
    data = standardized(digits()) if prepared else digits()
    nets = [network(seed, activation, arm) for _ in rates for seed in seeds]
    net, kind = stack(nets), type(ACTIVATIONS[activation][0]())
    each = torch.tensor(rates).repeat_interleave(len(seeds))
    probe = data.test_x[:, :BATCH_SIZE].expand(len(nets), -1, -1)
    torch.manual_seed(0)
    history: list[Tensor] = []
    moved: list[Tensor] = []
    for order in orders(seeds, data, BATCH_SIZE, steps):
        index = order.repeat(len(rates), 1)
        x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
        watched = len(rates) == 1 and len(history) % EVERY == 0
        before = entering(net, kind, probe) if watched else []
        loss = losses(net, x, y)
        descend(net, loss, each)
        history.append(loss.detach())
        if watched:
            after = entering(net, kind, probe)
            layers = [relative(a, b) for a, b in zip(before, after, strict=True)]
            moved.append(torch.stack(layers).mean(0))
    return {"loss": torch.stack(history), "drift": torch.stack(moved or history[:1])}


def best(
    seeds: Sequence[int], arm: str, steps: int, prepared: bool = False
) -> dict[str, Any]:
    """Steps to the target with tanh at the rate with the smallest median."""
    tried = train(seeds, "tanh", arm, LEARNING_RATES, steps, prepared)
    by_rate = first_below(tried["loss"]).view(len(LEARNING_RATES), -1)
    medians = by_rate.quantile(0.5, dim=1).tolist()
    place = medians.index(min(medians))
    return {
        "rate": LEARNING_RATES[place],
        "rates": list(LEARNING_RATES),
        "by_rate": medians,
        "steps": spread(by_rate[place]),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Compare the three networks with tanh and with ReLU."""
    result: dict[str, Any] = {}
    for activation in ACTIVATIONS:
        count = STEPS[activation]
        seen = {a: train(seeds, activation, a, [LEARNING_RATE], count) for a in ARMS}
        steps = {arm: first_below(one["loss"]) for arm, one in seen.items()}
        drift = {
            arm: one["drift"].double().quantile(0.5, dim=0) for arm, one in seen.items()
        }
        result[activation] = {
            arm: {
                "steps": spread(steps[arm]),
                "drift": spread(drift[arm]),
                "final": spread(one["loss"][-SMOOTHED:].mean(0)),
                "curve": {
                    "loss": band(one["loss"].unflatten(0, (-1, EVERY)).mean(1)),
                    "drift": band(one["drift"]),
                },
            }
            for arm, one in seen.items()
        }
        result[activation]["counts"] = {
            "noisy_fewer_steps_than_plain": int(
                (steps["noisy"] < steps["plain"]).sum()
            ),
            "noisy_drifts_more_than_plain": int(
                (drift["noisy"] > drift["plain"]).sum()
            ),
            "batch_norm_drifts_less_than_plain": int(
                (drift["batch_norm"] < drift["plain"]).sum()
            ),
        }
    result["tanh"]["plain_best"] = best(seeds, "plain", STEPS_BY_RATE)
    result["standardized"] = {
        arm: best(seeds, arm, STEPS_STANDARDIZED, prepared=True) for arm in ARMS
    }
    result["noise"] = {"mean": MEAN, "scale": SCALE}
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    tanh, relu = result["tanh"], result["relu"]
    plain, batch_norm, noisy = (tanh[arm] for arm in ARMS)
    seeds = len(plain["steps"]["seeds"])
    return {
        "tanh: noise behind batch norm moves the distributions more than no batch norm "
        "at all, by more than a third in every seed": (
            noisy["drift"]["min"] > 4 / 3 * plain["drift"]["max"]
        ),
        "tanh: batch norm without noise moves them less": (
            batch_norm["drift"]["max"] < plain["drift"]["min"]
        ),
        "tanh: and yet with the noise it needs fewer steps than the plain network, in "
        "every seed less than two thirds": (
            noisy["steps"]["max"] < 2 / 3 * plain["steps"]["min"]
            and tanh["counts"]["noisy_fewer_steps_than_plain"] == seeds
        ),
        "tanh: the noise costs batch norm fewer than 15 steps": (
            0 < noisy["steps"]["median"] - batch_norm["steps"]["median"] < 15
        ),
        "tanh: the plain network at its own best rate still needs more": (
            tanh["plain_best"]["steps"]["median"] > 1.2 * noisy["steps"]["median"]
        ),
        "tanh: in the end the noise leaves a higher loss than batch norm": (
            noisy["final"]["median"] > 1.2 * batch_norm["final"]["median"]
        ),
        "tanh, standardized inputs, each at its best rate: the plain network needs at "
        "most half as many steps again as batch norm": (
            result["standardized"]["plain"]["steps"]["median"]
            < 1.5 * result["standardized"]["batch_norm"]["steps"]["median"]
        ),
        "tanh: on raw pixels, at the best rate, at least 1.8 times": (
            tanh["plain_best"]["steps"]["median"] > 1.8 * batch_norm["steps"]["median"]
        ),
        "ReLU: there too the noise moves the distributions farther, by the median": (
            relu["noisy"]["drift"]["median"] > relu["plain"]["drift"]["median"]
        ),
        "ReLU: but the advantage of the noisy network is small, less than a third": (
            relu["noisy"]["steps"]["median"] > 2 / 3 * relu["plain"]["steps"]["median"]
        ),
    }
