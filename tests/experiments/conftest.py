"""Experiments run as the runner runs them."""

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """One thread a process, and no denormal numbers."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
