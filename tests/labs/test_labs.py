"""Notebooks: executed, fresh, the same in both languages, and able to fail."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scripts.digest import ROOT
from scripts.labs.parts import make as labs
from scripts.labs.parts.notebook import executed, printed
from scripts.labs.parts.percent import LabError, cells
from scripts.pages import LANGUAGES
from tests.conftest import build

CODE = """# %%
LANGUAGE = "zh"
print("said in", LANGUAGE)
"""
SOURCE = f"""# %% [markdown] lang="zh"
# # 题 {{#toy}}
#
# **一句话。**

# %% [markdown] lang="en"
# # Title {{#toy}}
#
# **One sentence.**

{CODE}"""
# jupyter_client leaves sockets to the garbage collector, which may come at any time.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
each = pytest.mark.parametrize(
    ("name", "language"), [(n, x) for n in labs.names() for x in LANGUAGES]
)


def lab(folder: Path, text: str = SOURCE) -> Path:
    path = folder / "toy.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_notebooks_are_fresh() -> None:
    assert labs.stale() == []


@each
def test_executed_again_it_prints_the_same(name: str, language: str) -> None:
    assert labs.check(name, language) == []


@each
def test_valid_with_outputs_and_without_a_trace_of_this_machine(
    name: str, language: str
) -> None:
    path = labs.notebook_path(name, language)
    made = labs.read(path)
    nbformat.validate(made)
    assert any(cell.get("outputs") for cell in made.cells)
    assert all(cell.get("execution_count", 1) for cell in made.cells)
    assert str(ROOT) not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", labs.names())
def test_imports_only_what_readers_have(name: str) -> None:
    text = labs.lab_path(name).read_text(encoding="utf-8")
    found = set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE))
    standard = set(sys.stdlib_module_names)
    ours = {"torch", "matplotlib", "matplotlib_inline", "numpy", "sklearn"}
    assert found - standard <= ours


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_is_shared_and_speaks_the_language(tmp_path: Path, language: str) -> None:
    assert printed(executed(lab(tmp_path), language)) == [f"said in {language}\n"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lang="en"', 'lang="fr"', "not a mark of a cell"),
        ("# # Title {#toy}", "# # Title {#other}", "the two languages part"),
        ("# # Title {#toy}", "# # Title", "no {#id}"),
        ("# **One", "**One", "text without #"),
        (CODE, "", "no code"),
        ("**One sentence.**", "One sentence.", "expected a title, then a bold line"),
        ("print(", "1 / 0\nprint(", "ZeroDivisionError"),
        ("print(", "import sys\nprint(file=sys.stderr, end='?')\nprint(", "warning"),
    ],
)
def test_a_faulty_source_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in SOURCE
    path = lab(tmp_path, SOURCE.replace(old, new))
    with pytest.raises(LabError, match=re.escape(message)):
        executed(path, "en")


def test_a_figure_needs_words(tmp_path: Path) -> None:
    figure = (
        "from IPython.display import SVG, display\n"
        "display(SVG('<svg viewBox=\"0 0 480 9\"></svg>'))\n"
    )
    with pytest.raises(LabError, match="a figure without words"):
        executed(lab(tmp_path, SOURCE + figure), "zh")
    alt = '\n# %% [markdown] alt="zh"\n# 一条线\n\n# %% [markdown] alt="en"\n# A line\n'
    made = executed(lab(tmp_path, SOURCE + figure + alt), "en")
    assert made.cells[-1].metadata["alt"] == "A line"
    # An editor that does not trust the notebook yet shows the words.
    assert made.cells[-1].outputs[-1].data["text/plain"].endswith("] A line")


def test_numbers_in_the_text_come_from_the_run(tmp_path: Path) -> None:
    text = SOURCE.replace("**一句话。**", "**一句话，{{ LANGUAGE }}。**").replace(
        "**One sentence.**", "**{{ -len(LANGUAGE[:1]) / 3:.2f }} of {{ LANGUAGE }}.**"
    )
    made = executed(lab(tmp_path, text), "en")
    assert made.cells[0].source.endswith("**−0.33 of en.**")
    assert len(made.cells) == 2
    wrong = SOURCE.replace("**One sentence.**", "**{{ unknown }}.**")
    with pytest.raises(LabError, match="'unknown' is not defined"):
        executed(lab(tmp_path, wrong), "en")


def test_another_number_in_the_text_is_named(monkeypatch) -> None:
    name = labs.names()[0]
    old = labs.read(labs.notebook_path(name, "zh"))
    monkeypatch.setattr(labs, "read", lambda _: old)
    monkeypatch.setattr(labs, "executed", lambda *_: new)
    new = nbformat.from_dict(json.loads(json.dumps(old)))
    new.cells[0].source += " 0.3"
    (problem,) = labs.check(name, "zh")
    assert "text cell 1 said" in problem


def test_what_is_stale_damaged_or_orphaned_is_named(tmp_path: Path) -> None:
    for part in ("docs/zh/labs", "docs/en/labs", "scripts/labs"):
        shutil.copytree(ROOT / part, tmp_path / part)
    name = labs.names()[0]
    assert labs.stale(tmp_path) == []
    path = labs.lab_path(name, tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    found = labs.stale(tmp_path)
    assert [x for x in found if "older than its source" in x]
    labs.notebook_path(name, "en", tmp_path).write_text("{", encoding="utf-8")
    assert [x for x in labs.stale(tmp_path) if "cannot be read" in x]
    (tmp_path / "docs/zh/labs/other.ipynb").write_text("{}", encoding="utf-8")
    assert [x for x in labs.stale(tmp_path) if "no source" in x]


def test_another_printed_number_is_named(tmp_path: Path, monkeypatch) -> None:
    name = labs.names()[0]
    made = json.loads(labs.notebook_path(name, "zh").read_text(encoding="utf-8"))
    first = next(cell for cell in made["cells"] if cell.get("outputs"))
    first["outputs"][0]["text"] = "another number\n"
    changed = tmp_path / "changed.ipynb"
    changed.write_text(json.dumps(made), encoding="utf-8")
    old = nbformat.read(changed, as_version=4)
    monkeypatch.setattr(labs, "read", lambda _: old)
    (problem,) = labs.check(name, "zh")
    assert "'another number\\n'" in problem


def test_a_damaged_notebook_fails_the_build_by_name(repository: Path) -> None:
    path = labs.notebook_path(labs.names()[0], "zh", repository)
    path.write_text("{", encoding="utf-8")
    done = build(repository)
    assert done.returncode != 0
    assert f"{path.name} cannot be read" in done.stderr


def test_the_command_refuses_an_unknown_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.labs", "none"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no lab 'none'" in done.stderr


def test_cells_are_what_the_source_says(tmp_path: Path) -> None:
    kinds = [(cell.kind, cell.language) for cell in cells(lab(tmp_path))]
    assert kinds == [("lang", "zh"), ("lang", "en"), ("code", "")]
