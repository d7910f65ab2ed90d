"""The built site, served as GitHub Pages serves it, and a page to look at it."""

import gzip
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

TEXT = {".html", ".css", ".js", ".json", ".svg", ".xml", ".py"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve with gzip and with 404.html, under a path, and count the bytes."""

    sent: dict[str, int]
    root: Path

    def do_GET(self) -> None:
        """Answer as GitHub Pages does."""
        path = self.path.split("?")[0].split("#")[0]
        file = self.root / path.removeprefix("/").removeprefix("book/")
        if not path.startswith("/book"):
            file = self.root / "nowhere"
        if file.is_dir():
            file /= "index.html"
        status = 200 if file.is_file() else 404
        if status == 404:
            file = self.root / "404.html"
        body = file.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(file)))
        if file.suffix in TEXT:
            body = gzip.compress(body, 9, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        type(self).sent[path] = len(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def sent() -> dict[str, int]:
    """Return the bytes sent for each path, compressed; clear it before a visit."""
    return {}


@pytest.fixture(scope="session")
def address(site: Path, sent: dict[str, int]) -> Iterator[str]:
    """Serve the site under /book/ and return its address."""
    handler = type("SiteHandler", (Handler,), {"root": site, "sent": sent})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/book/"
        server.shutdown()


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
