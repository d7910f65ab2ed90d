"""What those snippets cost that have no twin in torch.nn, beside what comes nearest.

A layer is timed forward and backward on a mini-batch, what changes or inspects a model
on fifty convolutions with batch norm. `python -m scripts.benchmark.costs` with a rank
and a folder is one of the two processes of SyncBatchNorm.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.benchmark.deep_net import INPUT, LAYERS, network
from scripts.benchmark.machine import machine
from scripts.benchmark.pairing import Call, Spread, paired, spread
from snippets.batch_norm.batch_norm_backward import (
    gradients_by_projection,
    gradients_step_by_step,
)
from snippets.batch_norm.freeze import freeze_batch_norm
from snippets.batch_norm.masked import masked_batch_norm
from snippets.batch_norm.no_decay import no_decay_groups
from snippets.batch_norm.recalibrate import recalibrate_batch_norm
from snippets.batch_norm.report import batch_norm_report
from snippets.batch_norm.synchronize import SyncBatchNorm
from snippets.batch_norm.to_group_norm import batch_norm_to_group_norm
from snippets.dropout.drop_path import DropPath
from snippets.dropout.fixed_mask import FixedMaskDropout
from snippets.dropout.keep_probability_dropout import KeepProbabilityDropout
from snippets.dropout.mc_dropout import mc_dropout
from snippets.initialization.initialize import initialize
from snippets.initialization.layer_statistics import LayerStatistics
from snippets.norms.standardize import Standardize

Done = Callable[[str], object]
Pair = tuple[Call, Call]  # the snippet, and what it is held against

IMAGES = (16, 64, 16, 16)
TOKENS = (32, 128, 256)
BATCHES = 4  # that recalibration sees
SAMPLES = 30  # of mc_dropout
ROUNDS = 11
CALLS = 20  # of SyncBatchNorm in a round


def run(done: Done) -> dict[str, Any]:
    """Measure all; `done` hears the name of what has been measured."""
    about = machine()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    costs: dict[str, dict[str, Spread]] = {}
    for name, pair in PAIRS.items():
        costs[name] = paired(*pair())
        done(name)
    costs["synchronize"] = two_processes()
    done("synchronize")
    return {
        "machine": about,
        "images": " × ".join(map(str, IMAGES)),
        "tokens": " × ".join(map(str, TOKENS)),
        "layers": LAYERS,
        "batches": BATCHES,
        "samples": SAMPLES,
        "costs": costs,
    }


def _step(layer: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Call:
    """Forward and backward of a layer on random numbers."""
    x, gradient = torch.randn(shape, requires_grad=True), torch.randn(shape)
    leaves = [x, *layer.parameters()] if isinstance(layer, nn.Module) else [x]
    leaves = [leaf for leaf in leaves if leaf.requires_grad]
    return lambda: torch.autograd.grad(layer(x), leaves, gradient)


def _backward(gradients: Callable[[Tensor, Tensor, Tensor], object]) -> Pair:
    """All gradients, with what they need of forward; torch's, forward and backward."""
    x, weight = torch.randn(IMAGES), torch.randn(IMAGES[1])
    grad_output = torch.randn(IMAGES)
    leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    bias = torch.zeros(IMAGES[1], requires_grad=True)

    def theirs() -> object:
        y = F.batch_norm(leaves[0], None, None, leaves[1], bias, training=True)
        return torch.autograd.grad(y, [*leaves, bias], grad_output)

    return lambda: gradients(grad_output, x, weight), theirs


def _freeze() -> Pair:
    """A step through a frozen layer, and through one in training."""
    frozen = nn.Sequential(nn.BatchNorm2d(IMAGES[1]))
    freeze_batch_norm(frozen)
    frozen.train()
    return _step(frozen, IMAGES), _step(nn.BatchNorm2d(IMAGES[1]), IMAGES)


def _masked() -> Pair:
    """Three tokens of four count; torch's counts all."""
    shape = (TOKENS[0], TOKENS[2], TOKENS[1])  # (N, C, L)
    mask = torch.rand(shape[0], shape[2]) < 0.75
    mean, var = torch.zeros(shape[1]), torch.ones(shape[1])
    weight, bias = torch.ones(shape[1]), torch.zeros(shape[1])
    layer = nn.BatchNorm1d(shape[1], affine=False)

    def ours(x: Tensor) -> Tensor:
        return masked_batch_norm(x, mask, mean, var, weight, bias, training=True)

    return _step(ours, shape), _step(layer, shape)


def _no_decay() -> Pair:
    """Sort the parameters of a network, and make a list of them."""
    model = network()
    return lambda: no_decay_groups(model, 0.1), lambda: list(model.parameters())


def _recalibrate() -> Pair:
    """Recalibrate with some batches, and only run them."""
    model, batches = network(), [torch.randn(INPUT) for _ in range(BATCHES)]
    other = copy.deepcopy(model).train()

    def forwards() -> None:
        with torch.no_grad():
            for batch in batches:
                other(batch)

    return lambda: recalibrate_batch_norm(model, batches), forwards


def _report() -> Pair:
    """Report with a batch, and only run it."""
    model, x = network(), torch.randn(INPUT)
    return lambda: batch_norm_report(model, x), _forward(model, x)


def _forward(model: nn.Module, x: Tensor) -> Call:
    """Forward without a graph."""

    def call() -> Tensor:
        with torch.no_grad():
            return model(x)

    return call


def _to_group_norm() -> Pair:
    """Convert a network, and only copy it."""
    model = network()
    return lambda: batch_norm_to_group_norm(model), lambda: copy.deepcopy(model)


def _standardize() -> Pair:
    """Standardize a batch, and do it with numbers at hand."""
    x = torch.randn(IMAGES)
    layer = Standardize(IMAGES[1])
    layer.fit([x])
    mean, std = torch.zeros(1, IMAGES[1], 1, 1), torch.ones(1, IMAGES[1], 1, 1)
    return lambda: layer(x), lambda: (x - mean) / std


def _drops(ours: nn.Module) -> Callable[[], Pair]:
    """A step, and one through nn.Dropout."""
    return lambda: (_step(ours, TOKENS), _step(nn.Dropout(0.5), TOKENS))


def _mc() -> Pair:
    """Many predictions, and one."""
    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10)
    )
    x = torch.randn(256, 784)
    return lambda: mc_dropout(model, x, SAMPLES), _forward(model.eval(), x)


def _initializes() -> Pair:
    """He initialization of a network by the snippet, and by nn.init."""
    model, other = network(), network()

    def theirs() -> None:
        for layer in other.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)

    return lambda: initialize(model), theirs


def _layer_statistics() -> Pair:
    """A step of a network while it is watched, and without."""
    model, x = network().train(), torch.randn(INPUT)

    def theirs() -> None:
        model.zero_grad()
        model(x).sum().backward()

    def ours() -> None:
        with LayerStatistics(model):
            theirs()

    return ours, theirs


PAIRS: dict[str, Callable[[], Pair]] = {
    "batch_norm_backward": lambda: _backward(gradients_by_projection),
    "batch_norm_backward_steps": lambda: _backward(gradients_step_by_step),
    "freeze": _freeze,
    "masked": _masked,
    "no_decay": _no_decay,
    "recalibrate": _recalibrate,
    "report": _report,
    "to_group_norm": _to_group_norm,
    "standardize": _standardize,
    "drop_path": _drops(DropPath(0.5)),
    "fixed_mask": _drops(FixedMaskDropout(0.5)),
    "keep_probability_dropout": _drops(KeepProbabilityDropout(0.5)),
    "mc_dropout": _mc,
    "initialize": _initializes,
    "layer_statistics": _layer_statistics,
}


def two_processes() -> dict[str, Spread]:
    """SyncBatchNorm over two processes, and nn.BatchNorm2d in each of them."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "scripts.benchmark.costs"]
        ranks = [
            subprocess.Popen([*words, str(rank), folder], env=dict(os.environ))
            for rank in range(2)
        ]
        ended = [rank.wait(300) for rank in ranks]
        if any(ended):
            sys.exit("a process of SyncBatchNorm failed")
        return json.loads((Path(folder) / "0.json").read_bytes())


def rank(number: int, folder: Path) -> None:
    """Measure in one of two processes; both do the same number of steps."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=number, world_size=2
    )
    calls = (
        _step(SyncBatchNorm(IMAGES[1]), IMAGES),
        _step(nn.BatchNorm2d(IMAGES[1]), IMAGES),
    )
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(-1, ROUNDS):  # the first is to warm up
        for call, found in zip(calls, times, strict=True):
            dist.barrier()
            start = time.perf_counter()  # waiting for the other counts
            for _ in range(CALLS):
                call()
            if turn >= 0:
                found.append(1000 * (time.perf_counter() - start) / CALLS)
    ratios = [one / other for one, other in zip(*times, strict=True)]
    found = zip(("ours", "theirs", "ratio"), (*times, ratios), strict=True)
    text = json.dumps({name: spread(values) for name, values in found})
    (folder / f"{number}.json").write_text(text)
    dist.destroy_process_group()


def cost(measured: dict[str, Any], name: str) -> tuple[float, float]:
    """Return milliseconds, and how many times as long as what it is held against."""
    one = measured["costs"][name]
    return one["ours"]["median"], one["ratio"]["median"]


def report(measured: dict[str, Any]) -> list[str]:
    """Say what was measured, a line each."""
    found = [(name, *cost(measured, name)) for name in measured["costs"]]
    return [f"{name}: {ms:.3f} ms, {ratio:.2f} times" for name, ms, ratio in found]


def missed(_: dict[str, Any]) -> list[str]:
    """No aims are set."""
    return []


if __name__ == "__main__":
    rank(int(sys.argv[1]), Path(sys.argv[2]))
