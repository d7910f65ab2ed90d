"""The claims of regression_tanh_histograms can fail."""

import pytest

from scripts.experiments import regression_tanh, regression_tanh_histograms
from scripts.results import load
from tests.experiments.sabotage import broken, swapped


def test_without_batch_norm_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    main = {
        name: arm._replace(input_norm=False, norm=False)
        for name, arm in regression_tanh.MAIN.items()
    }
    monkeypatch.setattr(regression_tanh_histograms, "MAIN", main)
    said = broken(
        regression_tanh_histograms.check(regression_tanh_histograms.run((0,)))
    )
    assert "a tenth of it is in the eighth layers of the others" in said


@pytest.mark.parametrize("other", ["batch_norm", "scaled"])
def test_swapped_labels_break_it(other: str) -> None:
    result = swapped(load("regression_tanh_histograms"), "plain", other)
    said = broken(regression_tanh_histograms.check(result))
    assert "stands still at every epoch" in said
    assert "a tenth of it" in said


def test_swapped_kinds_and_lost_values_break_it() -> None:
    result = load("regression_tanh_histograms")
    result["plain"]["activation"][0][0][0] += 1
    assert "counts every value" in broken(regression_tanh_histograms.check(result))
    result = load("regression_tanh_histograms")
    result["plain"]["activation"][0][3] = [result["values"]] + [0] * 15
    assert "saturated at the start" in broken(regression_tanh_histograms.check(result))
    result = load("regression_tanh_histograms")
    for layers in result["plain"]["within"]:
        layers.reverse()
    said = broken(regression_tanh_histograms.check(result))
    assert "stands still" in said
    assert "in its first layer" in said
