"""The verbs: what they say when something is missing, and serving with live reload."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ("cat", "cksum", "dirname", "rm", "sed", "sh", "touch")


def program(path: Path, text: str) -> None:
    """Write an executable shell program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with the few programs that the verbs need, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or "")
    return folder


@pytest.fixture
def environment(repository: Path) -> Path:
    """Return a .venv in the copy that is this test's own Python, all installed."""
    shutil.copytree(ROOT / "requirements", repository / "requirements")
    venv = repository / ".venv"
    for name in ("mkdocs", "pytest"):
        program(venv / "bin" / name, f'exec "{sys.executable}" -m {name} "$@"')
    program(venv / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (venv / "made").touch()
    for purpose in ("site", "lab", "test", "weekly"):
        wanted = (repository / "requirements" / f"{purpose}.txt").read_bytes()
        stamp = subprocess.run(["cksum"], input=wanted, capture_output=True, check=True)
        (venv / purpose).write_bytes(stamp.stdout)
    return venv


def say(
    repository: Path, verb: str, *options: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a verb and return what it said."""
    return subprocess.run(
        [f"scripts/{verb}", *options],
        cwd=repository,
        env={**os.environ, "PATH": str(path or os.environ["PATH"])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "verb", ["serve", "build", "test", "check", "lock", "bench", "weekly"]
)
def test_no_python(repository: Path, tools: Path, verb: str) -> None:
    done = say(repository, verb, path=tools)
    assert done.returncode == 1
    assert done.stderr == "error: no Python found: install Python 3.11 or newer\n"


def test_python_too_old(repository: Path, tools: Path) -> None:
    program(tools / "python3", '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    done = say(repository, "serve", path=tools)
    assert done.returncode == 1
    assert done.stderr == (
        "error: Python 3.9.2 is too old: install Python 3.11 or newer\n"
    )


def test_no_network_for_the_install(repository: Path, environment: Path) -> None:
    (environment / "site").unlink()
    program(environment / "bin" / "python", "echo no route >&2; exit 1")
    done = say(repository, "build")
    assert done.returncode == 1
    assert "Installing requirements/site.txt" in done.stdout
    assert done.stderr.startswith("no route\nerror: could not install requirements/")
    assert "is the network there?" in done.stderr
    assert not (environment / "site").exists(), "a failed install was believed"


def test_the_second_time_nothing_is_installed(
    repository: Path, environment: Path
) -> None:
    for _ in range(2):
        done = say(repository, "build", "--quiet")
        assert done.returncode == 0, done.stderr
        assert "Installing" not in done.stdout
    with (repository / "requirements" / "site.txt").open("a") as file:
        file.write("# changed\n")
    program(environment / "bin" / "python", 'echo "$@" >>calls')
    say(repository, "build")
    calls = (repository / "calls").read_text(encoding="utf-8")
    assert calls.count("-m pip install") == 1


def test_weekly_says_what_it_can_do(repository: Path, environment: Path) -> None:
    done = say(repository, "weekly")
    assert done.returncode == 1
    assert done.stderr == "error: expected links, html or audit\n"


@pytest.mark.parametrize(
    ("what", "checker", "given"),
    [
        ("html", "java", ["--errors-only", "--skip-non-html", "vnu.jar"]),
        (
            "audit",
            "pip-audit",
            ["--strict"] + [f"{p}.txt" for p in ("site", "lab", "test", "weekly")],
        ),
    ],
)
def test_weekly_fails_when_a_checker_finds_something(
    repository: Path, environment: Path, what: str, checker: str, given: list[str]
) -> None:
    """The checkers are others'; that they are asked, and their verdict counts, ours."""
    for name in ("mkdocs", "npm"):
        program(environment / "bin" / name, "exit 0")
    program(environment / "bin" / checker, 'echo "$@"')
    done = say(repository, "weekly", what)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in given)
    program(environment / "bin" / checker, "echo a fault; exit 1")
    done = say(repository, "weekly", what)
    assert done.returncode == 1
    assert done.stdout == "a fault\n"


def test_the_nu_checker_is_silenced_only_where_it_is_too_old() -> None:
    text = (ROOT / "scripts" / "weekly").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"^newer='(.*)'$", text, re.MULTILINE)
    for name, silent in (("displaystyle", True), ("scriptlevel", True), ("id", False)):
        said = f"Attribute “{name}” not allowed on element “mrow” at this point."
        assert (re.fullmatch(pattern, said) is not None) == silent
    assert re.fullmatch(pattern, "Element “p” not allowed as child of “b”.") is None


def test_port_taken(repository: Path, environment: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        host, port = taken.getsockname()
        done = say(repository, "serve", "-a", f"{host}:{port}")
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {host}:{port} is taken: stop what listens there, "
        f"or run scripts/serve -a {host}:{port + 1}\n"
    )


@pytest.fixture
def served(repository: Path, environment: Path) -> Iterator[str]:
    """Run scripts/serve in the copy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["scripts/serve", "-a", f"127.0.0.1:{port}"],
        cwd=repository,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield f"http://127.0.0.1:{port}/"
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def wait_for(address: str, holds: Callable[[str], bool], seconds: float = 60) -> None:
    """Ask until the answer is as wanted."""
    end = time.monotonic() + seconds
    answer = ""
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                answer = response.read().decode()
            if holds(answer):
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{address} never answered as wanted: {answer[:300]}")


def test_serve_shows_both_languages_and_reloads_both(
    repository: Path, served: str
) -> None:
    pages = {"zh": served + "batch-norm/", "en": served + "en/batch-norm/"}
    for address in pages.values():
        wait_for(address, lambda html: "batch_norm.py" in html and "<math" in html)
    for language, address in pages.items():
        page = repository / "docs" / language / "batch-norm.md"
        text = page.read_text(encoding="utf-8")
        page.write_text(f"{text}\n\nReloaded-{language}.\n", encoding="utf-8")
        wait_for(address, lambda html, x=language: f"Reloaded-{x}." in html)
    snippet = repository / "snippets" / "batch_norm" / "demo_undo.py"
    snippet.write_text("print('a changed snippet')\n", encoding="utf-8")
    for address in pages.values():
        wait_for(address, lambda html: "a changed snippet" in html)
