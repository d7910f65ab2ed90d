"""The gates over the pages as they are."""

import csv
import re
from pathlib import Path

import pytest

from scripts import pairs, results
from scripts.digest import ROOT
from scripts.figures.__main__ import stale as stale_figures
from scripts.pages import (
    DOCS,
    LANGUAGES,
    fence_problems,
    heading_problems,
    markdown,
    name,
    pages,
    unused_figures,
    unused_results,
    without_code,
)
from scripts.website import claims
from scripts.website.placeholders import fill
from tests.conftest import LookedAt

PAGES = [page for language in LANGUAGES for page in pages(language)]
each_page = pytest.mark.parametrize("page", PAGES, ids=name)
FULL_WIDTH_WANTED = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")
SPACE_WANTED = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9$]|[A-Za-z0-9%$][\u4e00-\u9fff]")


def text_of_both() -> str:
    """Return all pages and the claims as one text."""
    texts = [markdown(page) for page in PAGES]
    return "\n".join([*texts, claims.CLAIMS.read_text(encoding="utf-8")])


@each_page
def test_every_fence_is_seen_by_the_runner(page: Path) -> None:
    assert fence_problems(page) == []


@each_page
def test_every_heading_has_an_id(page: Path) -> None:
    assert heading_problems(page) == []


@each_page
def test_every_placeholder_names_a_number(page: Path) -> None:
    assert "{{" not in fill(markdown(page), page)


@each_page
def test_front_matter_has_title_and_description(page: Path) -> None:
    head = markdown(page).split("---")[1]
    assert re.search(r"^title: .+", head, re.MULTILINE)
    description = re.search(r"^description: (.+)", head, re.MULTILINE)
    assert description is not None
    assert 20 <= len(description[1]) <= 200


def test_pairs_are_as_confirmed() -> None:
    assert pairs.problems() == []


def test_results_are_fresh() -> None:
    assert results.stale() == []


def test_figures_are_fresh() -> None:
    assert stale_figures() == []


def test_claims_have_evidence(looked_at: LookedAt) -> None:
    looked_at("claims", len(claims.read()["claim"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_shown(language: str) -> None:
    text = text_of_both()
    figures = [f.stem for f in (DOCS / language / "figures").glob("*.svg")]
    assert figures
    assert unused_figures(figures, text) == []


def test_every_result_is_quoted_or_drawn() -> None:
    programs = "".join(
        f.read_text(encoding="utf-8") for f in (ROOT / "scripts/figures").glob("*.py")
    )
    assert unused_results(results.made(), text_of_both(), programs) == []


def test_every_demo_is_shown() -> None:
    text = text_of_both()
    demos = list((ROOT / "snippets").glob("*/demo_*"))
    assert demos
    shown = [d for d in demos if f"{d.parent.name}/{d.name}" in text]
    assert shown == demos


def without_quotes_and_markup(page: Path) -> str:
    """Return the prose: no code, no quoted words of others, no attributes, no links."""
    text = without_code(markdown(page))
    text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"“[^”]*”|\{[#.:][^}]*\}|\]\([^)]*\)|<[^>]+>", "", text)
    return re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", pages("zh"), ids=name)
def test_chinese_uses_the_terms_of_the_table(page: Path) -> None:
    text = without_quotes_and_markup(page)
    with (DOCS / "terms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    variants = [v for row in rows for v in row["forbidden"].split("|") if v]
    assert variants
    assert [v for v in variants if v in text] == []


@pytest.mark.parametrize("page", pages("zh"), ids=name)
def test_chinese_typography(page: Path) -> None:
    found: list[str] = []
    for line in without_quotes_and_markup(page).splitlines():
        for pattern in (FULL_WIDTH_WANTED, SPACE_WANTED):
            found += [f"{m[0]} in: {line.strip()[:60]}" for m in pattern.finditer(line)]
    assert found == []


@pytest.mark.parametrize("page", pages("en"), ids=name)
def test_english_has_no_chinese_left(page: Path) -> None:
    text = without_code(markdown(page))
    text = re.sub(r"<span lang=\"zh-Hans\">.*?</span>", "", text)
    assert re.findall(r"[\u3000-\u9fff\uff00-\uffef]+", text) == []
