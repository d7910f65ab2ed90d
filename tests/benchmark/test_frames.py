"""What counts as a frame a second, and as missed."""

import pytest

from scripts.benchmark.frames import AIM, DRAGGED, missed, per_second, report
from scripts.results import load
from scripts.website.symptoms import ROOT


def test_frames_a_second() -> None:
    assert per_second([0, 16.5, 33, 50]) == pytest.approx(60)
    assert per_second([0, 50, 100]) == pytest.approx(20)
    with pytest.raises(SystemExit, match="no frames"):
        per_second([7.0])


@pytest.mark.parametrize(("rate", "late"), [(60.0, False), (59.6, False), (59.4, True)])
def test_what_is_missed_is_named(rate: float, late: bool) -> None:
    one = {"median": rate, "min": 50.0, "max": 60.0}
    measured = {"aim": AIM, "dragged": {"batch": one}}
    assert missed(measured) == [f"batch: {rate} frames a second (aim: 60)"] * late
    assert report(measured) == [f"batch: {rate:.1f} frames a second (50.0 to 60.0)"]


def test_every_instrument_is_dragged_and_the_lowest_is_named() -> None:
    modules = {path.stem for path in (ROOT / "docs/assets/interactive").glob("*.js")}
    assert {name for name, *_ in DRAGGED.values()} == modules - {"instrument"}
    measured = load("frames")
    assert set(measured["dragged"]) == set(DRAGGED)
    medians = [one["median"] for one in measured["dragged"].values()]
    assert (measured["lowest"], measured["highest"]) == (min(medians), max(medians))
