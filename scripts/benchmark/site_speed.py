"""How long one waits for the site: fresh clone, edit, build, ten times the pages.

All in a clone in a temporary folder, which keeps the working tree as it is. A fresh
clone also installs what building needs, so that time depends on the network.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from scripts.benchmark.machine import machine
from scripts.benchmark.pairing import spread
from scripts.digest import ROOT
from scripts.results import load, names

Done = Callable[[str], object]

RUNS = 3
FACTORS = (1, 3, 10)
RELOAD_AIM = 2.0  # seconds from an edit to the page
BUILD_AIM = 1.5  # times as long as plain Material on the same Markdown
WARM_AIM = 5.0  # seconds
PATIENCE = 300.0  # seconds
PAGE = "batch-norm"
# Of the live reload the script changes with every build, and with every request.
RELOADER = re.compile(r"livereload\([^)]*\)")
# Plain Material knows neither our hooks nor our plugins.
OURS = ("hooks", "watch", "extra", "validation", "edit_uri", "repo_url", "INHERIT")


def run(done: Done) -> dict[str, Any]:
    """Measure all, in seconds; `done` hears the name of what has been measured."""
    about = machine()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]  # free now, and the same each time, as a reader's
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        start = time.perf_counter()
        command(["git", "clone", "--quiet", str(ROOT), str(clone)], Path(folder))
        with served(clone, port, start) as (address, fresh):
            done("fresh clone")
        warm: list[float] = []
        for _ in range(RUNS):
            with served(clone, port, time.perf_counter()) as (address, seconds):
                warm.append(seconds)
        done("warm start")
        with served(clone, port, time.perf_counter()) as (address, _):
            reload = {
                what: spread([edited(clone, address, what) for _ in range(RUNS)])
                for what in EDITS
            }
        done("edits")
        command(["git", "checkout", "--quiet", "."], clone)
        site = Path(folder) / "site"
        whole = [built(clone, "mkdocs.yml", site) for _ in range(RUNS)]
        done("build")
        plain_files = plain(clone)
        stock = [
            sum(built(clone, file, site, strict=False) for file in plain_files)
            for _ in range(RUNS)
        ]
        done("plain Material")
        growth: list[dict[str, float]] = []
        for factor in FACTORS:
            copies(clone, factor)
            seconds = built(clone, "mkdocs.yml", site, strict=False)
            pages = len(list(site.rglob("index.html")))
            growth.append({"factor": factor, "pages": pages, "seconds": seconds})
            done(f"{factor} times the pages")
    ours, theirs = spread(whole), spread(stock)
    each = [one["seconds"] / one["pages"] for one in growth]
    return {
        "machine": about,
        "fresh": fresh,
        "warm": spread(warm),
        "reload": reload,
        "build": ours,
        "plain": theirs,
        "times_plain": ours["median"] / theirs["median"],
        "growth": growth,
        "page": {"first": each[0], "last": each[-1], "ratio": each[-1] / each[0]},
        "experiments": experiments(),
        "aims": {"reload": RELOAD_AIM, "build": BUILD_AIM, "warm": WARM_AIM},
    }


def experiments() -> dict[str, float]:
    """Return how many there are, and the seconds that they took when last run."""
    took = [load(name)["about"]["seconds"] for name in names()]
    return {"count": len(took), "seconds": sum(took)}


def command(words: list[str], folder: Path, **settings: str) -> None:
    """Run a program to its end; what it says is shown when it fails."""
    ended = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{ended.stdout}{ended.stderr}")


def body(address: str) -> str | None:
    """Return what is served, or None while nothing is."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310  # http
            return RELOADER.sub("", answer.read().decode())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.perf_counter() + PATIENCE
    while not holds():
        if time.perf_counter() > end:
            sys.exit(f"nothing came within {PATIENCE:g} s")
        time.sleep(0.02)


@contextmanager
def served(clone: Path, port: int, start: float) -> Generator[tuple[str, float]]:
    """Run scripts/serve; give the address and the seconds until both languages came."""
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(
        ["scripts/serve", "--dev-addr", f"127.0.0.1:{port}"],
        cwd=clone,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(lambda: bool(body(address)) and bool(body(f"{address}en/{PAGE}/")))
        yield address, time.perf_counter() - start
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def edit_page(clone: Path) -> None:
    """Add a sentence."""
    path = clone / f"docs/zh/{PAGE}.md"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{time.monotonic_ns()}\n")


def edit_snippet(clone: Path) -> None:
    """Change the first line of the listing."""
    path = clone / "snippets/batch_norm/batch_norm.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"""', f'"""{time.monotonic_ns()} ', 1), "utf-8")


def edit_result(clone: Path) -> None:
    """Change every number that the page quotes from one result."""
    page = (clone / f"docs/zh/{PAGE}.md").read_text(encoding="utf-8")
    name = re.findall(r"\{\{ (\w+)\.", page)[0]
    path = clone / f"docs/results/{name}.json"
    result = json.loads(path.read_bytes())
    path.write_text(json.dumps(_grown(result)), encoding="utf-8")


def _grown(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _grown(one) if key != "about" else one for key, one in value.items()
        }
    if isinstance(value, list):
        return [_grown(one) for one in value]
    return value * 1.5 if isinstance(value, float) else value


EDITS: dict[str, Callable[[Path], None]] = {
    "page": edit_page,
    "snippet": edit_snippet,
    "result": edit_result,
}


def edited(clone: Path, address: str, what: str) -> float:
    """Return the seconds from an edit until the changed page is served."""
    before = body(f"{address}{PAGE}/")
    time.sleep(1)  # the builder is at rest
    start = time.perf_counter()
    EDITS[what](clone)
    until(lambda: body(f"{address}{PAGE}/") not in {before, None})
    return time.perf_counter() - start


def built(clone: Path, file: str, site: Path, *, strict: bool = True) -> float:
    """Return the seconds of a build into an empty folder."""
    shutil.rmtree(site, ignore_errors=True)
    words = [".venv/bin/mkdocs", "build", "--quiet", "--config-file", file]
    words += ["--site-dir", str(site)] + ["--strict"] * strict
    start = time.perf_counter()
    command(words, clone, NO_MKDOCS_2_WARNING="1")
    return time.perf_counter() - start


class Settings(yaml.SafeLoader):
    """The settings as they stand: what comes from the environment has its default."""


def _default(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> Any:
    return loader.construct_sequence(node)[-1]


Settings.add_constructor("!ENV", _default)


def plain(clone: Path) -> list[str]:
    """Write settings for Material alone on the same Markdown; return their names."""
    files: list[str] = []
    for language in ("zh", "en"):
        text = (clone / "mkdocs.yml").read_text(encoding="utf-8")
        settings = yaml.load(text, Loader=Settings)  # noqa: S506  # a SafeLoader
        for key in (*OURS, "nav"):
            settings.pop(key, None)
        settings["docs_dir"] = f"docs/{language}"
        settings["theme"].pop("custom_dir")
        settings["theme"]["language"] = language
        settings["plugins"] = settings["plugins"][:1]  # the search, set up as ours
        settings["exclude_docs"] = "*.ipynb"
        files.append(f"plain_{language}.yml")
        (clone / files[-1]).write_text(yaml.safe_dump(settings), encoding="utf-8")
    return files


def copies(clone: Path, factor: int) -> None:
    """Have so many of each page: copies beside it, which no menu names."""
    for path in sorted(clone.glob("docs/[ez][nh]/**/*.md")):
        for number in range(2, factor + 1):
            target = path.with_name(f"{path.stem}-copy-{number}.md")
            if "-copy-" not in path.stem and not target.exists():
                shutil.copy(path, target)


def report(measured: dict[str, Any]) -> list[str]:
    """Say what was measured, a line each."""
    build, grown = measured["build"]["median"], measured["growth"][-1]
    return [
        f"fresh clone to first page {measured['fresh']:.1f} s",
        f"warm start {measured['warm']['median']:.1f} s",
        *(
            f"edit of a {what} to page {one['median']:.1f} s"
            for what, one in measured["reload"].items()
        ),
        f"build {build:.1f} s, {measured['times_plain']:.2f} times plain Material",
        f"{grown['factor']} times the pages: {grown['seconds']:.1f} s, a page takes"
        f" {measured['page']['ratio']:.2f} times as long",
        f"load at the start {measured['machine']['load']:.1f}",
    ]


def missed(measured: dict[str, Any]) -> list[str]:
    """Say in a sentence each where an aim is missed."""
    aims = measured["aims"]
    found = [
        f"edit of a {what} to page: {one['median']:.1f} s (aim: {aims['reload']:g} s)"
        for what, one in measured["reload"].items()
        if one["median"] > aims["reload"]
    ]
    if (warm := measured["warm"]["median"]) > aims["warm"]:
        found.append(f"warm start: {warm:.1f} s (aim: {aims['warm']:g} s)")
    if (times := measured["times_plain"]) > aims["build"]:
        found.append(f"build: {times:.2f} times plain (aim: {aims['build']:g})")
    return found
