"""The built site, served as GitHub Pages serves it, and a page to look at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from scripts.website.published import published


@pytest.fixture(scope="session")
def sent() -> dict[str, int]:
    """Return the bytes sent for each path, compressed; clear it before a visit."""
    return {}


@pytest.fixture(scope="session")
def address(site: Path, sent: dict[str, int]) -> Iterator[str]:
    """Serve the site under /book/ and return its address."""
    with published(site, sent) as where:
        yield where


class Visit:
    """A page and everything that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("requestfailed", lambda r: self.problems.append(f"failed: {r.url}"))
        page.on("request", lambda r: self.hosts.add(r.url.split("/")[2]))

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text}")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return a fresh page at desktop width."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield Visit(context.new_page())
    context.close()
