"""The 1 797 handwritten digits of scikit-learn, 8x8 pixels, split once for all."""

from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor

DIGITS = (
    "scikit-learn load_digits: 1797 handwritten digits of 8x8, 360 held out for test"
)


class Digits(NamedTuple):
    """Images (64, n) with pixels from 0 to 1, and labels (n,)."""

    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor


def digits() -> Digits:
    """Return 1437 images for training and 360 for testing, always the same."""
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images.T / 16, dtype=torch.float32)
    y = torch.tensor(labels)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    train, test = order[360:], order[:360]
    return Digits(x[:, train], y[train], x[:, test], y[test])


def batches(seed: int, count: int, size: int, steps: int) -> Tensor:
    """Indices (steps, size): shuffled anew each epoch, short last batch dropped."""
    generator = torch.Generator().manual_seed(seed)
    per_epoch = count // size
    epochs = -(-steps // per_epoch)
    orders = [torch.randperm(count, generator=generator) for _ in range(epochs)]
    whole = [order[: per_epoch * size].view(per_epoch, size) for order in orders]
    return torch.cat(whole)[:steps]
