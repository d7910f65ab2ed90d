"""Each reproduction shows its symptom, each fix removes it; faults are refused."""

import ast
import json
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from scripts.digest import ROOT
from scripts.symptoms import LINES, digest, observe
from scripts.website import symptoms

ENTRIES = [(g, e) for g, entries in symptoms.everything().items() for e in entries]
each = pytest.mark.parametrize(
    ("group", "entry"), ENTRIES, ids=[f"{g}/{e['id']}" for g, e in ENTRIES]
)


@each
def test_shown_and_removed(group: str, entry: dict[str, Any]) -> None:
    """The programs assert it; what they print and what diagnose finds is committed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outputs, record = observe(entry)
    for path, printed in zip(symptoms.files(entry), outputs, strict=True):
        assert path.with_suffix(".txt").read_text(encoding="utf-8") == printed
    assert record["diagnose"] == symptoms.runs(group)[entry["id"]]["diagnose"]


@each
def test_the_record_is_of_these_programs(group: str, entry: dict[str, Any]) -> None:
    run = symptoms.runs(group)[entry["id"]]
    assert run["programs"] == digest(entry), f"run python -m scripts.symptoms {group}"


@each
def test_rules_of_the_programs(group: str, entry: dict[str, Any]) -> None:
    reproduction, fix = symptoms.files(entry)
    text = reproduction.read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if line.strip()]) <= LINES
    allowed = {"torch"} | set(sys.stdlib_module_names)
    assert imported(text) <= allowed
    ours = imported(fix.read_text(encoding="utf-8")) - allowed
    assert ours <= {Path(entry.get("snippet", "none.py")).stem}
    for path in (reproduction, fix):
        code = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(code)))
        assert any(isinstance(node, ast.Assert) for node in nodes), path.name
        assert path.with_suffix(".txt").read_text(encoding="utf-8").strip(), path.name


def imported(text: str) -> set[str]:
    """Return the top names of all imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_no_record_without_entry() -> None:
    for group, entries in symptoms.everything().items():
        assert set(symptoms.runs(group)) == {entry["id"] for entry in entries}
    records = {path.stem for path in (ROOT / "docs/symptoms").glob("*.json")}
    assert records == set(symptoms.groups())
    programs = {p.stem for p in (ROOT / "snippets/symptoms").glob("*.py")}
    outputs = {p.stem for p in (ROOT / "snippets/symptoms").glob("*.txt")}
    assert programs == outputs


@pytest.mark.parametrize("language", symptoms.LANGUAGES)
def test_every_group_has_its_page_and_every_entry_its_place(language: str) -> None:
    index = symptoms.index(language)
    table = symptoms.table(language)
    for group in symptoms.groups():
        page = ROOT / "docs" / language / "symptoms" / f"{group}.md"
        assert f"<!-- symptoms: {group} -->" in page.read_text(encoding="utf-8")
        shown = symptoms.render(group, language)
        for entry in symptoms.read(group):
            assert f"{{#{entry['id']}}}" in shown
            facets = sum(len(entry[facet]) for facet in symptoms.FACETS)
            assert index.count(f'symptoms/{group}.md#{entry["id"]}"') == facets
            assert f"{group}.md#{entry['id']}" in table


def test_every_kind_of_the_index_is_used() -> None:
    for facet, kinds in symptoms.FACETS.items():
        used = {kind for _, entry in ENTRIES for kind in entry[facet]}
        assert used <= set(kinds)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a root with one group of one entry, that passes."""
    entry = symptoms.read("modes")[0]
    for path in symptoms.files(entry):
        for part in (path, path.with_suffix(".txt")):
            target = tmp_path / part.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(part, target)
    text = (ROOT / "docs/symptoms/modes.toml").read_text(encoding="utf-8")
    first = text.split("[[symptom]]")[1]
    kept = [x for x in first.splitlines() if not x.startswith(("explained", "snippet"))]
    (tmp_path / "docs/symptoms").mkdir(parents=True)
    (tmp_path / "docs/symptoms/modes.toml").write_text(
        "\n".join(["[[symptom]]", *kept]), encoding="utf-8"
    )
    run = {entry["id"]: symptoms.runs("modes")[entry["id"]]}
    (tmp_path / "docs/symptoms/modes.json").write_text(json.dumps(run), "utf-8")
    assert [e["id"] for e in symptoms.everything(tmp_path)["modes"]] == [entry["id"]]
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id =", "no_id =", "an entry without id"),
        ("title.zh", "title.fr", "title needs zh and en"),
        ("cause.en", "note.en", "cause needs zh and en"),
        ("sources = [", "sources = [] # ", "no sources"),
        ('see = ["', 'see = ["no-', "see must be some of"),
        ("operation =", "colour =", "unknown keys"),
        ("[[symptom]]", "[[symptom]]\nmessage = 'never printed'", "does not print"),
        ("[[symptom]]", "[[symptom]]\nsnippet = 'no/file.py'", "no file snippets/no"),
        ("[[symptom]]", "[[symptom]]\nexplained = ['nowhere']", "no page nowhere"),
        ("[[symptom]]", "[[other]]", "no entries found"),
        ("[[symptom]]", "[[symptom]", "docs/symptoms/modes.toml"),
    ],
)
def test_a_fault_in_an_entry(small: Path, old: str, new: str, said: str) -> None:
    path = small / "docs/symptoms/modes.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(symptoms.SymptomError, match=said):
        symptoms.read("modes", small)


def test_files_that_are_missing_or_nobodys(small: Path) -> None:
    fix = symptoms.files(symptoms.read("modes", small)[0], small)[1]
    shutil.copy(fix, fix.with_name("nobody.py"))
    with pytest.raises(symptoms.SymptomError, match="no entry for"):
        symptoms.everything(small)
    fix.unlink()
    with pytest.raises(symptoms.SymptomError, match=f"no file .*{fix.name}"):
        symptoms.read("modes", small)
    (small / "docs/symptoms/modes.json").write_text("{}", encoding="utf-8")
    with pytest.raises(symptoms.SymptomError, match=r"run `python -m"):
        symptoms.runs("nothing", small)


def test_an_id_that_stands_twice(small: Path) -> None:
    path = small / "docs/symptoms/modes.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{text}", encoding="utf-8")
    with pytest.raises(symptoms.SymptomError, match="twice"):
        symptoms.everything(small)


def test_a_finding_that_diagnose_does_not_make(small: Path) -> None:
    path = small / "docs/symptoms/modes.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    run[next(iter(run))]["diagnose"] = []
    path.write_text(json.dumps(run), encoding="utf-8")
    with pytest.raises(symptoms.SymptomError, match="does not find"):
        symptoms.table("en", small)


def test_a_symptom_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a new torch no longer behaves so: the run fails, by the entry's id."""
    entry = next(e for _, e in ENTRIES if e["id"] == "no-grad-is-not-eval")
    monkeypatch.setattr("torch.nn.Dropout.forward", lambda self, x: x)
    with pytest.raises(AssertionError):
        observe(entry)


def test_a_message_that_is_no_longer_said() -> None:
    entry = ENTRIES[0][1] | {"message": "words that torch no longer says"}
    with pytest.raises(symptoms.SymptomError, match="not printed"):
        observe(entry)
