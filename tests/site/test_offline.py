"""The zip of `scripts/build --offline`, unpacked and opened as files."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from scripts.pages import DOCS, LANGUAGES, pages
from tests.conftest import copy_repository
from tests.site.conftest import Visit

NAME = "normalization-and-dropout"
PATHS = [
    ("" if language == "zh" else "en/")
    + page.relative_to(DOCS / language).with_suffix(".html").as_posix()
    for language in LANGUAGES
    for page in [*pages(language), *sorted(DOCS.glob(f"{language}/labs/*.ipynb"))]
]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the zip in a path with a space and Chinese characters; unpack it there."""
    folder = tmp_path_factory.mktemp("離線 阅读")
    repository = copy_repository(folder / "repository")
    shutil.copytree(DOCS.parent / "requirements", repository / "requirements")
    (repository / ".venv").symlink_to(DOCS.parent / ".venv")
    subprocess.run(
        [repository / "scripts" / "build", "--offline", "-q"],
        check=True,
        env={**os.environ, "SITE_URL": "https://example.org/book/"},
    )
    with zipfile.ZipFile(repository / f"{NAME}.zip") as packed:
        packed.extractall(folder)
    return folder / NAME


@pytest.mark.parametrize("path", PATHS)
def test_opens_as_a_file(visit: Visit, unpacked: Path, path: str) -> None:
    visit.page.goto((unpacked / path).as_uri())
    visit.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    visit.page.wait_for_load_state("networkidle")
    assert visit.problems == []
    assert visit.hosts == {""}
    broken = visit.page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).length"
    )
    assert broken == 0


@pytest.mark.parametrize("path", PATHS)
def test_links_to_files_that_are_there(unpacked: Path, path: str) -> None:
    page = unpacked / path
    links = re.findall(r'href="([^"#:?]+)', page.read_text(encoding="utf-8"))
    assert len(links) > 5
    ours = [link for link in links if link not in {"http", "https"}]
    missing = [link for link in ours if not (page.parent / link).is_file()]
    assert missing == []


@pytest.mark.parametrize(
    ("start", "query", "wanted"),
    [
        ("index.html", "滑动统计量", "batch-norm.html"),
        ("en/index.html", "only Tensors created explicitly", "en/batch-norm.html"),
    ],
)
def test_search_finds(
    visit: Visit, unpacked: Path, start: str, query: str, wanted: str
) -> None:
    visit.page.goto((unpacked / start).as_uri())
    visit.page.click(".md-search__input")
    visit.page.fill(".md-search__input", query)
    first = visit.page.locator(".md-search-result__link").first
    first.wait_for()
    assert wanted in (first.get_attribute("href") or "")
    assert visit.problems == []


def test_switch_and_copy(visit: Visit, unpacked: Path) -> None:
    visit.page.goto((unpacked / "batch-norm.html").as_uri())
    visit.page.locator("[data-md-type=copy]").first.click()
    visit.page.wait_for_selector(".site-said:not(:empty)", state="attached")
    visit.page.click("[data-language-switch]")
    visit.page.wait_for_url("**/en/batch-norm.html*")
