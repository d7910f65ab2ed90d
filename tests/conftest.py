"""Copies of the repository, the built site, a browser; and what was looked at.

A test says how much it has looked at, `looked_at("links", 57)`; the summary adds up.
"""

import collections
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.benchmark.lighthouse import BROWSERS
from scripts.benchmark.suite import COUNTED

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "docs",
    "scripts",
    "snippets",
    "tests/mutation.json",
    "mkdocs.yml",
    "mkdocs.en.yml",
    "pyproject.toml",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The addresses of a project on GitHub Pages: everything lies under a path.
ADDRESS = "https://example.org/book/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped aloud, or fail where it is required."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.environ.get("REQUIRE_BROWSER"):
        raise pytest.UsageError(f"no browser found: none of {', '.join(BROWSERS)}")
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


LookedAt = Callable[[str, int], None]


@pytest.fixture
def looked_at(record_property: LookedAt) -> LookedAt:
    """Return what notes how many of something a test has looked at: all of them."""

    def note(what: str, number: int) -> None:
        assert what in COUNTED
        assert number > 0, f"no {what} at all"
        record_property(what, number)

    return note


def counted(passed: list[pytest.TestReport]) -> dict[str, int]:
    """Add up what the tests that passed have looked at."""
    total: collections.Counter[str] = collections.Counter()
    for report in passed:
        total.update({k: n for k, n in report.user_properties if k in COUNTED})
    return {what: total[what] for what in COUNTED if total[what]}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests have looked at."""
    total = counted(terminalreporter.stats.get("passed", []))
    if total:
        words = " · ".join(f"{number} {what}" for what, number in total.items())
        terminalreporter.write_line(f"looked at: {words}")


def copy_repository(target: Path) -> Path:
    """Copy what builds the site."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=ignore)
        else:
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / part)
    return target


def build(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `mkdocs build --strict` in a repository."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "HOME": str(repository), "SITE_URL": ADDRESS}
        | {"REPO_URL": "https://github.com/example/book", "NO_MKDOCS_2_WARNING": "1"},
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a copy of the repository, to change at will."""
    return copy_repository(tmp_path / "repository")


@pytest.fixture
def edit(repository: Path) -> Callable[[str, str, str], None]:
    """Return a function that replaces text in a file of the copy, once."""

    def replace(path: str, old: str, new: str) -> None:
        file = repository / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}: the fault cannot be planted"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once for each worker."""
    folder = tmp_path_factory.mktemp("built") / "book"
    done = build(ROOT, "--site-dir", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser, one for each worker: Playwright allows no second one."""
    program = next(p for p in map(shutil.which, BROWSERS) if p)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()
