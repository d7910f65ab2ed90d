"""Is a network with dropout, scaled for evaluation, the mean of all its thinned ones?

For one softmax layer every mask can be tried: the normalized geometric mean of their
predictions is compared with the one prediction of the scaled layer, and so is the
arithmetic mean. For a network with two hidden layers the scaled network is compared
with the mean over 1, 10 and 200 random masks.
"""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts.digits import DIGITS, Digits, batches, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import outputs
from scripts.experiments.parts.stacked_dropout import Adam, stack_with_dropout
from snippets.dropout.dropout import Dropout

DATA = DIGITS
SEEDS = range(10)
P = 0.5
SHALLOW_INPUTS = 12  # brightest of 16 cells of 2x2 pixels, so 4096 masks
SHALLOW_STEPS, SHALLOW_IMAGES = 300, 60
WIDTHS = (64, 64, 64, 10)
IMAGES, BATCH_SIZE, STEPS, LEARNING_RATE = 500, 50, 400, 0.003
MASKS = (1, 10, 200)

TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.1, 0.01),
    "*.accuracy.*": (0, 0.025),
    "shallow.geometric_error.*": (0, 1e-9),  # rounding in double precision
    "counts.*": (0, 2),
}


def coarse(x: Tensor) -> Tensor:
    """Means of 2x2 pixels, the SHALLOW_INPUTS cells that vary most; (n, inputs)."""
    cells = F.avg_pool2d(x.T.view(-1, 1, 8, 8), 2).flatten(1)
    return cells[:, cells.var(0).sort(descending=True).indices[:SHALLOW_INPUTS]]


def one_layer(seed: int, data: Digits) -> dict[str, float]:
    """Train a softmax layer with dropout on its inputs, then try every mask."""
    torch.manual_seed(seed)
    x = coarse(data.train_x)
    layer, drop = nn.Linear(SHALLOW_INPUTS, 10), Dropout(P)
    optimizer = torch.optim.Adam(layer.parameters(), 0.03)
    for index in batches(seed, len(x), BATCH_SIZE, SHALLOW_STEPS):
        loss = F.cross_entropy(layer(drop(x[index])), data.train_y[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    layer.double()
    chosen = torch.randperm(len(x))[:SHALLOW_IMAGES]
    images = x[chosen].double()
    masks = torch.tensor(list(product((0.0, 1.0), repeat=SHALLOW_INPUTS)))
    masks = masks.double() / (1 - P)  # all equally likely, because p is one half
    with torch.no_grad():
        weight = layer.weight * masks.unsqueeze(1)  # (masks, classes, inputs)
        logs = (images @ weight.mT + layer.bias).log_softmax(2)
        geometric = logs.mean(0).softmax(1)
        arithmetic = logs.exp().mean(0)
        scaled = layer(drop.eval()(images)).softmax(1)
    return {
        "geometric_error": (geometric - scaled).abs().max().item(),
        "arithmetic_error": (arithmetic - scaled).abs().max().item(),
        "sharper": (scaled.amax(1) > arithmetic.amax(1)).double().mean().item(),
    }


def network(seed: int) -> nn.Sequential:
    """64-64-64-10 with dropout behind each hidden layer."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, features in pairwise(WIDTHS[:-1]):
        layers += [nn.Linear(inputs, features), nn.ReLU(), Dropout(P)]
    return nn.Sequential(*layers, nn.Linear(*WIDTHS[-2:]))


def score(p: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Loss and accuracy of probabilities (S, classes, N), each (S,)."""
    labels = labels.expand(len(p), -1)
    right = p.gather(1, labels.unsqueeze(1)).squeeze(1)
    return {
        "loss": -right.clamp_min(1e-12).log().mean(1),
        "accuracy": (p.argmax(1) == labels).float().mean(1),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Enumerate for one layer, sample for three."""
    data = digits()
    shallow = [one_layer(seed, data) for seed in seeds]
    result: dict[str, Any] = {
        "shallow": {
            "masks": 2**SHALLOW_INPUTS,
            **{
                name: spread(torch.tensor([one[name] for one in shallow]))
                for name in shallow[0]
            },
        }
    }

    net = stack_with_dropout([network(seed) for seed in seeds])
    optimizer = Adam(net, LEARNING_RATE)
    order = torch.stack([batches(s, IMAGES, BATCH_SIZE, STEPS) for s in seeds], 1)
    torch.manual_seed(0)
    for index in order:
        x, y = data.train_x[:, index].transpose(0, 1), data.train_y[index]
        optimizer.step(F.cross_entropy(net(x), y, reduction="none").mean(1))

    x = data.test_x.expand(len(seeds), -1, -1)
    logs, mean = torch.zeros(()), torch.zeros(())
    scores: dict[str, dict[str, Tensor]] = {}
    for drawn in range(1, max(MASKS) + 1):  # dropout is still on
        log = outputs(net, x).log_softmax(1)
        logs, mean = logs + log, mean + log.exp()
        if drawn in MASKS:
            scores[f"masks_{drawn}"] = score(mean / drawn, data.test_y)
    net.eval()
    scaled = outputs(net, x).softmax(1)
    scores["scaled"] = score(scaled, data.test_y)
    scores["geometric"] = score((logs / max(MASKS)).softmax(1), data.test_y)
    averaged = mean / max(MASKS)
    result["deep"] = {
        name: {key: spread(value) for key, value in one.items()}
        for name, one in scores.items()
    }
    result["deep"]["difference"] = {  # of a probability, between the two
        "mean": spread((averaged - scaled).abs().amax(1).mean(1)),
        "largest": spread((averaged - scaled).abs().amax((1, 2))),
        "same_class": spread((averaged.argmax(1) == scaled.argmax(1)).float().mean(1)),
        "sharper": spread((scaled.amax(1) > averaged.amax(1)).float().mean(1)),
    }
    most = scores[f"masks_{max(MASKS)}"]
    result["counts"] = {
        "scaled_lower_loss_than_one_mask": int(
            (scores["scaled"]["loss"] < scores["masks_1"]["loss"]).sum()
        ),
        "scaled_lower_loss_than_200": int(
            (scores["scaled"]["loss"] < most["loss"]).sum()
        ),
        "scaled_more_accurate_than_200": int(
            (scores["scaled"]["accuracy"] > most["accuracy"]).sum()
        ),
        "scaled_less_accurate_than_200": int(
            (scores["scaled"]["accuracy"] < most["accuracy"]).sum()
        ),
        "scaled_lower_loss_than_10": int(
            (scores["scaled"]["loss"] < scores["masks_10"]["loss"]).sum()
        ),
    }
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    shallow, deep, counts = result["shallow"], result["deep"], result["counts"]
    seeds = len(deep["scaled"]["loss"]["seeds"])

    def median(name: str, key: str) -> float:
        return deep[name][key]["median"]

    return {
        "one softmax layer: the geometric mean over all masks is the scaled layer, up "
        "to rounding": shallow["geometric_error"]["max"] < 1e-12,
        "the arithmetic mean is not: some probability differs by 0.05 and more": (
            shallow["arithmetic_error"]["min"] > 0.05
        ),
        "the scaled layer is surer than the arithmetic mean on 9 of 10 images": (
            shallow["sharper"]["min"] > 0.9
        ),
        "deep: one random mask is 4 points less accurate than the scaled network": (
            median("scaled", "accuracy") - median("masks_1", "accuracy") > 0.04
        ),
        "200 masks and the scaled network are within a point of accuracy": (
            abs(median("scaled", "accuracy") - median("masks_200", "accuracy")) < 0.01
        ),
        "neither is more accurate in 9 of 10 seeds": (
            max(
                counts["scaled_more_accurate_than_200"],
                counts["scaled_less_accurate_than_200"],
            )
            < 0.9 * seeds
        ),
        "they choose the same class for 98 of 100 images": (
            deep["difference"]["same_class"]["median"] > 0.98
        ),
        "but their probabilities differ, by a tenth on an average image": (
            0.05 < deep["difference"]["mean"]["median"] < 0.2
        ),
        "and the scaled network has the lower loss in every seed": (
            counts["scaled_lower_loss_than_200"] == seeds
            and median("scaled", "loss") < 0.75 * median("masks_200", "loss")
        ),
        "most of the mean's gain is there with 10 masks": (
            median("masks_1", "loss") - median("masks_10", "loss")
            > 4 * (median("masks_10", "loss") - median("masks_200", "loss"))
        ),
        "the geometric mean of 200 is near the scaled network: 10 % in loss": (
            abs(median("geometric", "loss") / median("scaled", "loss") - 1) < 0.1
        ),
    }
