"""Chinese typography by AutoCorrect, English spelling by typos."""

import json
import subprocess
import sys
from pathlib import Path

import autocorrect_py
import pytest

from scripts.digest import ROOT
from scripts.pages import DOCS, pages

CHINESE = [*pages("zh"), *sorted(DOCS.glob("**/*.toml")), ROOT / "README.md"]
SPELLED = ("docs", "scripts", "snippets", "tests", "README.md", "CONTRIBUTING.md")


def complaints(text: str, kind: str) -> list[str]:
    """Return what AutoCorrect would write otherwise."""
    found = autocorrect_py.lint_for(text, kind).lines
    return [f"line {one.line}: {one.old} -> {one.new}" for one in found]


def misspelled(*paths: str | Path) -> list[str]:
    """Return the words that typos does not like."""
    done = subprocess.run(
        [Path(sys.executable).parent / "typos", "--format", "json", *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        f"{one['path']}:{one.get('line_num', 'its name')}: {one['typo']}"
        for one in found
        if one["type"] == "typo"
    ]


@pytest.mark.parametrize("page", CHINESE, ids=lambda p: p.name)
def test_chinese_typography(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert complaints(text, page.suffix.removeprefix(".")) == []


def test_bad_typography_is_seen() -> None:
    assert complaints("用BatchNorm训练,好吗?\n", "md")


def test_spelling() -> None:
    assert misspelled(*SPELLED) == []


def test_bad_spelling_is_seen(tmp_path: Path) -> None:
    words = ["received", "example"]  # with two letters changed they are not words
    wrong = [word[:3] + word[4] + word[3] + word[5:] for word in words]
    (tmp_path / "page.md").write_text(" ".join(wrong), encoding="utf-8")
    assert len(misspelled(tmp_path)) == len(words)
