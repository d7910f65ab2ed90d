"""A snippet copied alone into an empty folder imports with torch and nothing else."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SNIPPETS = sorted(
    p
    for p in (ROOT / "snippets").glob("*/*.py")
    if not p.name.startswith("demo_") and p.parent.name != "symptoms"
)
each = pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=lambda p: f"{p.parent.name}/{p.name}"
)
LONGEST_LINE = 88
# Imports each file in a folder of its own; says which modules of ours came along.
DRIVER = """
import importlib, json, pathlib, shutil, sys, tempfile
import torch
said = {}
for path in map(pathlib.Path, sys.argv[1:]):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        sys.path.insert(0, folder)
        before = set(sys.modules)
        try:
            module = importlib.import_module(path.stem)
            public = [n for n in vars(module) if not n.startswith("_")]
            said[str(path)] = "" if module.__doc__ and public else "empty"
        except BaseException as error:
            said[str(path)] = repr(error)
        others = {m.split(".")[0] for m in set(sys.modules) - before}
        if others & {"snippets", "scripts", "tests", "numpy.testing"}:
            said[str(path)] += f" imported {others}"
        sys.path.pop(0)
        sys.modules.pop(path.stem, None)
print(json.dumps(said))
"""


def import_alone(paths: list[Path]) -> dict[str, str]:
    """Return for each file what went wrong, or an empty string."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", DRIVER, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return import_alone(SNIPPETS)


@each
def test_imports_alone(snippet: Path, said: dict[str, str]) -> None:
    assert said[str(snippet)] == ""


def test_a_file_that_does_not_import_is_noticed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        '"""Doc."""\nimport warnings\nwarnings.warn("x")\n', encoding="utf-8"
    )
    ours = tmp_path / "ours.py"
    ours.write_text('"""Doc."""\nfrom snippets.dropout import dropout\n', "utf-8")
    assert all(import_alone([bad, ours]).values())


def imported(tree: ast.Module) -> set[str]:
    """Return the top names of all imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else (node.module or "").split(".")[0])
    return found


@each
def test_rules(snippet: Path) -> None:
    text = snippet.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert imported(tree) <= {"torch"} | set(sys.stdlib_module_names)
    assert "__main__" not in text
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    english, chinese, *_ = (ast.get_docstring(tree) or "").splitlines()
    assert english.isascii() or "–" in english or "’" in english
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    assert [x for x in text.splitlines() if len(x) > LONGEST_LINE] == []
