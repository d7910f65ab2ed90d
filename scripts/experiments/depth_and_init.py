"""What becomes of the signal in ten layers, forward and backward, for five starts?

Source 004 (after the course CS231n) lists weights of 0.01·randn, 1.0·randn and Xavier,
and says that the second saturates and its gradients become zero. Here: ten layers of
200 units, 500 Gaussian inputs, cross-entropy against random labels; the spread of what
each layer puts out, the share that is saturated, the gradient of each layer's weights;
for tanh, ReLU and sigmoid, without batch norm and with it. LayerStatistics reads them.

Then whether such a depth trains: ten layers on handwritten digits, each activation with
its usual start, with and without batch norm, at the best of three learning rates.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized, test, train
from scripts.experiments.parts.digits import DIGITS, digits
from scripts.experiments.parts.spread import spread
from scripts.experiments.parts.stacked import stack
from snippets.batch_norm.batch_norm import BatchNorm
from snippets.initialization.initialize import initialize
from snippets.initialization.layer_statistics import LayerStatistics

DATA = f"500 standard Gaussian inputs of 200 features with random labels; {DIGITS}"
SEEDS = range(10)
LAYERS, WIDTH, SAMPLES, CLASSES = 10, 200, 500, 10

TRAINED_WIDTH = 32
TRAINED_SEEDS = 5
LEARNING_RATES = (0.1, 0.3, 1.0)
EPOCHS, BATCH_SIZE = 5, 64

# One pass of ten layers: rounding stays small, but where weights explode it is
# multiplied by them. Training at a high rate may differ by some images.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (0.02, 1e-4),
    "*.gradient.*": (0.05, 0),
    "*.ratio.*": (0.05, 0),
    "trained.*": (0, 0.06),
    "trained.*.rate": (0.9, 0),  # another rate, where two are equally good
}

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "elu": nn.ELU,
}
MEASURED = ("tanh", "relu", "sigmoid")
SCHEME: dict[str, Literal["he", "glorot", "lecun"]] = {
    "tanh": "glorot",
    "relu": "he",
    "sigmoid": "glorot",
    "elu": "lecun",
}
ARMS = ("plain", "batch_norm")


def normal(std: float) -> Callable[[nn.Module], object]:
    """Weights of one fixed standard deviation, as std * randn."""

    def start(net: nn.Module) -> None:
        for layer in net.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0, std)
                nn.init.zeros_(layer.bias)

    return start


STARTS: dict[str, Callable[[nn.Module], object]] = {
    "std_0_01": normal(0.01),
    "std_1": normal(1.0),
    "glorot": lambda net: initialize(net, "glorot"),  # LeCun's, too: fan_in = fan_out
    "he": lambda net: initialize(net, "he"),
}
# Batch norm divides the scale out: its two farthest starts stand for all.
NORMALIZED_STARTS = ("std_0_01", "std_1")


def network(
    seed: int, activation: str, batch_norm: bool, inputs: int, width: int
) -> nn.Sequential:
    """LAYERS hidden layers and an output layer."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for place in range(LAYERS):
        layers.append(nn.Linear(width if place else inputs, width))
        if batch_norm:
            layers.append(BatchNorm(width))
        layers.append(ACTIVATIONS[activation]())
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


def inspect(net: nn.Sequential, seed: int) -> dict[str, Tensor]:
    """Per hidden layer: std and saturated share of its output, gradient of weights."""
    generator = torch.Generator().manual_seed(1000 + seed)
    x = torch.randn(SAMPLES, WIDTH, generator=generator)
    y = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    with LayerStatistics(net) as statistics:
        F.cross_entropy(net(x), y).backward()
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    after = [
        statistics.layers[name]
        for name, layer in net.named_children()
        if isinstance(layer, tuple(ACTIVATIONS.values()))
    ]
    return {
        "std": torch.tensor([one["std"] for one in after]),
        "saturated": torch.tensor([one.get("saturated", 0.0) for one in after]),
        "gradient": torch.tensor(
            [one.weight.grad.norm().item() for one in linear[:LAYERS]]
        ),
    }


def signals(
    seeds: Sequence[int], activation: str, start: str, batch_norm: bool
) -> dict[str, Any]:
    """Medians over seeds, layer by layer; the ratios of the first to the last layer."""
    found: list[dict[str, Tensor]] = []
    for seed in seeds:
        net = network(seed, activation, batch_norm, WIDTH, WIDTH)
        STARTS[start](net)
        found.append(inspect(net, seed))
    seen = {key: torch.stack([one[key] for one in found]) for key in found[0]}
    gradient = seen["gradient"]
    return {
        "std": seen["std"].median(0).values.tolist(),
        "std_range": [seen["std"].min().item(), seen["std"].max().item()],
        "saturated": seen["saturated"].median(0).values.tolist(),
        "gradient": gradient.median(0).values.tolist(),
        "ratio": spread(gradient[:, 0] / gradient[:, -1]),
        "last_std": spread(seen["std"][:, -1]),
    }


def trained(seeds: Sequence[int], activation: str, batch_norm: bool) -> dict[str, Any]:
    """Test accuracy after EPOCHS at the best of the learning rates."""
    data = standardized(digits())
    networks: list[nn.Sequential] = []
    for _ in LEARNING_RATES:
        for seed in seeds:
            net = network(
                seed, activation, batch_norm, len(data.train_x), TRAINED_WIDTH
            )
            networks.append(initialize(net, SCHEME[activation]))
    net = stack(networks)
    rates = torch.tensor(LEARNING_RATES).repeat_interleave(len(seeds))
    for _ in train(
        net, data, seeds, rates, EPOCHS * (data.train_x.size(1) // BATCH_SIZE)
    ):
        pass
    accuracy = test(net, data, len(networks))[1].view(len(LEARNING_RATES), -1)
    medians = accuracy.quantile(0.5, dim=1)
    best = int(medians.argmax())
    return {
        "rate": LEARNING_RATES[best],
        "accuracy": spread(accuracy[best]),
        "best_of_all": accuracy.max().item(),
        "by_rate": medians.tolist(),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Inspect every start, then train."""
    result: dict[str, Any] = {"layers": LAYERS, "width": WIDTH}
    for activation in MEASURED:
        result[activation] = {
            start: {
                arm: signals(seeds, activation, start, arm == "batch_norm")
                for arm in ARMS
                if arm == "plain" or start in NORMALIZED_STARTS
            }
            for start in STARTS
        }
    few = list(seeds)[:TRAINED_SEEDS]
    result["trained"] = {
        activation: {arm: trained(few, activation, arm == "batch_norm") for arm in ARMS}
        for activation in ACTIVATIONS
    }
    result["trained_seeds"], result["epochs"] = len(few), EPOCHS
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    return {"x": True}
