"""Serve a built site as GitHub Pages does: with gzip, a path, its 404.html."""

import gzip
import http.server
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TEXT = {".html", ".css", ".js", ".json", ".svg", ".xml", ".py"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve with gzip and with 404.html, under a path, and count the bytes."""

    sent: dict[str, int]
    root: Path

    def do_GET(self) -> None:  # the name that the library calls
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
        asked = "gzip" in self.headers.get("Accept-Encoding", "")
        if asked and file.suffix in TEXT:
            body = gzip.compress(body, 9, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        type(self).sent[path] = len(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def published(site: Path, sent: dict[str, int] | None = None) -> Generator[str]:
    """Serve a site under /book/; give its address, note the bytes of each path."""
    handler = type(
        "SiteHandler", (Handler,), {"root": site, "sent": {} if sent is None else sent}
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/book/"
        server.shutdown()
