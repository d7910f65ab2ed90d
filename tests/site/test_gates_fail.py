"""The gates of the browser fail on a fault planted for each.

Those that are functions of a file have theirs beside them: accessibility, the policy,
valid HTML, links, contrast, what is unused.
"""

import shutil
from pathlib import Path

import pytest

from scripts.website.math_font import missing
from tests.site.conftest import Visit
from tests.site.test_site import FIRST_VISIT, LAB, NEXT_PAGE, too_heavy, too_wide


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("console.error('planted')", "error: planted"),
        ("console.warn('planted')", "warning: planted"),
        ("setTimeout(() => { throw new Error('planted') })", "planted"),
        ("fetch('/book/none.json')", "404"),
        ("location.href.length", ""),
    ],
)
def test_a_complaint_of_the_browser_is_noted(
    visit: Visit, address: str, script: str, problem: str
) -> None:
    visit.page.goto(address)
    visit.page.evaluate(script)
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_timeout(200)
    assert bool(visit.problems) == bool(problem)
    assert all(problem in one for one in visit.problems)


def test_another_host_is_noted(visit: Visit) -> None:
    visit.page.set_content("<img src='http://127.0.0.1:9/pixel.png'>")
    assert "127.0.0.1:9" in visit.hosts
    assert any("failed: " in one for one in visit.problems)


@pytest.mark.parametrize(("width", "count"), [(320, 0), (321, 1), (1441, 4)])
def test_a_page_too_wide_is_named(visit: Visit, width: int, count: int) -> None:
    visit.page.set_content(
        f"<body style='margin:0'><div style='width:{width}px'>x</div>"
    )
    assert len(too_wide(visit.page)) == count


@pytest.mark.parametrize(
    ("path", "page", "rest", "found"),
    [
        ("a/", NEXT_PAGE, FIRST_VISIT - NEXT_PAGE, 0),
        ("a/", NEXT_PAGE, FIRST_VISIT - NEXT_PAGE + 1, 1),
        ("labs/a/", NEXT_PAGE, LAB - NEXT_PAGE, 0),
        ("a/", NEXT_PAGE + 1, FIRST_VISIT, 2),
    ],
)
def test_a_page_too_heavy_is_named(path, page, rest, found) -> None:
    sent = {f"/book/{path}": page, "/book/s.css": rest, "/book/figures/f.svg": 10**6}
    assert len(too_heavy(sent, path)) == found


def test_a_sign_that_the_font_lacks_is_named(site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    (copy / "assets").mkdir(parents=True)
    for font in (site / "assets").glob("*.woff2"):
        shutil.copy(font, copy / "assets")
    page = copy / "index.html"
    page.write_text("<math><mi>x</mi></math>", encoding="utf-8")
    assert missing(copy) == set()
    page.write_text("<math><mi>x</mi><mo>\N{SNOWMAN}</mo></math>", encoding="utf-8")
    assert missing(copy) != set()
