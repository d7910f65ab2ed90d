"""Nothing is left over: no dead code, no term, rule or word that nobody uses.

Figures, results and outputs have their tests in tests/pages; the gallery shows every
snippet that is there.
"""

import csv
import re
from pathlib import Path

import pytest
from vulture.core import Vulture

from scripts.digest import ROOT
from scripts.pages import DOCS, LANGUAGES, markdown, pages
from scripts.website import claims

# Called by others: MkDocs, pytest, http.server and html.parser, Markdown, torch.
HOOKS = ["on_*", "pytest_*", "pytestmark", "do_GET", "log_message", "handle_starttag"]
TORCH = ["setup_context", "generate_vmap_rule", "types"]
# Read, not called, by the test of what mutation testing writes.
FIELDS = ["original"]
CALLED = [*HOOKS, "extendMarkdown", *TORCH, *FIELDS]
# The gates over the pages lie in scripts/, but only tests call them.
GATES = ROOT / "tests/pages/test_pages.py"


def dead(*paths: Path) -> list[str]:
    """Return what nothing in these files uses; attributes may be for others."""
    finder = Vulture(ignore_names=CALLED, ignore_decorators=["@pytest.fixture*"])
    finder.scavenge([str(path) for path in paths])
    found = finder.get_unused_code(min_confidence=60)
    return [
        f"{one.filename}:{one.first_lineno}: {one.message}"
        for one in found
        if one.typ != "attribute"
    ]


def unused_terms(rows: list[dict[str, str]], texts: dict[str, str]) -> list[str]:
    """Return the terms that no page of their language says."""
    return [
        row[language]
        for row in rows
        for language in LANGUAGES
        if row[language].casefold() not in texts[language].casefold()
    ]


def unused_rules(css: str, used: str) -> list[str]:
    """Return the classes and variables of a style sheet that nothing has."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    words = set(re.findall(r"[\w-]+", used))
    classes = set(re.findall(r"\.([a-zA-Z][\w-]+)", re.sub(r"\{[^{}]*\}", "{}", css)))
    # Those of the theme (--md-…) are read in its own style sheet.
    ours = set(re.findall(r"[{;\s](--(?!md-)[\w-]+):", css)) - words
    read = set(re.findall(r"var\((--[\w-]+)", css))
    return sorted(classes - words) + sorted(ours - read)


def texts() -> dict[str, str]:
    """Return the pages of each language, the claims with both."""
    said = claims.CLAIMS.read_text(encoding="utf-8")
    return {x: "\n".join([said, *map(markdown, pages(x))]) for x in LANGUAGES}


def test_every_function_is_used_by_a_program() -> None:
    assert dead(ROOT / "scripts", GATES) == []


def test_everything_in_snippets_and_tests_is_used() -> None:
    assert dead(ROOT / "scripts", ROOT / "snippets", ROOT / "tests") == []


def test_every_term_is_said() -> None:
    with (DOCS / "terms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 50
    assert unused_terms(rows, texts()) == []


def test_every_word_for_the_search_is_said() -> None:
    lines = (DOCS / "search_words.txt").read_text(encoding="utf-8").splitlines()
    words = [line.split()[0] for line in lines]
    assert words
    text = texts()["zh"] + (DOCS / "terms.csv").read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []


def test_every_rule_of_the_style_sheet_is_used(site: Path) -> None:
    files = [*site.rglob("*.html"), *(site / "assets").rglob("*.js")]
    used = "".join(path.read_text(encoding="utf-8") for path in files)
    assert unused_rules((DOCS / "assets/site.css").read_text("utf-8"), used) == []


def test_every_interactive_figure_and_picture_is_shown(site: Path) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.js"), *site.rglob("*.css")]
    used = "".join(path.read_text(encoding="utf-8") for path in files)
    assets = [p for p in (DOCS / "assets").rglob("*") if p.is_file()]
    unused = [
        path.name
        for path in assets
        if path.name not in used and f'data-instrument="{path.stem}"' not in used
    ]
    assert unused == ["site.css"]  # it is part of style.css


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f():\n    return 1\nf()\n", ""),
        ("def f():\n    return 1\n", "unused function 'f'"),
        ("class A:\n    def m(self):\n        return 1\nA()\n", "unused method 'm'"),
        ("LIMIT = 3\n", "unused variable 'LIMIT'"),
        ("def f():\n    return 1\n    f()\nf()\n", "unreachable code"),
        ("import os\n", "unused import 'os'"),
    ],
)
def test_dead_code_is_named(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "code.py").write_text(code, encoding="utf-8")
    assert [one.split(": ")[1][: len(said)] for one in dead(tmp_path)] == [said] * (
        said != ""
    )


def test_an_unused_term_is_named() -> None:
    rows = [{"zh": "归一化", "en": "normalization"}, {"zh": "词", "en": "word"}]
    said = {"zh": "归一化有词", "en": "Normalization"}
    assert unused_terms(rows, said) == ["word"]


def test_an_unused_rule_is_named() -> None:
    css = (
        "/* .no */ .one--b:hover { top: 0 } :root { --a: 1.5px; --b: 2; --md-c: 3 }\n"
        ".one .two:is(.three) { width: var(--a) }\n"
        "@media (min-width: 60.5em) { .four { top: 0 } }"
    )
    assert unused_rules(css, 'class="one one--b three"') == ["four", "two", "--b"]
