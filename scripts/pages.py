"""What stands in a page: headings, fences, figures, placeholders, links, formulas.

The gates over the pages (tests/pages) and the pairing of the two languages read pages
through this module only. It knows Markdown just as far as our own pages use it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.digest import ROOT
from scripts.website import symptoms

DOCS = ROOT / "docs"
LANGUAGES = ("zh", "en")

FENCE = re.compile(r"^(?P<indent>[ >]*)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
INCLUDE = re.compile(r'^--8<-- "([^"]+)"$')
HEADING = re.compile(r"^(#{1,6}) (.+?)(?: \{#([a-z0-9-]+)\})?$")
HEADING_ID = re.compile(r"^(#{1,6}) .*?\{#([\w-]+)\}$", re.MULTILINE)
FIGURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", re.DOTALL)
# What a fence may be: run, shown as output or as a terminal session, or shown only.
INFOS = ("python", "text", "console", "yaml", "toml")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its first line, what stands behind the ticks, and its lines."""

    line: int
    info: str
    ticks: str
    body: tuple[str, ...]

    @property
    def include(self) -> str | None:
        """The included path, where the body is exactly one include line."""
        match = INCLUDE.match(self.body[0]) if len(self.body) == 1 else None
        return match[1] if match else None


def name(page: Path) -> str:
    """Return the page's path for messages, e.g. docs/zh/batch-norm.md."""
    return (page.relative_to(ROOT) if page.is_relative_to(ROOT) else page).as_posix()


def markdown(page: Path) -> str:
    """Return the Markdown of a page, the entries of symptoms put in."""
    text = page.read_text(encoding="utf-8")
    for language in LANGUAGES:
        if page.is_relative_to(DOCS / language):
            return symptoms.fill(text, language)
    return text


def pages(language: str, docs: Path = DOCS) -> list[Path]:
    """Return the pages of a language; none at all is an error."""
    found = sorted((docs / language).glob("**/*.md"))
    if not found:
        raise FileNotFoundError(f"no pages found in {docs / language}")
    return found


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a page; one that never ends is an error."""
    found: list[Fence] = []
    start = 0
    opening: re.Match[str] | None = None
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if opening is None:
            if match:
                opening, start, body = match, number, []
        elif (
            match and match["ticks"].startswith(opening["ticks"]) and not match["info"]
        ):
            info = opening["info"].strip()
            found.append(Fence(start, info, opening["ticks"], tuple(body)))
            opening = None
        else:
            body.append(line.removeprefix(opening["indent"]))
    if opening is not None:
        raise ValueError(f"line {start}: a fence that never ends")
    return found


def without_code(text: str) -> str:
    """Return the text with fences and inline code blanked, lines kept."""
    lines = text.split("\n")
    for fence in fences(text):
        for number in range(fence.line - 1, fence.line + len(fence.body) + 1):
            lines[number] = ""
    return re.sub(r"`[^`\n]+`", "``", "\n".join(lines))


def without_front_matter(text: str) -> str:
    """Return the text with the front matter blanked, lines kept."""
    match = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return "\n" * match[0].count("\n") + text[match.end() :] if match else text


def fence_problems(page: Path) -> list[str]:
    """Say which fences the runner of the code blocks would not run, or not see."""
    problems: list[str] = []
    text = markdown(page)
    previous = None
    for fence in fences(text):
        where = f"{name(page)}:{fence.line}"
        if fence.ticks != "```":
            problems.append(f"{where}: expected ```, got {fence.ticks}")
        if fence.info not in INFOS:
            problems.append(
                f"{where}: expected ```{' or ```'.join(INFOS)}, got ```{fence.info}"
            )
        if fence.info == "python" and fence.include is None:
            problems.append(f"{where}: expected exactly one include line")
        if fence.info == "text" and fence.include is not None:
            before = text.splitlines()[fence.line - 2]
            if before.strip() != "<!--pytest-codeblocks:expected-output-->":
                problems.append(f"{where}: an output that is not compared")
            if previous is None or previous.info != "python":
                problems.append(f"{where}: an output without code above it")
        previous = fence
    return problems


def heading_problems(page: Path) -> list[str]:
    """Say which headings lack an id or repeat one, and whether levels are skipped."""
    problems: list[str] = []
    seen: set[str] = set()
    level = 0
    body = without_code(without_front_matter(markdown(page)))
    for number, line in enumerate(body.splitlines(), 1):
        match = HEADING.match(line)
        if match is None:
            continue
        where = f"{name(page)}:{number}"
        if match[3] is None:
            problems.append(f"{where}: a heading without {{#id}}: {match[2]}")
        elif match[3] in seen:
            problems.append(f"{where}: the id {match[3]} stands twice")
        if len(match[1]) > level + 1:
            problems.append(f"{where}: level {len(match[1])} below level {level}")
        level = len(match[1])
        seen.add(match[3] or "")
    if level == 0:
        problems.append(f"{name(page)}: no heading")
    return problems


def structure(page: Path) -> list[tuple[str, str, int]]:
    """Return what must be the same in both languages: kind, value, line, in order."""
    text = without_front_matter(markdown(page))
    found: list[tuple[str, str, int]] = []

    def add(kind: str, value: str, start: int) -> None:
        found.append((kind, value, text.count("\n", 0, start) + 1))

    for fence in fences(text):
        content = fence.include or "\n".join(fence.body)
        found.append(("code fence", f"{fence.info} {content}", fence.line))
    prose = without_code(text)
    for match in HEADING_ID.finditer(prose):
        add("heading id", f"{match[1]} {match[2]}", match.start())
    patterns = (
        ("figure", FIGURE, 2),
        ("link", LINK, 1),
        ("placeholder", PLACEHOLDER, 1),
    )
    for kind, pattern, group in patterns:
        for match in pattern.finditer(text if kind == "placeholder" else prose):
            add(kind, match[group].strip(), match.start())
    for match in FORMULA.finditer(prose):
        add("formula", " ".join((match[1] or match[2]).split()), match.start())
    return found


def pair_problems(zh: Path, en: Path) -> list[str]:
    """Say what stands in one language of a page only."""
    problems: list[str] = []
    ours, theirs = structure(zh), structure(en)
    for kind in sorted({k for k, _, _ in ours + theirs}):
        ordered = kind in {"code fence", "heading id", "figure"}
        left = [(v, n) for k, v, n in ours if k == kind]
        right = [(v, n) for k, v, n in theirs if k == kind]
        for here, there, page, other in ((left, right, zh, en), (right, left, en, zh)):
            rest = [v for v, _ in there]
            for value, line in here:
                if value in rest:
                    rest.remove(value)
                else:
                    problems.append(
                        f"{name(page)}:{line}: {kind} not in {name(other)}: {value}"
                    )
        if ordered and not problems and [v for v, _ in left] != [v for v, _ in right]:
            first = next(a for a, b in zip(left, right, strict=True) if a[0] != b[0])
            problems.append(
                f"{name(zh)}:{first[1]}: {kind} in another order than in {name(en)}"
            )
    return problems


def unused_figures(names: list[str], text: str) -> list[str]:
    """Return the figures that no page shows and no claim cites."""
    return [
        name
        for name in names
        if f"figures/{name}.svg" not in text and f'"figure:{name}"' not in text
    ]


def unused_results(names: list[str], text: str, programs: str) -> list[str]:
    """Return the results that no page quotes, no claim cites and no figure draws.

    `programs` is the source of the figures, in which a result is a quoted word.
    """
    return [
        name
        for name in names
        if not re.search(rf"\{{\{{\s*{name}\.", text)
        and f'"result:{name}"' not in text
        and f'"{name}"' not in programs
    ]
