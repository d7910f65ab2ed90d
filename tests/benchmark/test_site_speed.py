"""Edits that change a page, plain settings, copies, and what counts as missed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.benchmark import site_speed
from scripts.benchmark.site_speed import EDITS, copies, edited, missed, plain, report
from scripts.digest import ROOT
from scripts.results import load


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return the files that the measurement edits."""
    for part in ("docs/zh/batch-norm.md", "docs/en/batch-norm.md", "mkdocs.yml"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    shutil.copytree(ROOT / "docs/results", tmp_path / "docs/results")
    (tmp_path / "snippets/batch_norm").mkdir(parents=True)
    shutil.copy(
        ROOT / "snippets/batch_norm/batch_norm.py", tmp_path / "snippets/batch_norm"
    )
    return tmp_path


@pytest.mark.parametrize("what", EDITS)
def test_each_edit_changes_one_file_each_time(clone: Path, what: str) -> None:
    def texts() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in clone.rglob("*") if p.is_file()}

    for _ in range(2):
        before = texts()
        EDITS[what](clone)
        after = texts()
        assert sum(before[path] != after[path] for path in before) == 1


def test_an_edited_result_keeps_its_form(clone: Path) -> None:
    before = {p: json.loads(p.read_bytes()) for p in clone.rglob("*.json")}
    EDITS["result"](clone)
    (changed,) = [p for p, old in before.items() if json.loads(p.read_bytes()) != old]
    now = json.loads(changed.read_bytes())
    assert now.keys() == before[changed].keys()
    assert now["about"] == before[changed]["about"]


def test_the_time_runs_until_the_page_is_another(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = iter(["old", "old", None, "old", "new"])
    monkeypatch.setattr(site_speed, "body", lambda _: next(bodies))
    monkeypatch.setattr(site_speed.time, "sleep", lambda _: None)
    assert edited(clone, "http://host/", "page") >= 0
    assert list(bodies) == []


def test_plain_settings_have_nothing_of_ours(clone: Path) -> None:
    for file in plain(clone):
        settings = yaml.safe_load((clone / file).read_text())
        assert "hooks" not in settings
        assert "custom_dir" not in settings["theme"]
        assert [list(plugin) for plugin in settings["plugins"]] == [["search"]]
        assert settings["markdown_extensions"].keys() >= {"pymdownx.snippets"}


def test_copies_of_copies_are_not_made(clone: Path) -> None:
    for factor in (3, 10):
        copies(clone, factor)
        assert len(list(clone.glob("docs/zh/*.md"))) == factor


def test_what_is_missed_is_named() -> None:
    def result(**changed: Any) -> dict[str, Any]:
        one = {"median": 1.0, "min": 1.0, "max": 1.0}
        return {
            "machine": {"load": 0.0},
            "fresh": 60.0,
            "warm": one,
            "reload": dict.fromkeys(EDITS, one),
            "build": one,
            "times_plain": 1.0,
            "growth": [{"factor": 10, "pages": 500, "seconds": 90.0}],
            "page": {"ratio": 1.0},
            "aims": {"reload": 2.0, "build": 1.5, "warm": 5.0},
        } | changed

    slow = {"median": 9.0, "min": 9.0, "max": 9.0}
    assert missed(result()) == []
    assert missed(result(warm=slow)) == ["warm start: 9.0 s (aim: 5 s)"]
    assert missed(result(times_plain=2.0)) == ["build: 2.00 times plain (aim: 1.5)"]
    assert missed(result(reload={"page": slow})) == [
        "edit of a page to page: 9.0 s (aim: 2 s)"
    ]
    assert "fresh clone to first page 60.0 s" in report(result())


def test_the_committed_result_is_whole() -> None:
    committed = load("site_speed")
    assert set(committed["reload"]) == set(EDITS)
    first, last = (committed["growth"][i] for i in (0, -1))
    assert last["pages"] > 5 * first["pages"]
