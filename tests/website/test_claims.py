"""The page of claims, as it is made from its data file."""

import re
import tomllib
from typing import Any

import pytest

from scripts.digest import ROOT
from scripts.pages import LANGUAGES
from scripts.website import claims

REPOSITORY = "https://git.example/book/"
both = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return tomllib.loads(claims.CLAIMS.read_text(encoding="utf-8"))


@both
def test_every_claim_stands_once_with_its_address(language: str, data: Any) -> None:
    ids = re.findall(r"^### .* \{#([\w-]+)\}$", claims.render(language), re.MULTILINE)
    assert sorted(ids) == sorted(claim["id"] for claim in data["claim"])


@both
def test_an_experiment_leads_to_program_data_and_figure(language: str) -> None:
    evidence = ["result:affine_undo", "figure:affine_undo", "figure:shared_statistics"]
    text = claims.links(evidence, language, {}, REPOSITORY)
    program = "https://git.example/book/blob/main/scripts/experiments/affine_undo.py"
    assert f"]({program})" in text
    assert "results/affine_undo.json" in text
    assert text.count("figures/affine_undo.svg") == 1
    assert "figures/shared_statistics.svg" in text


@both
def test_without_a_repository_no_program_is_linked(language: str) -> None:
    text = claims.render(language) + claims.render_listings(language)
    assert "scripts/experiments" not in text
    assert "results/digits_mlp.json" in text


@both
def test_programs_that_are_linked_exist(language: str) -> None:
    text = claims.render(language, REPOSITORY)
    files = set(re.findall(r"blob/main/([\w/.]+)", text))
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


@both
def test_headings_of_two_pages_are_told_apart(language: str) -> None:
    titles = claims.headings(language)
    assert titles["batch-norm#limits"]
    assert "limits" not in titles
    assert titles["claims"] != titles["batch-norm"]


@both
def test_the_overview_counts_the_verdicts(language: str, data: Any) -> None:
    text = claims.render_overview(language)
    verdicts = [claim["verdict"] for claim in data["claim"]]
    for verdict in set(verdicts):
        badge = re.escape(claims.badge(verdict, language))
        assert re.search(rf"{badge} {verdicts.count(verdict)}</li>", text)
        assert f'<i class="{verdict}" style="flex:{verdicts.count(verdict)}">' in text
    assert len(re.findall("<li>", text)) == len(claims.counts(data))


def test_fragile_claims_are_counted_beside_the_verdicts() -> None:
    two = {"claim": [{"verdict": "wrong", "fragile": True}, {"verdict": "wrong"}]}
    assert claims.counts(two) == {"wrong": 2, "fragile": 1}


@both
def test_listings_show_every_fault(language: str, data: Any) -> None:
    text = claims.render_listings(language)
    for listing in data["listing"]:
        for fault in listing["wrong"][language]:
            assert f"- {fault}\n" in text
    assert {listing["source"] for listing in data["listing"]} == set(data["source"])


def test_words_are_the_same_in_both_languages() -> None:
    for words in (claims.WORDS, claims.FILTER):
        assert words["zh"].keys() == words["en"].keys()
