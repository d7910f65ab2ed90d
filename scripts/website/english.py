"""MkDocs hook of the Chinese site: build the English one beside it, into site/en.

One `mkdocs build` or `mkdocs serve` makes both, at the same time in two processes.
While serving, the English site is built again only when something of it has changed.
"""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

from scripts.digest import ROOT, digest
from scripts.results import write
from scripts.website.turn import COMMAND, held

SOURCES = ("docs", "snippets", "scripts", "requirements", "mkdocs.yml", "mkdocs.en.yml")
KEPT = ROOT / ".cache/english"  # the site as it was served last
MADE_FROM = ROOT / ".cache/english.txt"  # the digest of its sources
state: dict[str, str] = {}
running: list[subprocess.Popen[bytes]] = []


def on_startup(command: str, **_: Any) -> None:
    """Remember whether the site is built or served."""
    state["command"] = command


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Start the English build: by now MkDocs has emptied the folder of the site."""
    target = Path(config.site_dir) / "en"
    if state["command"] == "serve":
        state["sources"] = sources(config)
        if MADE_FROM.is_file() and MADE_FROM.read_text() == state["sources"]:
            shutil.copytree(KEPT, target)
            return files
    words = [sys.executable, "-m", "mkdocs", "build"]
    words += ["--config-file", str(ROOT / "mkdocs.en.yml"), "--site-dir", str(target)]
    words += ["--strict"] * bool(config.strict)
    words += ["--quiet"] * (logging.getLogger("mkdocs").getEffectiveLevel() > 20)
    settings = {"SITE_URL": f"{config.site_url or ''}en/", COMMAND: state["command"]}
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        env={**os.environ, **settings},
        pass_fds=held,  # if this process is killed, the next still waits for that one
    )
    running.append(process)
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Wait for the English build; while serving, keep what it made."""
    for process in running:
        if process.wait():
            raise PluginError("the English site could not be built: see above")
    if running and state["command"] == "serve":
        MADE_FROM.unlink(missing_ok=True)
        shutil.rmtree(KEPT, ignore_errors=True)
        shutil.copytree(Path(config.site_dir) / "en", KEPT)
        write(MADE_FROM, state["sources"])
    running.clear()


def on_build_error(**_: Any) -> None:
    """Stop the English build, too."""
    for process in running:
        process.kill()
        process.wait()
    running.clear()


def sources(config: MkDocsConfig) -> str:
    """Digest of the address and of all files that the English site is made from."""
    files = [
        path
        for name in SOURCES
        for path in sorted([ROOT / name, *(ROOT / name).rglob("*")])
        if path.is_file()
        and path.suffix != ".pyc"
        and not path.is_relative_to(ROOT / "docs/zh")
    ]
    return f"{config.site_url} {config.repo_url} {digest(files)}\n"
