"""Time every layer against its twin, and folding and diagnosing a deep network."""

import os
import platform
from collections.abc import Callable, Iterator
from typing import Any

import torch

from scripts.benchmark import deep_net
from scripts.benchmark.layers import LAYERS, Twins, calls
from scripts.benchmark.pairing import paired, spread

AIMS = {"eager": 3.0, "compiled": 1.3}  # times as long as the twin, at most
MILLISECONDS = 50.0  # for folding or diagnosing, at most
COSTS = ("fold", "diagnose", "diagnose_with_batch")

Done = Callable[[str], object]


def run(done: Done) -> dict[str, Any]:
    """Measure all; `done` hears the name of what has been measured."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    machine = {
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],  # what else ran: 0 is a quiet machine
    }
    layers: dict[str, Any] = {}
    for name, twins in LAYERS.items():
        layers[name] = layer(twins)
        done(name)
    deep = deep_net.measure()
    done("deep_net")
    return {
        "aims": {mode: within(layers, mode, aim) for mode, aim in AIMS.items()},
        "deep_net": deep,
        "layers": layers,
        "machine": machine,
        "milliseconds": MILLISECONDS,
    }


def layer(twins: Twins) -> dict[str, Any]:
    """Time one layer on all its shapes; the ratio over all its cases of each mode."""
    shapes = {
        "x".join(map(str, shape)): {
            mode: {
                direction: paired(*pair)
                for direction, pair in calls(twins, shape, mode == "compiled").items()
            }
            for mode in AIMS
        }
        for shape in twins.shapes
    }
    ratios = {
        mode: spread(
            [
                one["ratio"]["median"]
                for by in shapes.values()
                for one in by[mode].values()
            ]
        )
        for mode in AIMS
    }
    return {"twin": twins.twin, "shapes": shapes, **ratios}


def cases(layers: dict[str, Any], mode: str) -> Iterator[tuple[str, float]]:
    """Every case of a mode in words, with its median ratio."""
    for name, one in layers.items():
        for shape, by in one["shapes"].items():
            for direction, measured in by[mode].items():
                words = f"{name} {shape} {direction.replace('_', ' + ')} {mode}"
                yield words, measured["ratio"]["median"]


def within(layers: dict[str, Any], mode: str, aim: float) -> dict[str, float]:
    """How many cases keep to the aim."""
    ratios = [ratio for _, ratio in cases(layers, mode)]
    return {
        "aim": aim,
        "cases": len(ratios),
        "within": sum(ratio <= aim for ratio in ratios),
    }


def missed(result: dict[str, Any]) -> list[str]:
    """Say in a sentence each where an aim is missed, the worst first."""
    found = [
        (ratio / aim, f"{words}: {ratio:.2f} times its twin (aim: {aim:g})")
        for mode, aim in AIMS.items()
        for words, ratio in cases(result["layers"], mode)
        if ratio > aim
    ]
    for name in COSTS:
        cost = result["deep_net"][name]["median"]
        if cost > MILLISECONDS:
            words = f"{name}: {cost:.0f} ms (aim: {MILLISECONDS:g} ms)"
            found.append((cost / MILLISECONDS, words))
    return [words for _, words in sorted(found, reverse=True)]
