"""Fifty convolutions with batch norm: what folding gains and costs."""

from typing import Any

import torch
from torch import nn

from scripts.benchmark.pairing import alone, paired
from snippets.batch_norm.fold import fold_batch_norm
from snippets.diagnose.diagnose import diagnose

LAYERS = 50
CHANNELS = 64
INPUT = (4, CHANNELS, 8, 8)


def network() -> nn.Sequential:
    """Return convolution, batch norm, ReLU, many times, having seen some data."""
    model = nn.Sequential()
    for _ in range(LAYERS):
        model.append(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False))
        model.append(nn.BatchNorm2d(CHANNELS))
        model.append(nn.ReLU())
    with torch.no_grad():
        model(torch.randn(INPUT))
    return model.eval()


def measure() -> dict[str, Any]:
    """Milliseconds, and how many times as long the network takes when not folded."""
    model, x = network(), torch.randn(INPUT)
    folded = fold_batch_norm(model)
    with torch.no_grad():
        error = float((model(x) - folded(x)).abs().max())
        if error > 1e-3:
            raise ValueError(f"folded and not folded differ by {error}")
        inference = paired(lambda: model(x), lambda: folded(x))
    return {
        "layers": LAYERS,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "fold": alone(lambda: fold_batch_norm(model)),
        "diagnose": alone(lambda: diagnose(model)),
        "diagnose_with_batch": alone(lambda: diagnose(model, x)),
        "unfolded": inference["ours"],
        "folded": inference["theirs"],
        "gain": inference["ratio"],
    }
