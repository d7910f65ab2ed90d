"""The glossary: made from docs/terms.csv, one address for each term.

A row has the Chinese and the English term, PyTorch's name, the other names that Chinese
texts use (they are forbidden in our own prose, but a reader must find them), a sentence
in each language and the page that explains it, `page#heading`.
"""

import csv
import re
from pathlib import Path

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT

TERMS = ROOT / "docs" / "terms.csv"
MARK = "<!-- glossary -->"
COLUMNS = ("zh", "en", "pytorch", "forbidden", "sentence_zh", "sentence_en", "page")
NEEDED = ("zh", "en", "sentence_zh", "sentence_en", "page")
WORDS = {
    "zh": {
        "also": "别处也译",
        "see": "详见",
        "colon": "：",
        "comma": "、",
        "end": "。",
    },
    "en": {"also": "Chinese", "see": "See", "colon": ": ", "comma": ", ", "end": "."},
}
Row = dict[str, str]


class GlossaryError(PluginError):
    """A term that is incomplete, stands twice or points nowhere."""


def read(path: Path = TERMS, docs: Path = ROOT / "docs") -> list[Row]:
    """Return the rows; what lacks something is refused by its name."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise GlossaryError(f"{path.name}: expected the columns {COLUMNS}")
        rows = list(reader)
    if not rows:
        raise GlossaryError(f"{path.name}: no terms found")
    problems: list[str] = []
    seen: set[str] = set()
    for row in rows:
        name = row["zh"] or row["en"] or "a term without a name"
        missing = [column for column in NEEDED if not row[column]]
        if missing:
            problems.append(f"{name}: no {', '.join(missing)}")
        elif None in row:  # csv's key for what stands behind the last column
            problems.append(f"{name}: more than {len(COLUMNS)} columns (quote commas)")
        elif address(row) in seen:
            problems.append(f"{name}: {row['en']} stands twice")
        else:
            problems += [f"{name}: {why}" for why in nowhere(row["page"], docs)]
        seen.add(address(row))
    if problems:
        raise GlossaryError("\n".join(f"{path.name}: {one}" for one in problems))
    return rows


def nowhere(place: str, docs: Path) -> list[str]:
    """Say in which language a page, or its heading, is missing."""
    page, _, heading = place.partition("#")
    found: list[str] = []
    for language in WORDS:
        file = docs / language / f"{page}.md"
        if not file.is_file():
            found.append(f"no page {language}/{page}.md")
        elif heading and f"{{#{heading}}}" not in file.read_text(encoding="utf-8"):
            found.append(f"no heading {place} in {language}")
    return found


def address(row: Row) -> str:
    """Return the term's address in the page: term-batch-normalization."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", (row["en"] or "").lower()).strip("-")


def title(place: str, language: str, docs: Path = ROOT / "docs") -> str:
    """Return the words of a heading, or of a page's first one."""
    page, _, heading = place.partition("#")
    text = (docs / language / f"{page}.md").read_text(encoding="utf-8")
    wanted = re.escape(heading) or r"[\w-]+"
    match = re.search(rf"^#+ (.*?) \{{#{wanted}\}}$", text, re.MULTILINE)
    return match[1] if match else page


def render(language: str) -> str:
    """Return the terms as Markdown: in the file's order, or by the English alphabet."""
    words, rows = WORDS[language], read()
    if language == "en":
        rows.sort(key=lambda row: row["en"].lower())
    lines: list[str] = []
    for row in rows:
        page, _, heading = row["page"].partition("#")
        anchor = f"#{heading}" if heading else ""
        shown = title(page, language)
        if heading:
            shown += f" › {title(row['page'], language)}"
        link = f"[{shown}]({page}.md{anchor})"
        others = [name for name in row["forbidden"].split("|") if name]
        second = [row["en"]]
        if language == "en":
            both = words["comma"].join([row["zh"], *others])
            second = [f'<span lang="zh-Hans">{both}</span>']
        elif others:
            second.append(
                f"{words['also']}{words['colon']}{words['comma'].join(others)}"
            )
        second += [f"`{name}`" for name in row["pytorch"].split("|") if name]
        lines += [
            f"## {row[language]} {{#{address(row)}}}",
            "",
            " · ".join(second),
            "{.fine}",
            "",
            f"{row[f'sentence_{language}']}{' ' if language == 'en' else ''}"
            f"{words['see']}{words['colon']}{link}{words['end']}",
            "",
        ]
    return "\n".join(lines)


def fill(text: str, language: str) -> str:
    """Return the text with the mark replaced by the glossary."""
    return text.replace(MARK, render(language)) if MARK in text else text
