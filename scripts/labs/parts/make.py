"""Make, compare and date the notebooks.

A lab is one file here, scripts/labs/<name>.py, for both languages; see
percent.py. Each notebook is executed from top to bottom in an empty folder and
written with its outputs to docs/<language>/labs/<name>.ipynb. `--check` executes again,
compares what is printed, and writes nothing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

from scripts.digest import ROOT
from scripts.labs.parts.notebook import executed, printed, source, written
from scripts.labs.parts.percent import LabError
from scripts.pages import LANGUAGES
from scripts.results import write


def names(root: Path = ROOT) -> list[str]:
    """Names of all labs: the files in scripts/labs/."""
    found = sorted(path.stem for path in (root / "scripts/labs").glob("[!_]*.py"))
    if not found:
        raise LabError("no lab found in scripts/labs/")
    return found


def lab_path(name: str, root: Path = ROOT) -> Path:
    """Return scripts/labs/<name>.py."""
    return root / "scripts/labs" / f"{name}.py"


def notebook_path(name: str, language: str, root: Path = ROOT) -> Path:
    """Return docs/<language>/labs/<name>.ipynb, with hyphens as in addresses."""
    return root / "docs" / language / "labs" / f"{name.replace('_', '-')}.ipynb"


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook; a damaged one is an error that names it."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        raise LabError(f"{shown} cannot be read: {error}") from error


def stale(root: Path = ROOT) -> list[str]:
    """Say of each notebook that is missing, damaged, out of date or orphaned what is."""
    found: list[str] = []
    labs = names(root)
    for name in labs:
        again = f"run `python -m scripts.labs {name}`"
        for language in LANGUAGES:
            path = notebook_path(name, language, root)
            shown = path.relative_to(root).as_posix()
            if not path.is_file():
                found.append(f"{shown} is missing: {again}")
                continue
            try:
                mark = read(path).metadata.get("source")
            except LabError as error:
                found.append(f"{error}: {again}")
                continue
            if mark != source(lab_path(name, root), root):
                found.append(f"{shown} is older than its source: {again}")
    for language in LANGUAGES:
        for path in sorted((root / "docs" / language / "labs").glob("*.ipynb")):
            if path.stem.replace("-", "_") not in labs:
                found.append(
                    f"{path.relative_to(root).as_posix()} has no source in scripts/labs/"
                )
    return found


def check(name: str, language: str) -> list[str]:
    """Execute again and say which cells print something else than is committed."""
    path = notebook_path(name, language)
    old, new = read(path), executed(lab_path(name), language)
    shown = path.relative_to(ROOT).as_posix()
    return [
        f"{shown}: {kind} {place} {verb} {a!r}, now {b!r}"
        for kind, verb, cells in (
            ("code cell", "printed", printed),
            ("text cell", "said", written),
        )
        for place, (a, b) in enumerate(zip(cells(old), cells(new), strict=True), 1)
        if a != b
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute, and write or compare."""
    known = names()
    parser = argparse.ArgumentParser(
        prog="python -m scripts.labs", description="Make the notebooks."
    )
    parser.add_argument("name", nargs="*", help="default: all")
    parser.add_argument(
        "--check", action="store_true", help="execute again, compare, write nothing"
    )
    options = parser.parse_args(arguments)
    for name in options.name:
        if name not in known:
            parser.error(f"no lab {name!r}; there are: {', '.join(known)}")
    problems = stale() if options.check else []
    for name in options.name or known:
        for language in LANGUAGES:
            if options.check:
                problems += check(name, language)
                continue
            path = notebook_path(name, language)
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(
                executed(lab_path(name), language),
                ensure_ascii=False,
                indent=1,
                sort_keys=True,
            )
            write(path, text + "\n")
            print(path.relative_to(ROOT).as_posix())
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0
