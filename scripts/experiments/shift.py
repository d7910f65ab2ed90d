"""Whose statistics should normalize when the test images differ from the training ones?

Trained networks meet test images of another contrast, another brightness, or inverted.
With the running statistics (evaluation mode), with those of the batch (training mode),
and with statistics recalibrated on the shifted training images, without their labels;
beside a network without batch norm, as a control. Then what the batch costs: small
batches (in a small convolutional network too, with 64 times as many values to a mean),
batches of one class, and how far the probability of one image moves when only its
neighbours change.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments import folding
from scripts.experiments.parts.classifier import accuracies, evaluated, trained
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import outputs
from snippets.batch_norm.recalibrate import recalibrate_batch_norm

DATA = DIGITS
SEEDS = range(10)
BATCH_SIZE, EPOCHS = 64, 10
RATES = {"batch_norm": 0.3, "plain": 0.4}  # the plain network trains twice as long
SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {
    "clean": lambda x: x,
    "contrast": lambda x: 0.4 * x,
    "brightness": lambda x: x + 0.5,
    "inverted": lambda x: 1 - x,
}
SHIFTED_BATCH = 120  # three batches of test images
SIZES = (2, 4, 8, 16, 32)
DRAWS = 5  # orders in which the test images are cut into batches
CONVOLUTIONAL_SEEDS = 3  # of the convolutional network, that of `folding`
NEIGHBOURS = (8, 32)  # batch sizes, in which
PROBES, PARTNERS = 40, 50  # 40 images meet 50 different sets of neighbours

# Ten epochs of training: rounding may move an accuracy by some of 360 images.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0, 0.05),
    "counts.*": (0, 1),
    "counts.clean_running_below_plain": (0, 4),
    "neighbours.*": (0.25, 0.03),
    "neighbours.eval": (0, 0),
}


def in_batches(net: nn.Module, x: Tensor, size: int, order: Tensor) -> Tensor:
    """Logits in the present mode, batch by batch; x (64, n), order a permutation."""
    count = len(next(net.parameters()))
    pieces = [
        outputs(net, x[:, index].expand(count, -1, -1)) for index in order.split(size)
    ]
    logits = torch.cat(pieces, dim=-1)
    return logits[:, :, order.argsort()]


def recalibrated(net: nn.Module, x: Tensor) -> nn.Module:
    """A copy with the statistics of x; the labels are not needed."""
    copy = deepcopy(net)
    count = len(next(net.parameters()))
    order = torch.randperm(x.size(1), generator=torch.Generator().manual_seed(0))
    whole = order[: len(order) // BATCH_SIZE * BATCH_SIZE].split(BATCH_SIZE)
    batches = [x[:, index].expand(count, -1, -1) for index in whole]
    recalibrate_batch_norm(copy, batches)
    return copy


def shifted(net: nn.Module, plain: nn.Module, data: Digits) -> dict[str, Any]:
    """Accuracy on each kind of test image, however it is normalized."""
    count, y = len(next(net.parameters())), data.test_y
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(1))
    result: dict[str, Any] = {}
    for name, change in SHIFTS.items():
        x = change(data.test_x)
        again = recalibrated(net, change(data.train_x))
        logits = {
            "plain": evaluated(plain, x, count),
            "running": evaluated(net, x, count),
            "batch": in_batches(net, x, SHIFTED_BATCH, order),
            "recalibrated": evaluated(again, x, count),
        }
        result[name] = {arm: spread(accuracies(z, y)) for arm, z in logits.items()}
    return result


def batch_sizes(net: nn.Module, data: Digits) -> dict[str, Any]:
    """Accuracy in training mode with random batches of several sizes."""
    result: dict[str, Any] = {}
    for size in SIZES:
        found: list[Tensor] = []
        for draw in range(DRAWS):
            generator = torch.Generator().manual_seed(draw)
            order = torch.randperm(len(data.test_y), generator=generator)
            order = order[: len(order) // size * size]
            x, y = data.test_x[:, order], data.test_y[order]
            logits = in_batches(net, x, size, torch.arange(len(order)))
            found.append(accuracies(logits, y))
        result[f"n_{size}"] = spread(torch.stack(found).mean(0))
    return result


@torch.no_grad()
def convolutional(seeds: Sequence[int], data: Digits) -> dict[str, Any]:
    """Accuracy of a convolutional network in evaluation and in training mode."""
    x, found = folding.images(data.test_x), dict[str, list[Tensor]]()
    for seed in seeds[:CONVOLUTIONAL_SEEDS]:
        with torch.enable_grad():
            net = folding.trained(seed)
        right = (net.eval()(x).argmax(1) == data.test_y).float().mean()
        found.setdefault("eval", []).append(right)
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
        net.train()
        for size in SIZES:
            whole = order[: len(order) // size * size]
            answers = torch.cat(
                [net(x[index]).argmax(1) for index in whole.split(size)]
            )
            right = (answers == data.test_y[whole]).float().mean()
            found.setdefault(f"n_{size}", []).append(right)
    return {name: spread(torch.stack(values)) for name, values in found.items()}


def one_class(net: nn.Module, data: Digits) -> Tensor:
    """Accuracy in training mode when a batch holds all test images of one digit."""
    order = data.test_y.argsort(stable=True)
    sizes = data.test_y.bincount().tolist()
    count = len(next(net.parameters()))
    pieces = [
        outputs(net, data.test_x[:, index].expand(count, -1, -1))
        for index in order.split(sizes)
    ]
    return accuracies(torch.cat(pieces, -1), data.test_y[order])


def neighbours(net: nn.Module, data: Digits) -> dict[str, Any]:
    """How one image's probability of its own class varies with who is in its batch."""
    count = len(next(net.parameters()))
    generator = torch.Generator().manual_seed(2)
    result: dict[str, Any] = {}
    for size in NEIGHBOURS:
        ranges: list[Tensor] = []
        flips: list[Tensor] = []
        for probe in range(PROBES):
            x: list[Tensor] = []
            for _ in range(PARTNERS):
                partners = torch.randperm(len(data.test_y) - 1, generator=generator)
                partners = partners[: size - 1]
                partners = partners + (partners >= probe)  # anyone but the image itself
                x.append(data.test_x[:, torch.cat([torch.tensor([probe]), partners])])
            label = data.test_y[probe]
            logits = torch.stack(
                [outputs(net, one.expand(count, -1, -1))[:, :, 0] for one in x]
            )  # (partners, S, 10)
            chance = logits.softmax(-1)[:, :, label]
            ranges.append(chance.amax(0) - chance.amin(0))
            answers = logits.argmax(-1)
            flips.append((answers != answers[0]).any(0).float())
        result[f"n_{size}"] = {
            "range": spread(torch.stack(ranges).quantile(0.5, dim=0)),
            "widest": spread(torch.stack(ranges).amax(0)),
            "answer_changes": spread(torch.stack(flips).mean(0)),
        }
    # In evaluation mode: alone, and among all the others.
    alone = evaluated(net, data.test_x[:, :1], count).softmax(1)
    among = evaluated(net, data.test_x, count).softmax(1)[:, :, :1]
    result["eval"] = round((alone - among).abs().max().item(), 5)
    return result


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train both networks, then change the test images, or only their batches."""
    data = digits()
    epoch = data.train_x.size(1) // BATCH_SIZE
    arguments = seeds, data
    net = trained(*arguments, RATES["batch_norm"], BATCH_SIZE, EPOCHS * epoch)
    plain = trained(
        *arguments, RATES["plain"], BATCH_SIZE, 2 * EPOCHS * epoch, batch_norm=False
    )
    accuracy = shifted(net, plain, data)
    sorted_by_class = one_class(net, data)
    counts = {
        f"{name}_running_below_plain": sum(
            ours < theirs
            for ours, theirs in zip(
                one["running"]["seeds"], one["plain"]["seeds"], strict=True
            )
        )
        for name, one in accuracy.items()
    }
    return {
        "counts": counts,
        "accuracy": accuracy,
        "sizes": batch_sizes(net, data),
        "one_class": spread(sorted_by_class),
        "neighbours": neighbours(net, data),
        "convolutional": convolutional(seeds, data),
    }


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    accuracy, sizes = result["accuracy"], result["sizes"]
    near = result["neighbours"]
    seeds = len(result["one_class"]["seeds"])
    affine = ("contrast", "brightness")
    counts = result["counts"]

    def median(change: str, arm: str) -> float:
        return accuracy[change][arm]["median"]

    return {
        "on clean images the running statistics reach 95 % in every seed": (
            accuracy["clean"]["running"]["min"] > 0.95
        ),
        "another contrast or brightness costs them more than 10 points in the median": (
            all(
                median("clean", "running") - median(change, "running") > 0.1
                for change in affine
            )
        ),
        "it costs the network without batch norm less, in 9 of 10 seeds": all(
            counts[f"{change}_running_below_plain"] >= 0.9 * seeds for change in affine
        ),
        "the statistics of the batch undo a change of contrast or brightness": all(
            abs(median(change, "batch") - median("clean", "batch")) < 0.005
            for change in affine
        ),
        "so does recalibration on shifted training images without labels": all(
            accuracy[change]["recalibrated"]["min"] > 0.95 for change in affine
        ),
        "nothing undoes an inversion": all(
            one["max"] < 0.1 for one in accuracy["inverted"].values()
        ),
        "in training mode, batches of one class bring the accuracy to near chance": (
            result["one_class"]["max"] < 0.2
        ),
        "in training mode the accuracy falls with the batch size: below 50 % at two": (
            all(
                sizes[f"n_{small}"]["max"] < sizes[f"n_{large}"]["min"]
                for small, large in pairwise(SIZES)
            )
            and sizes["n_2"]["max"] < 0.5
        ),
        "and stays below evaluation mode at 32": (
            sizes["n_32"]["median"] < median("clean", "running") - 0.005
        ),
        "in a convolutional network, with 64 times as many values to a mean, batches "
        "of two cost less than 3 points": (
            result["convolutional"]["n_2"]["median"]
            > result["convolutional"]["eval"]["median"] - 0.03
        ),
        "in batches of 8 the probability of one image moves by more than half": (
            near["n_8"]["range"]["min"] > 0.5
            and near["n_32"]["range"]["max"] < near["n_8"]["range"]["min"] / 3
        ),
        "the answer changes for more than 40 % of the images, at 32 for some": (
            near["n_8"]["answer_changes"]["min"] > 0.4
            and near["n_32"]["answer_changes"]["min"] > 0.02
        ),
        "in evaluation mode not at all": near["eval"] == 0,
    }
