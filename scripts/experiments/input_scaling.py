"""What does it do to gradient descent when the inputs differ in scale or in mean?

Source 002 feeds two features, one within ±200 and one within ±10, and says that the
wide one causes large weights and so large updates. Here: linear regression on them by
gradient descent on the mean squared error, whose Hessian is 2 E[x xᵀ]; no part of it
depends on the weights. Its condition number, with and without a bias; the largest rate
that converges, and what happens 1 % below and above it; the steps at the best rate,
2 / (smallest + largest eigenvalue), until the excess over the smallest loss has fallen
by a factor of a thousand. With a bias the target is shifted by 1: were its mean 0, the
bias would have next to nothing to learn, and a rate that ignores its slow direction
would need a thirtieth of the steps. The same with a shifted mean and with correlated
features.

And on real images: how far a small network gets in a hundred steps, by learning rate,
when the same pixels are given as 0 to 255, as 0 to 1, and standardized; and as 0 to 255
to a network whose first weights were drawn 255 times smaller.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from scripts.experiments.digits_mlp import standardized, test, train
from scripts.experiments.parts.digits import DIGITS, Digits, digits
from scripts.experiments.parts.spread import band, spread
from scripts.experiments.parts.stacked import stack
from snippets.initialization.initialize import initialize
from snippets.norms.standardize import Standardize

DATA = f"500 points with two uniform features, within ±200 and ±10; {DIGITS}"
SEEDS = range(10)
POINTS = 500
RANGES = (200.0, 10.0)
NOISE = 0.1  # standard deviation; the target's is 0.8
OFFSET = 1.0  # of the target where there is a bias, so that it has something to learn
SHIFT = 5.0  # of the mean, in standard deviations
CORRELATION = 0.95
REDUCTION = 1e-3  # of the excess loss
MOST_STEPS = 200_000
BESIDE_THE_LIMIT = (0.99, 1.01)  # times the largest stable rate
BESIDE_STEPS = 1000
PATH_RATE, PATH_STEPS = 0.9, 40  # of the drawn path: a share of the largest stable rate
SHOWN_POINTS = 120

WIDTHS = (64, 32, 10)
BATCH_SIZE = 64
LEARNING_RATES = tuple(10 ** (power / 2) for power in range(-10, 2))  # 1e-5 … 3
UPDATES = 100

# The first part is arithmetic in float64. At the highest rates the network's path
# depends on rounding.
TOLERANCE: dict[str, tuple[float, float] | None] = {
    "*": (1e-4, 1e-9),
    "*.growth.*": (0.01, 0),
    "pixels.*": (0, 0.03),
    "pixels.*.by_rate.*": (0, 0.2),
    "pixels.*.best_rate": (0.7, 0),  # the next rate, where two are equally good
}


def points(seed: int) -> tuple[Tensor, Tensor]:
    """Inputs (POINTS, 2) and targets; each feature matters as much as the other."""
    generator = torch.Generator().manual_seed(seed)
    unit = 2 * torch.rand(POINTS, 2, generator=generator, dtype=torch.float64) - 1
    noise = torch.randn(POINTS, generator=generator, dtype=torch.float64)
    return unit * torch.tensor(RANGES), unit.sum(1) + NOISE * noise


def scaled(x: Tensor) -> Tensor:
    """Standardize with the snippet."""
    standardize = Standardize(x.size(1))
    standardize.fit([x])
    return standardize(x)


def correlated(x: Tensor) -> Tensor:
    """Standardized features, of which the second follows the first."""
    z = scaled(x)
    second = CORRELATION * z[:, 0] + (1 - CORRELATION**2) ** 0.5 * z[:, 1]
    return scaled(torch.stack([z[:, 0], second], dim=1))


def whitened(x: Tensor) -> Tensor:
    """Decorrelate too: centre, rotate onto the principal axes, divide by their std."""
    centred = x - x.mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(x))
    return centred @ axes / variances.sqrt()


def variants(x: Tensor) -> dict[str, Tensor]:
    """The same points prepared in several ways."""
    return {
        "raw": x,
        "standardized": scaled(x),
        "shifted": scaled(x) + SHIFT,
        "correlated": correlated(x),
        "whitened": whitened(correlated(x)),
    }


def with_bias(x: Tensor) -> Tensor:
    """Append the constant feature whose weight is the bias."""
    return torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)


def quadratic(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Hessian of the mean squared error, and the weights with the smallest loss."""
    hessian = 2 * x.T @ x / len(x)
    return hessian, torch.linalg.solve(hessian, 2 * x.T @ y / len(x))


def excess(hessians: Tensor, errors: Tensor) -> Tensor:
    """Loss above the smallest one, (S,)."""
    return 0.5 * torch.einsum("si,sij,sj->s", errors, hessians, errors)


def descend(hessians: Tensor, errors: Tensor, rates: Tensor) -> Tensor:
    """One step of full-batch gradient descent on S problems; errors are w - best."""
    return errors - rates[:, None] * torch.einsum("sij,sj->si", hessians, errors)


def measured(inputs: list[Tensor], targets: list[Tensor]) -> dict[str, Any]:
    """Condition, largest stable rate and steps; weights start at zero."""
    problems = [quadratic(x, y) for x, y in zip(inputs, targets, strict=True)]
    hessians = torch.stack([hessian for hessian, _ in problems])
    start = torch.stack([-best for _, best in problems])
    eigenvalues = torch.linalg.eigvalsh(hessians)
    smallest, largest = eigenvalues[:, 0], eigenvalues[:, -1]
    limit = 2 / largest
    first = excess(hessians, start)

    growth: list[Tensor] = []
    for factor in BESIDE_THE_LIMIT:
        errors = start
        for _ in range(BESIDE_STEPS):
            errors = descend(hessians, errors, factor * limit)
        growth.append(excess(hessians, errors) / first)

    steps = torch.full((len(inputs),), MOST_STEPS + 1)
    errors, best = start, 2 / (smallest + largest)
    for step in range(1, MOST_STEPS + 1):
        errors = descend(hessians, errors, best)
        arrived = (excess(hessians, errors) <= REDUCTION * first) & (steps > step)
        steps[arrived] = step
        if (steps <= step).all():
            break
    return {
        "condition": spread(largest / smallest),
        "largest_rate": spread(limit),
        "growth": {"below": spread(growth[0]), "above": spread(growth[1])},
        "steps": spread(steps.double()),
    }


def gradients(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Ratios of the wide feature to the narrow one: weights, and their gradients."""
    _, best = quadratic(x, y)
    found = {"weight": best[0] / best[1]}
    starts = {"at_zero": torch.zeros(2), "at_best": best, "exchanged": best.flip(0)}
    for name, weights in starts.items():
        each = (x @ weights.double() - y)[:, None] * x  # of every point, but for a 2
        size = each.square().mean(0).sqrt()
        found[name] = size[0] / size[1]
    return found


def shares(seed: int) -> tuple[Tensor, Tensor]:
    """Share of standardized values beyond ±2: uniform ones, and Gaussian ones."""
    x, _ = points(seed)
    generator = torch.Generator().manual_seed(seed)
    gaussian = torch.randn(POINTS, 2, generator=generator, dtype=torch.float64)
    uniform, normal = ((scaled(one).abs() > 2).double().mean() for one in (x, gaussian))
    return uniform, normal


def drawn(x: Tensor, y: Tensor) -> dict[str, Any]:
    """What the figure needs of one seed: points, Hessian, best weights, path."""
    hessian, best = quadratic(x, y)
    rate = PATH_RATE * 2 / torch.linalg.eigvalsh(hessian)[-1]
    errors = [-best]
    for _ in range(PATH_STEPS):
        errors.append(descend(hessian[None], errors[-1][None], rate[None])[0])
    return {
        "points": x[:SHOWN_POINTS].T.tolist(),
        "hessian": hessian.tolist(),
        "best": best.tolist(),
        "path": (torch.stack(errors) + best).T.tolist(),
        "left": (excess(hessian[None], errors[-1][None]))[0].item()
        / (excess(hessian[None], errors[0][None]))[0].item(),
    }


def network(seed: int) -> nn.Sequential:
    """64-32-10 with ReLU, He's initialization."""
    torch.manual_seed(seed)
    layers = nn.Sequential(nn.Linear(*WIDTHS[:2]), nn.ReLU(), nn.Linear(*WIDTHS[1:]))
    return initialize(layers, "he")


def encodings(data: Digits) -> dict[str, Digits]:
    """The same pixels in three ranges; those of data are from 0 to 1."""
    bytes_ = data._replace(train_x=255 * data.train_x, test_x=255 * data.test_x)
    return {"bytes": bytes_, "unit": data, "standardized": standardized(data)}


def accuracies(
    data: Digits, seeds: Sequence[int], divisor: float = 1
) -> dict[str, Any]:
    """Test accuracy after UPDATES steps at every rate, and at the best of them."""
    networks = [network(seed) for _ in LEARNING_RATES for seed in seeds]
    for one in networks:
        next(one.parameters()).data /= divisor  # the first layer's weights
    net = stack(networks)
    rates = torch.tensor(LEARNING_RATES).repeat_interleave(len(seeds))
    for _ in train(net, data, seeds, rates, UPDATES):
        pass
    accuracy = test(net, data, len(rates))[1].view(len(LEARNING_RATES), -1)
    best = int(accuracy.quantile(0.5, dim=1).argmax())
    return {
        "best_rate": LEARNING_RATES[best],
        "accuracy": spread(accuracy[best]),
        "by_rate": band(accuracy),
    }


def run(seeds: Sequence[int]) -> dict[str, Any]:
    """Measure the quadratic problems, then train on the images."""
    data = [points(seed) for seed in seeds]
    targets = [y for _, y in data]
    prepared = [variants(x) for x, _ in data]
    result: dict[str, Any] = {}
    for name in prepared[0]:
        inputs = [one[name] for one in prepared]
        result[name] = {
            "no_bias": measured(inputs, targets),
            "bias": measured(
                [with_bias(x) for x in inputs], [y + OFFSET for y in targets]
            ),
        }
    ratios = [gradients(x, y) for x, y in data]
    result["ratio"] = {
        name: spread(torch.stack([one[name] for one in ratios])) for name in ratios[0]
    }
    uniform, normal = zip(*(shares(seed) for seed in seeds), strict=True)
    result["beyond_2"] = {
        "uniform": spread(torch.stack(uniform)),
        "gaussian": spread(torch.stack(normal)),
    }
    x, y = data[0]
    result["drawn"] = {"raw": drawn(x, y), "standardized": drawn(scaled(x), y)}
    pixels: dict[str, Any] = {"rates": list(LEARNING_RATES)}
    images = encodings(digits())
    for name, one in images.items():
        pixels[name] = accuracies(one, seeds)
    pixels["bytes_small_weights"] = accuracies(images["bytes"], seeds, 255)
    result["pixels"] = pixels
    result["path"] = {"rate": PATH_RATE, "steps": PATH_STEPS}
    result["updates"] = UPDATES
    return result


def check(result: dict[str, Any]) -> dict[str, bool]:
    """What the pages say of it."""
    kinds = ("raw", "standardized", "shifted", "correlated", "whitened")

    def of(name: str, key: str, bias: str = "bias") -> dict[str, Any]:
        return result[name][bias][key]

    pixels = result["pixels"]
    ratio = result["ratio"]
    return {
        "raw: the condition number is above 300 without bias, above 10 000 with one": (
            of("raw", "condition", "no_bias")["min"] > 300
            and of("raw", "condition")["min"] > 10_000
        ),
        "standardized: it is below 1.5, with and without": all(
            of("standardized", "condition", bias)["max"] < 1.5
            for bias in ("bias", "no_bias")
        ),
        "a mean of 5 deviations brings it above 1 000 with a bias": (
            of("shifted", "condition")["min"] > 1000
        ),
        "correlation leaves it above 30 after standardizing; whitening makes it 1": (
            of("correlated", "condition")["min"] > 30
            and of("whitened", "condition")["max"] < 1.001
        ),
        "1 % below the largest stable rate the loss falls, 1 % above it explodes": all(
            of(name, "growth", bias)["below"]["max"] < 1
            and of(name, "growth", bias)["above"]["min"] > 1e6
            for name in kinds
            for bias in ("bias", "no_bias")
        ),
        "standardizing raises the largest stable rate by more than 10 000": (
            of("standardized", "largest_rate")["min"]
            > 10_000 * of("raw", "largest_rate")["max"]
        ),
        "steps: more than 10 000 raw, at most 6 standardized": (
            of("raw", "steps")["min"] > 10_000
            and of("standardized", "steps")["max"] <= 6
        ),
        "a shifted mean costs more than 50 times the steps, correlation more than 10": (
            of("shifted", "steps")["min"] > 50 * of("standardized", "steps")["max"]
            and of("correlated", "steps")["min"]
            > 10 * of("standardized", "steps")["max"]
        ),
        "the wide feature needs a twentieth of the weight and gets more than 15 times "
        "the gradient, whatever the weights are": (
            0.045 < ratio["weight"]["min"] <= ratio["weight"]["max"] < 0.055
            and all(ratio[k]["min"] > 15 for k in ("at_zero", "at_best", "exchanged"))
        ),
        "uniform features stay within ±2, 3 to 7 % of Gaussian values do not": (
            result["beyond_2"]["uniform"]["max"] == 0
            and result["beyond_2"]["gaussian"]["min"] > 0.03
            and result["beyond_2"]["gaussian"]["max"] < 0.07
        ),
        "pixels from 0 to 255 want a rate more than a hundred times smaller": (
            pixels["bytes"]["best_rate"] < pixels["unit"]["best_rate"] / 100
        ),
        "and even at its best they lag by more than 15 points in the median": (
            pixels["bytes"]["accuracy"]["median"]
            < pixels["unit"]["accuracy"]["median"] - 0.15
        ),
        "with first weights 255 times smaller they come within 10 points of it": (
            pixels["bytes_small_weights"]["accuracy"]["median"]
            > pixels["unit"]["accuracy"]["median"] - 0.1
        ),
        "standardized pixels are ahead of pixels from 0 to 1 in the median": (
            pixels["standardized"]["accuracy"]["median"]
            > pixels["unit"]["accuracy"]["median"]
        ),
    }
