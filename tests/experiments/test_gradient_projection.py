"""The claims of gradient_projection can fail."""

from typing import Any

import pytest
import torch

from scripts.experiments import gradient_projection
from scripts.experiments.gradient_projection import Cut, shares
from scripts.results import load
from snippets.batch_norm.batch_norm import BatchNorm
from tests.experiments.sabotage import FEW, broken, swapped


def test_three_seeds_hold_it() -> None:
    result = gradient_projection.run(FEW)
    assert not broken(gradient_projection.check(result))


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def affine_only(self: Any, x: torch.Tensor) -> torch.Tensor:
        self.x_hat = x * 1
        return self.weight * self.x_hat + self.bias

    monkeypatch.setattr(Cut, "forward", affine_only)
    said = broken(gradient_projection.check(gradient_projection.run(FEW)))
    assert "the bias stays" in said
    assert "the test loss is lowest with the full gradient" in said
    assert "above 94 %" in said


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("full", "both_cut", "the bias stays and the weight grows by less than 5 %"),
        ("full", "variance_cut", "lowest with the full gradient"),
        ("variance_cut", "mean_cut", "with the mean cut the bias moves"),
        ("full", "mean_cut", "cutting the mean still costs"),
        ("variance_cut", "mean_cut", "cutting the variance alone costs about"),
        ("first", "second", "in the first layer below a tenth"),
    ],
)
def test_swapped_labels_break_it(one: str, other: str, said: str) -> None:
    result = swapped(load("gradient_projection"), one, other)
    assert said in broken(gradient_projection.check(result))


def test_a_wrong_derivation_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    right = gradient_projection.gradients_by_projection

    def wrong(d_y, x, weight):  # forgets the part along x_hat
        d_x, d_w, d_b = right(d_y, x, weight)
        return d_x + 1e-6 * d_y, d_w, d_b

    monkeypatch.setattr(gradient_projection, "gradients_by_projection", wrong)
    said = broken(gradient_projection.check(gradient_projection.run(FEW[:1])))
    assert "three derivations" in said


def test_uncut_it_is_batch_norm() -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 4, 16, dtype=torch.float64, requires_grad=True)
    stacked = Cut(BatchNorm(12).double(), 3, "full")
    layer = BatchNorm(12).double()
    found = [stacked(x), layer(x.reshape(1, 12, 16)).view_as(x)]
    torch.testing.assert_close(*found)
    gradients = [torch.autograd.grad(y.pow(3).sum(), x)[0] for y in found]
    torch.testing.assert_close(*gradients)


def test_shares_of_known_gradients() -> None:
    x_hat = torch.tensor([[[1.0, -1.0, 1.0, -1.0]]])
    along = torch.ones(1, 1, 4)
    rest = torch.tensor([[[1.0, 1.0, -1.0, -1.0]]])
    for gradient, expected in (
        (along, (1, 0)),
        (3 * x_hat, (0, 1)),
        (along + x_hat + 2 * rest, (1 / 6, 1 / 6)),
    ):
        (found,) = shares(gradient, x_hat).tolist()
        assert found == pytest.approx(expected)
