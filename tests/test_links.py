"""Links to other sites: asked kindly, judged fairly. The other site is one of ours."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.digest import ROOT
from scripts.links import Answer, ask, ask_all, collect, table

PAGE = b'<!doctype html><p id="here">\xe4\xbd\x8d\xe7\xbd\xae<a name="old">x</a>'


class Handler(http.server.BaseHTTPRequestHandler):
    """A site whose paths say what it answers: /404, /moved, /429-then-200 …"""

    asked: list[str]
    agents: set[str]

    def do_GET(self) -> None:
        """Answer as the path says."""
        times = self.asked.count(self.path)
        self.asked.append(self.path)
        self.agents.add(self.headers["User-Agent"])
        first, _, later = self.path.strip("/").partition("-then-")
        status = later if times and later else first
        if status == "hangup":
            return
        self.send_response({"page": 200, "moved": 301}.get(status) or int(status))
        if status == "moved":
            self.send_header("Location", "/page")
        if status == "429":
            self.send_header("Retry-After", "0")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other() -> Iterator[tuple[str, type[Handler]]]:
    """Serve the other site; return its address and what it was asked."""
    handler = type("Other", (Handler,), {"asked": [], "agents": set()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "state", "why", "asked"),
    [
        ("/page", "fine", "", 1),
        ("/page#here", "fine", "", 1),
        ("/page#old", "fine", "", 1),
        ("/page#there", "open", "no place #there", 1),
        ("/moved", "moved", "to ", 2),
        ("/404", "gone", "404", 1),
        ("/410", "gone", "410", 1),
        ("/403", "open", "403", 1),
        ("/429", "open", "429", 3),
        ("/429-then-200", "fine", "", 2),
        ("/503", "open", "503", 3),
        ("/503-then-200", "fine", "", 2),
        ("/hangup", "open", "", 3),
    ],
)
def test_each_answer_is_judged(other, path, state, why, asked) -> None:
    address, handler = other
    found = ask(address + path, pause=0.01)
    assert (found.address, found.state) == (address + path, state)
    assert found.why.startswith(why)
    assert bool(found.why) == (state != "fine")
    assert len(handler.asked) == asked
    assert all("weekly check" in agent for agent in handler.agents)


def test_a_host_without_a_name_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ask("http://no-such-host.invalid/", pause=0.01)
    assert found.state == "gone"
    assert found.why


def test_a_port_where_nobody_listens_is_left_open() -> None:
    assert ask("http://127.0.0.1:9/", pause=0.01).state == "open"


def test_a_host_that_wants_a_pause_is_left_alone(other) -> None:
    address, handler = other
    found = ask_all([f"{address}/429", f"{address}/page"], pause=0.01)
    assert [one.state for one in found] == ["open", "open"]
    assert handler.asked == ["/429"] * 3


def site(folder: Path, *links: str) -> Path:
    """Write a page with these links, and one in a folder with the first."""
    (folder / "en").mkdir(parents=True)
    body = "".join(f'<a href="{one}">x</a>' for one in links)
    (folder / "index.html").write_text(body, encoding="utf-8")
    (folder / "en/index.html").write_text(f'<a href="{links[0]}">', encoding="utf-8")
    return folder


def test_only_other_sites_are_collected(tmp_path: Path) -> None:
    folder = site(tmp_path / "s", "https://a.example/#x", "b/", "#c", "mailto:d@e.f")
    assert collect(folder) == {"https://a.example/#x": ["en/index.html", "index.html"]}


def test_the_table_counts_and_shows_the_worst_first() -> None:
    answers = [Answer("a", "moved", "to b|c"), Answer("d", "gone"), Answer("e", "fine")]
    text = table(answers, {"a": ["p", "q", "r", "s"], "d": ["p"], "e": ["p"]})
    first, _, head, line, gone, moved = text.splitlines()
    assert first == "3 links to other sites: 1 fine, 1 moved, 0 open, 1 gone"
    assert head.count("|") == line.count("|") == gone.count("|") == 5
    assert gone == "| gone | d |  | p |"
    assert moved == "| moved | a | to b\\|c | p, q, r |"


def run(folder: Path, summary: Path) -> subprocess.CompletedProcess[str]:
    """Run the command on a built site."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.links", folder, "--pause=0.01"],
        cwd=ROOT,
        env={"PATH": "", "GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_what_is_gone_fails_the_command(tmp_path: Path, other) -> None:
    address, _ = other
    summary = tmp_path / "summary.md"
    links = [f"{address}/{path}" for path in ("page", "403")]
    done = run(site(tmp_path / "well", *links), summary)
    assert done.returncode == 0, done.stderr
    assert "1 fine, 0 moved, 1 open, 0 gone" in done.stdout
    assert summary.read_text() == done.stdout.removesuffix("\n")
    done = run(site(tmp_path / "ill", *links, f"{address}/404"), summary)
    assert done.returncode == 1
    assert f"| gone | {address}/404 | 404 Not Found | index.html |" in done.stdout


def test_no_network_and_no_site_are_named(tmp_path: Path) -> None:
    done = run(site(tmp_path / "site", "http://127.0.0.1:9/"), tmp_path / "summary")
    assert done.returncode == 1
    assert done.stderr == "error: no other site answered: is the network there?\n"
    done = run(tmp_path / "none", tmp_path / "summary")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no page links another site")
