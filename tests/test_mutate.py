"""The mutation harness kills what it must, keeps what it must, and never runs empty."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.mutants import mutants
from scripts.mutation import load, problems, snippets, source, stale
from tests.conftest import ROOT, LookedAt

TOY = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "snippets/toy/double.py": (
        '"""Doc."""\n\n\ndef double(x: int) -> int:\n    """Doc."""\n    return x + x\n'
        "\n\ndef untested() -> int:\n    return 1\n"
    ),
    "tests/toy/test_double.py": (
        "import subprocess, sys\n\n\n"
        "def test_processes_see_the_mutant():\n"
        '    code = "from snippets.toy.double import double as d; assert d(3) == 6"\n'
        '    subprocess.run([sys.executable, "-c", code], check=True)\n'
    ),
}
SURVIVORS = ("return 2", "return None")


def reasons(kind: str, *mutated: str) -> str:
    """Text of a file that explains these mutants of the untested function."""
    return "".join(
        '[[survivor]]\nsnippet = "toy/double"\nwhere = "untested"\n'
        f'original = "return 1"\nmutated = "{text}"\n{kind} = "Nobody calls it."\n'
        for text in mutated
    )


def lay_out(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def run(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.mutate", "--root", str(root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one snippet, mutated once."""
    root = tmp_path_factory.mktemp("toy")
    lay_out(root, TOY)
    assert stale(root) == ["toy/double"]
    done = run(root)
    assert done.returncode == 1, done.stderr
    for text in SURVIVORS:
        assert f'no reason: ["toy/double", "untested", "return 1", "{text}"]' in (
            done.stderr
        )
    return root


def test_a_tested_fault_is_killed_and_an_untested_one_survives(toy: Path) -> None:
    found = load(toy)["toy/double"]
    assert (found["mutants"], found["killed"], found["timeouts"]) == (4, 2, 0)
    assert {(s["line"], s["mutated"]) for s in found["survivors"]} == {
        (10, text) for text in SURVIVORS
    }


def test_equivalent_mutants_leave_the_score_and_accepted_ones_lower_it(
    toy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = toy / "tests/mutation_survivors.toml"
    file.write_text(reasons("equivalent", *SURVIVORS), encoding="utf-8")
    assert problems(load(toy), toy) == []
    assert "100.0% without 2 equivalent" in capsys.readouterr().out
    file.write_text(reasons("accepted", *SURVIVORS), encoding="utf-8")
    assert problems(load(toy), toy) == ["fewer than 95% are killed"]
    file.write_text(reasons("equivalent", *SURVIVORS, "return 7"), encoding="utf-8")
    (wrong,) = problems(load(toy), toy)
    assert wrong.startswith("no survivor")
    assert "return 7" in wrong
    file.write_text(reasons("equivalent", *SURVIVORS[:1]), encoding="utf-8")
    unexplained, score = problems(load(toy), toy)
    assert unexplained.startswith("no reason")
    assert score == "fewer than 95% are killed"


def test_a_change_of_the_snippet_or_its_test_is_stale(
    toy: Path, tmp_path: Path
) -> None:
    assert stale(toy) == []
    for path in list(TOY)[1:]:
        root = tmp_path / Path(path).name
        lay_out(root, TOY | {path: TOY[path] + "\n"})
        lay_out(root, {"tests/mutation.json": json.dumps(load(toy))})
        assert stale(root) == ["toy/double"]


def test_nothing_to_mutate_is_a_failure(tmp_path: Path) -> None:
    lay_out(tmp_path, {"tests/mutation.json": "{}"})
    assert "no snippet" in problems(load(tmp_path), tmp_path)
    known = {"toy/empty": {"mutants": 0, "killed": 0, "survivors": []}}
    assert problems(known, tmp_path) == ["toy/empty: no mutants"]


def test_tests_that_fail_without_any_fault_are_an_error(tmp_path: Path) -> None:
    failing = TOY["tests/toy/test_double.py"].replace("== 6", "== 7")
    lay_out(tmp_path, TOY | {"tests/toy/test_double.py": failing})
    done = run(tmp_path)
    assert done.returncode == 1
    assert "toy/double: its tests fail without any fault" in done.stderr


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is not None", {"a is None"}),
        ("a not in b", {"a in b"}),
        ("a and b", {"a or b"}),
        ("(a + b) * c", {"(a - b) * c", "(a + b) / c"}),
        ("a**b", {"a*b"}),
        ("not a", {"(a)"}),
        ("x += a", {"x -= a", "pass"}),
        ("3, 0.5, True, 'name'", {
            "4, 0.5, True, 'name'",
            "3, 1.0, True, 'name'",
            "3, 0.5, False, 'name'",
            "3, 0.5, True, 'name_'",
        }),
        ("f(a, b)", {"f(b, a)", "pass"}),
        ("f(a, key=b)", {"f(a)", "pass"}),
        ("x = max(a, b)", set()),
        ("x = a if b else c", {"x = a if not (b) else c"}),
        ("raise Wrong('name', 1 + 1)", {"pass"}),
        ("x: Literal[1] | None = None", set()),
        ("'prose stays'", set()),
        ("x = f'{1 + 1}'", set()),
        ("x = cast('name', a)", set()),
    ],
)  # fmt: skip
def test_each_kind_of_fault(line: str, expected: set[str]) -> None:
    found = mutants(f"'''Doc.'''\n{line}\n".encode())
    assert {mutant.mutated for mutant in found} == expected
    for mutant in found:
        assert mutant.text == f"'''Doc.'''\n{mutant.mutated}\n".encode()
        assert (mutant.line, mutant.original) == (2, line)


def test_faults_in_functions_and_blocks() -> None:
    text = b"class A:\n @f(a)\n def g(self, x: int = 1):\n  with b:\n   return x\n"
    assert {(m.where, m.mutated) for m in mutants(text)} == {
        ("A.g", "@(lambda same: same)"),
        ("A.g", "def g(self, x: int = 2):"),
        ("A.g", "with __import__('contextlib').nullcontext():"),
        ("A.g", "return None"),
    }


def test_every_snippet_was_mutated(looked_at: LookedAt) -> None:
    """That it is fresh, the weekly run sees to; here, nothing else is missing."""
    assert set(snippets()) == set(load())
    assert problems(load()) == []
    assert all(
        len(found["source"]) == len(source(name)) for name, found in load().items()
    )
    looked_at("mutants", sum(found["mutants"] for found in load().values()))
