"""The glossary: complete rows, one address each, other names to be found."""

from pathlib import Path

import pytest

from scripts.website import glossary

HEAD = ",".join(glossary.COLUMNS)
GOOD = "甲,a word,nn.A,乙|丙,一句话。,A sentence.,p#s"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for language in ("zh", "en"):
        (tmp_path / language).mkdir()
        page = tmp_path / language / "p.md"
        page.write_text("# P {#p}\n\n## S {#s}\n", encoding="utf-8")
    return tmp_path


def rows(docs: Path, *lines: str, head: str = HEAD) -> list[glossary.Row]:
    file = docs / "terms.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return glossary.read(file, docs)


def test_a_complete_row_is_read(docs: Path) -> None:
    (row,) = rows(docs, GOOD)
    assert row["sentence_en"] == "A sentence."
    assert glossary.address(row) == "term-a-word"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("丁,a fourth,nn.D,", "丁: no sentence_zh, sentence_en, page"),  # the old form
        ("丁,a fourth,,,一句话。,,p", "丁: no sentence_en$"),
        ("丁,a word,,,一句话。,A sentence.,p", "丁: a word stands twice"),
        ("丁,a fourth,,,一句话。,One, two.,p", "丁: more than 7 columns"),
        ("丁,a fourth,,,一句话。,A sentence.,q", "丁: no page zh/q.md"),
        ("丁,a fourth,,,一句话。,A sentence.,p#t", "丁: no heading p#t in zh"),
    ],
)
def test_an_incomplete_row_is_named(docs: Path, line: str, message: str) -> None:
    with pytest.raises(glossary.GlossaryError, match=message):
        rows(docs, GOOD, line)


def test_every_problem_is_told_at_once(docs: Path) -> None:
    with pytest.raises(glossary.GlossaryError, match=r"(?s)丁: no .*戊: no "):
        rows(docs, GOOD, "丁,a fourth,,", "戊,a fifth,,")


def test_no_terms_and_other_columns(docs: Path) -> None:
    with pytest.raises(glossary.GlossaryError, match="no terms found"):
        rows(docs)
    with pytest.raises(glossary.GlossaryError, match="expected the columns"):
        rows(docs, GOOD, head="zh,en,pytorch,forbidden")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_term_and_every_other_name_is_shown(language: str) -> None:
    text = glossary.render(language)
    for row in glossary.read():
        assert f"{{#{glossary.address(row)}}}" in text
        assert row[f"sentence_{language}"] in text
        for name in row["forbidden"].split("|"):
            assert name in text
    assert "批标准化" in text
    assert "暂退法" in text


def test_english_terms_stand_in_the_order_of_the_alphabet() -> None:
    text = glossary.render("en")
    places = [text.index(f"## {name} ") for name in ("buffer", "dropout", "whitening")]
    assert places == sorted(places)
