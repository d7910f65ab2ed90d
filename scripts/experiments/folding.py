"""Does folding batch norm into the convolution in front of it change the answers?

Three times convolution, batch norm, ReLU, trained for a few steps so that the running
statistics are real; then folded. The error of the folded and of the unfolded network
against the unfolded one in 64 bits, in 64, 32 and 16 bits, on all test images; and what
is saved, counted: operations, values that are read and written, numbers that are kept.
"""

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.parts.digits import DIGITS, batches, digits
from scripts.experiments.parts.spread import spread
from snippets.batch_norm.fold import fold_batch_norm

DATA = DIGITS
SEEDS = range(5)
CHANNELS = (1, 8, 16, 16)
BATCH_SIZE, RATE, STEPS = 64, 0.05, 44  # two epochs
TYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
}

# The size of a rounding error, not its digits, is what stays the same elsewhere.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "counts.*": (0, 0),
    "accuracy.*": (0, 0.02),
    "error.*": (9, 1e-5),
    "error.bfloat16.*": (1, 0.02),
    "same_answer.*": (0.02, 0),
}


def network(seed: int) -> nn.Sequential:
    """Three convolutions with batch norm, then a linear layer."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(CHANNELS):
        layers += [
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * CHANNELS[-1], 10))


def images(x: Tensor) -> Tensor:
    """(64, n) -> (n, 1, 8, 8)."""
    return x.T.reshape(-1, 1, 8, 8).contiguous()


def trained(seed: int) -> nn.Sequential:
    """A network after STEPS steps, in evaluation mode."""
    data, net = digits(), network(seed)
    x = images(data.train_x)
    optimizer = torch.optim.SGD(net.parameters(), RATE, momentum=0.9)
    for index in batches(seed, len(x), BATCH_SIZE, STEPS):
        optimizer.zero_grad()
        F.cross_entropy(net(x[index]), data.train_y[index]).backward()
        optimizer.step()
    return net.eval()


def counted(net: nn.Sequential) -> dict[str, int]:
    """For one image: multiplications and additions, values moved, numbers kept."""
    found = {"layers": 0, "convolution": 0, "batch_norm": 0, "moved": 0}
    pixels, values = 64, 0
    for layer in net:
        if isinstance(layer, nn.Conv2d):
            each = layer.in_channels * 9
            values = layer.out_channels * pixels
            found["convolution"] += values * (2 * each - 1 + (layer.bias is not None))
            found["moved"] += layer.in_channels * pixels + values
        elif isinstance(layer, nn.BatchNorm2d):
            values = layer.num_features * pixels
            found["batch_norm"] += 2 * values  # x * scale + shift, those two at hand
            found["moved"] += 2 * values
        elif isinstance(layer, nn.ReLU):
            found["moved"] += 2 * values
        found["layers"] += isinstance(layer, nn.Conv2d | nn.BatchNorm2d)
    found["numbers"] = sum(t.numel() for t in net.state_dict().values())
    return found


@torch.no_grad()
def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Train, fold, compare in each type."""
    data = digits()
    x = images(data.test_x)
    error: dict[str, dict[str, list[Tensor]]] = {
        name: {"folded": [], "unfolded": []} for name in TYPES
    }
    same: dict[str, list[Tensor]] = {name: [] for name in TYPES}
    right: dict[str, list[Tensor]] = {"folded": [], "unfolded": []}
    counts: dict[str, dict[str, int]] = {}
    for seed in seeds:
        with torch.enable_grad():
            net = trained(seed)
        folded = fold_batch_norm(net)
        counts = {"unfolded": counted(net), "folded": counted(plain(folded))}
        exact = deepcopy(net).double()(x.double())
        for name, kind in TYPES.items():
            arms = {
                "unfolded": deepcopy(net).to(kind)(x.to(kind)).double(),
                # In 64 bits folding itself must be done in 64 bits.
                "folded": fold_batch_norm(deepcopy(net).double()).to(kind)(x.to(kind)),
            }
            for arm, y in arms.items():
                worst = (y.double() - exact).abs().max() / exact.abs().max()
                error[name][arm].append(worst)
            answers = [y.argmax(1) for y in arms.values()]
            same[name].append((answers[0] == answers[1]).double().mean())
        for arm, one in (("unfolded", net), ("folded", folded)):
            right[arm].append((one(x).argmax(1) == data.test_y).double().mean())
    return {
        "error": {
            name: {arm: spread(torch.stack(v)) for arm, v in arms.items()}
            for name, arms in error.items()
        },
        "same_answer": {name: spread(torch.stack(v)) for name, v in same.items()},
        "accuracy": {arm: spread(torch.stack(v)) for arm, v in right.items()},
        "counts": {
            **counts,
            "share": counts["unfolded"]["batch_norm"]
            / (counts["unfolded"]["batch_norm"] + counts["unfolded"]["convolution"]),
            "moved_share": 1 - counts["folded"]["moved"] / counts["unfolded"]["moved"],
        },
    }


def plain(folded: nn.Module) -> nn.Sequential:
    """The layers that are left: what only passes its input on costs nothing."""
    kept = [one for one in folded.children() if not isinstance(one, nn.Identity)]
    return nn.Sequential(*kept)


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    error, counts = result["error"], result["counts"]
    return {
        "in 32 bits the folded network is off by less than a millionth of the largest "
        "output, no more than the unfolded one": (
            error["float32"]["folded"]["max"] < 1e-6
            and error["float32"]["folded"]["median"]
            < 2 * error["float32"]["unfolded"]["median"]
        ),
        "in 64 bits by rounding only": error["float64"]["folded"]["max"] < 1e-14,
        "in bfloat16 by less than 2 %, as the unfolded one": all(
            one["max"] < 0.02 for one in error["bfloat16"].values()
        ),
        "every answer is the same in 32 bits": (
            result["same_answer"]["float32"]["min"] == 1
            and result["accuracy"]["folded"] == result["accuracy"]["unfolded"]
        ),
        "and at least 98 % of them in bfloat16": (
            result["same_answer"]["bfloat16"]["min"] > 0.98
        ),
        "three of six layers are gone": (
            counts["unfolded"]["layers"] == 6 and counts["folded"]["layers"] == 3
        ),
        "arithmetic is not what is saved: batch norm was below 2 % of it": (
            counts["share"] < 0.02
        ),
        "a third of the values read and written is": counts["moved_share"] > 1 / 3,
    }
