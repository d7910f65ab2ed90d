"""The source of a lab: percent format, text in both languages, code once.

    # %% [markdown] lang="zh"      text in Chinese, behind "# "
    # %% [markdown] lang="en"      the same in English
    # %%                           code, for both
    # %% [markdown] alt="zh"       what the figure of the code above shows, in Chinese
    # %% [markdown] alt="en"       and in English

The first text cell of a language begins with its title, `# Title`, and a line in bold,
the description. A heading carries the same `{#id}` in both languages. A number that the
program knows is `{{ expression:format }}`; see notebook.py.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.digest import ROOT
from scripts.pages import HEADING, LANGUAGES

MARK = re.compile(r'^# %%(?: \[markdown\] (lang|alt)="(\w+)")?$')


class LabError(Exception):
    """A source or a notebook that is not as it must be; the message names the file."""


@dataclass(frozen=True)
class Cell:
    """One cell: "code", "lang" (text) or "alt"; its language, or "" for code."""

    kind: str
    language: str
    text: str
    line: int


def cells(path: Path) -> list[Cell]:
    """Split a source into its cells; what stands before the first is its docstring."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    found: list[Cell] = []
    kind, language, start, lines = "", "", 0, list[str]()

    def close() -> None:
        if not kind:
            return
        body = lines
        if kind != "code":
            wrong = [line for line in lines if line and not line.startswith("#")]
            if wrong:
                raise LabError(f"{name}: text without # in front: {wrong[0]}")
            body = [line.removeprefix("#").removeprefix(" ") for line in lines]
        found.append(Cell(kind, language, "\n".join(body).strip("\n"), start))

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("# %%"):
            lines.append(line)
            continue
        close()
        match = MARK.match(line)
        if match is None or match[2] not in {None, *LANGUAGES}:
            raise LabError(f"{name}:{number}: not a mark of a cell: {line}")
        kind, language, start, lines = match[1] or "code", match[2] or "", number, []
    close()
    if problems := _problems(found, name):
        raise LabError("\n".join(problems))
    return found


def _problems(found: list[Cell], name: str) -> list[str]:
    """Say what stands in one language only, and where."""
    problems: list[str] = []
    if not any(cell.kind == "code" for cell in found):
        problems.append(f"{name}: no code")
    shapes: dict[str, list[object]] = {}
    for language in LANGUAGES:
        shape: list[object] = []
        for cell in found:
            if cell.kind == "code":
                shape.append("code")
            elif cell.language == language:
                headings = [HEADING.match(line) for line in cell.text.splitlines()]
                shape.append((cell.kind, [(h[1], h[3]) for h in headings if h]))
                if missing := [h[2] for h in headings if h and not h[3]]:
                    problems.append(f"{name}:{cell.line}: no {{#id}}: {missing[0]}")
        shapes[language] = shape
    zh, en = (shapes[language] for language in LANGUAGES)
    if zh != en:
        place = next(
            (
                i
                for i, pair in enumerate(zip(zh, en, strict=False))
                if pair[0] != pair[1]
            ),
            min(len(zh), len(en)),
        )
        problems.append(f"{name}: the two languages part at cell {place + 1}")
    return problems
