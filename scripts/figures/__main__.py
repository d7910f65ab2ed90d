"""Draw the figures: `python -m scripts.figures [NAME…] [--check]`.

Each is written to docs/zh/figures/<name>.svg and docs/en/figures/<name>.svg. `--check`
draws again and compares byte for byte, writing nothing.

A figure is a file in this folder (what several share is in parts/). It sets HEIGHT,
RESULTS (the names of the results it reads) and WORDS (the same keys for "zh" and
"en"), and defines draw(figure, words, *results).
"""

import argparse
import importlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from scripts.digest import ROOT, digest, sources
from scripts.pages import LANGUAGES
from scripts.results import ResultError, constant, load, write


def names(root: Path = ROOT) -> list[str]:
    """Names of all figures: the files in scripts/figures/, not its folders."""
    found = sorted(path.stem for path in (root / "scripts/figures").glob("[!_]*.py"))
    if not found:
        raise ResultError("no figure found in scripts/figures/")
    return found


def figure_path(name: str, language: str, root: Path = ROOT) -> Path:
    """Return docs/<language>/figures/<name>.svg."""
    return root / "docs" / language / "figures" / f"{name}.svg"


def source(name: str, root: Path = ROOT) -> str:
    """Digest of the figure's files and of the measured values that it reads."""
    path = root / "scripts/figures" / f"{name}.py"
    files = {
        *sources(path, root),
        *sources(root / "scripts/figures/parts/svg.py", root),
    }
    measured = [
        {key: value for key, value in load(one, root).items() if key != "about"}
        for one in constant(path, "RESULTS")
    ]
    return digest(files, json.dumps(measured, sort_keys=True), root=root)


def stale(root: Path = ROOT) -> list[str]:
    """Say of each figure that is missing, out of date or orphaned what is."""
    found: list[str] = []
    figures = names(root)
    for name in figures:
        try:
            expected = source(name, root)
        except ResultError as error:
            found.append(str(error))
            continue
        for language in LANGUAGES:
            path = figure_path(name, language, root)
            shown = path.relative_to(root).as_posix()
            again = f"run `python -m scripts.figures {name}`"
            if not path.is_file():
                found.append(f"{shown} is missing: {again}")
            elif (mark := _mark(path)) != expected:
                what = "older than its source" if mark else "damaged"
                found.append(f"{shown} is {what}: {again}")
    for language in LANGUAGES:
        folder = root / "docs" / language / "figures"
        found += [
            f"{path.relative_to(root).as_posix()} has no figure in scripts/figures/"
            for path in sorted(folder.glob("*.svg"))
            if path.stem not in figures
        ]
    return found


def _mark(path: Path) -> str:
    """Digest in a figure; empty when the file is not whole."""
    text = path.read_text(encoding="utf-8", errors="replace")
    mark = re.search(r"<!-- ([0-9a-f]{64}) -->", text)
    return mark[1] if mark and text.endswith("</svg>\n") else ""


def drawn(name: str) -> dict[str, str]:
    """Draw a figure in both languages."""
    from scripts.figures.parts.svg import render  # noqa: PLC0415  (matplotlib)

    module = importlib.import_module(f"scripts.figures.{name}")
    if module.WORDS["zh"].keys() != module.WORDS["en"].keys():
        raise ResultError(f"scripts/figures/{name}.py: WORDS differ in their keys")
    mark = source(name)
    results = [load(one) for one in module.RESULTS]
    return {
        language: render(
            module.draw, module.HEIGHT, module.WORDS[language], results, mark
        )
        for language in LANGUAGES
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, and write or compare."""
    known = names()
    parser = argparse.ArgumentParser(
        prog="python -m scripts.figures", description="Draw the figures."
    )
    parser.add_argument("name", nargs="*", help="default: all")
    parser.add_argument(
        "--check", action="store_true", help="draw again, compare, write nothing"
    )
    options = parser.parse_args(arguments)
    for name in options.name:
        if name not in known:
            parser.error(f"no figure {name!r}; there are: {', '.join(known)}")
    problems = stale() if options.check and not options.name else []
    chosen: list[str] = options.name or known
    for name in tqdm(chosen, unit="figure", disable=not sys.stderr.isatty()):
        for language, svg in drawn(name).items():
            path = figure_path(name, language)
            if not options.check:
                write(path, svg)
            elif not path.is_file() or path.read_bytes() != svg.encode():
                shown = path.relative_to(ROOT).as_posix()
                problems.append(f"{shown} is not what is drawn now")
    for problem in problems:
        print(problem, file=sys.stderr)
    what = "checked" if options.check else "drawn"
    print(f"{len(chosen)} figures {what} in {len(LANGUAGES)} languages.")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResultError as error:
        sys.exit(f"{error}")
