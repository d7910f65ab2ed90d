"""What is kept of Lighthouse's answers, and what counts as missed."""

from typing import Any

import pytest

from scripts.benchmark.lighthouse import (
    CATEGORIES,
    TIMES,
    median,
    missed,
    read,
    report,
    summary,
)
from scripts.results import load

HOST = "http://127.0.0.1:1/book"


def answer(performance: float = 0.995) -> dict[str, Any]:
    sent = [
        (f"{HOST}/page/", 20_000, "Document"),
        (f"{HOST}/assets/style.css", 30_000, "Stylesheet"),
        (f"{HOST}/figures/x.svg", 9_000, "Image"),
    ]
    keys = ("url", "transferSize", "resourceType")
    items = [dict(zip(keys, one, strict=True)) for one in sent]
    times = dict(zip(TIMES.values(), (1000.0, 1500.0, 40.0, 0.01), strict=True))
    return {
        "categories": {c: {"score": 1.0} for c in CATEGORIES}
        | {"performance": {"score": performance}},
        "audits": {name: {"numericValue": value} for name, value in times.items()}
        | {"network-requests": {"details": {"items": items}}},
    }


def pages(**changed: float) -> dict[str, Any]:
    good = read(answer())
    bad = good | {k.replace("_", "-"): v for k, v in changed.items()}
    return {
        "a": {"mobile": good, "desktop": good},
        "b": {"mobile": bad, "desktop": good},
    }


def test_scores_are_hundredths_and_figures_do_not_count() -> None:
    found = read(answer())
    assert found["performance"] == 100  # Lighthouse shows 99.5 as 100, too
    assert read(answer(0.994))["performance"] == 99
    assert (found["first"], found["next"]) == (50_000, 20_000)
    assert (found["fcp"], found["lcp"], found["tbt"], found["cls"]) == (
        1000,
        1500,
        40,
        0.01,
    )


def test_a_page_that_does_not_load_ends_the_run() -> None:
    broken = {"runtimeError": {"message": "no page"}, "requestedUrl": HOST}
    with pytest.raises(SystemExit, match="no page"):
        read(broken)


def test_the_median_of_each_number() -> None:
    assert median([{"x": 1, "y": 9}, {"x": 3, "y": 7}, {"x": 2, "y": 8}]) == {
        "x": 2,
        "y": 8,
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"performance": 99}, ["b (mobile): performance 99"]),
        ({"best_practices": 96}, ["b (mobile): best-practices 96"]),
        ({"tbt": 101.0}, ["b (mobile): tbt 101 (budget: 100)"]),
        ({"cls": 0.03}, ["b (mobile): cls 0.03 (budget: 0.02)"]),
        ({"next": 25_001}, ["b (mobile): next 25001 (budget: 25000)"]),
    ],
)
def test_what_is_missed_is_named(changed: dict[str, float], words: list[str]) -> None:
    measured = {"pages": pages(**changed), "summary": summary(pages(**changed))}
    assert missed(measured) == words
    perfect = 1 if "performance" in changed or "best_practices" in changed else 2
    assert measured["summary"]["mobile"]["perfect"] == perfect
    assert measured["summary"]["desktop"]["perfect"] == 2
    assert len(report(measured)) == 2


def test_the_committed_summary_is_that_of_its_pages() -> None:
    committed = load("lighthouse")
    for device, found in summary(committed["pages"]).items():
        assert committed["summary"][device] == pytest.approx(found, rel=1e-5)
