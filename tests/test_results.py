"""Results and digests: whole or named in one sentence, stale when a source moves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import results
from scripts.digest import ROOT, digest, sources
from scripts.results import (
    BENCHMARK,
    ResultError,
    dump,
    load,
    made,
    names,
    stale,
    write,
)

ABOUT = {"data": "d", "seconds": 0, "seeds": [0], "source": "", "torch": "2"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a repository with one experiment, a snippet that it imports, a result."""
    files = {
        "scripts/experiments/one.py": "from scripts.experiments.parts import tool\n",
        "scripts/experiments/parts/tool.py": (
            "def late():\n    from snippets.norms.layer import Layer\n"
        ),
        "snippets/norms/layer.py": "from . import near\nimport torch\n",
        "snippets/norms/near.py": "x = 1\n",
        "snippets/norms/far.py": "x = 1\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    about = {**ABOUT, "source": results.source("one", tmp_path)}
    write(results.result_path("one", tmp_path), dump({"about": about, "loss": 0.5}))
    return tmp_path


def test_sources_are_followed_through_every_kind_of_import(small: Path) -> None:
    found = sources(small / "scripts/experiments/one.py", small)
    assert [path.name for path in found] == ["one.py", "tool.py", "layer.py", "near.py"]


@pytest.mark.parametrize(
    "changed",
    [
        "scripts/experiments/one.py",
        "scripts/experiments/parts/tool.py",
        "snippets/norms/layer.py",
        "snippets/norms/near.py",
    ],
)
def test_result_is_stale_when_a_source_changes(small: Path, changed: str) -> None:
    assert stale(small) == []
    with (small / changed).open("a") as file:
        file.write("# changed\n")
    assert stale(small) == [
        "docs/results/one.json is older than its source: "
        "run `python -m scripts.experiments one`"
    ]


def test_other_files_and_line_ends_leave_a_result_fresh(small: Path) -> None:
    (small / "snippets/norms/far.py").write_text("x = 2\n")
    near = small / "snippets/norms/near.py"
    near.write_bytes(near.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(small) == []


def test_digest_tells_names_and_extra_text_apart(small: Path) -> None:
    near, far = (small / f"snippets/norms/{name}.py" for name in ("near", "far"))
    marks = [
        digest([near], root=small),
        digest([far], root=small),
        digest([near, far], root=small),
        digest([near], "a", root=small),
        digest([near], "a", "b", root=small),
        digest([near], "ab", root=small),
    ]
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"about": {}, "loss": 0.', "is damaged"),
        ("", "is damaged"),
        ("[]", "is damaged (not an object)"),
        ('{"loss": 1}', "is damaged (about:"),
        ("\udcff", "is damaged"),
        (None, "is missing"),
    ],
    ids=["truncated", "empty", "list", "about", "bytes", "missing"],
)
def test_unusable_result_is_named_in_one_sentence(
    small: Path, text: str | None, why: str
) -> None:
    path = results.result_path("one", small)
    path.unlink()
    if text is not None:
        path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ResultError) as error:
        load("one", small)
    message = str(error.value)
    assert message.startswith("docs/results/one.json")
    assert why in message
    assert message.endswith("run `python -m scripts.experiments one`")
    assert "\n" not in message
    assert stale(small) == [message]


def test_result_without_an_experiment_is_reported(small: Path) -> None:
    write(results.result_path("gone", small), dump({"about": ABOUT}))
    assert stale(small) == ["docs/results/gone.json has no experiment"]


@pytest.fixture
def timed(small: Path) -> Path:
    """Return that repository with a benchmark of one more snippet, and its result."""
    measure = small / "scripts/benchmark/measure.py"
    measure.parent.mkdir()
    measure.write_text("from snippets.norms.far import x\n")
    about = {**ABOUT, "source": results.source(BENCHMARK, small)}
    write(results.result_path(BENCHMARK, small), dump({"about": about}))
    return small


def test_the_benchmark_is_a_result_but_no_experiment(timed: Path) -> None:
    assert stale(timed) == []
    assert names(timed) == ["one"]
    assert made(timed) == ["one", "benchmark"]


@pytest.mark.parametrize(
    "path", ["scripts/benchmark/measure.py", "snippets/norms/far.py"]
)
def test_the_benchmark_is_stale_when_what_it_times_changes(
    timed: Path, path: str
) -> None:
    with (timed / path).open("a") as file:
        file.write("# changed\n")
    assert stale(timed) == [
        "docs/results/benchmark.json is older than its source: run `scripts/bench`"
    ]


def test_a_missing_or_orphaned_benchmark_is_reported(timed: Path) -> None:
    path = results.result_path(BENCHMARK, timed)
    text = path.read_text()
    path.unlink()
    assert stale(timed) == [
        "docs/results/benchmark.json is missing: run `scripts/bench`"
    ]
    path.write_text(text)
    (timed / "scripts/benchmark/measure.py").unlink()
    assert stale(timed) == ["docs/results/benchmark.json has no experiment"]


def test_no_experiment_at_all_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="no experiment found"):
        names(tmp_path)


def test_dump_sorts_rounds_and_comes_back() -> None:
    value = {"b": [1 / 3, 2e-9, 12345678.0], "a": {"z": 1.0, "y": True, "x": "均值"}}
    text = dump(value)
    assert text.index('"a"') < text.index('"b"')
    assert "[0.333333, 2e-09, 12345700]" in text
    assert json.loads(text)["a"] == {"z": 1, "y": True, "x": "均值"}
    assert dump(json.loads(text)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_dump_names_the_key_of_a_number_that_is_none(value: float) -> None:
    with pytest.raises(ResultError, match=r"plain\.loss\.1 is (nan|inf)"):
        dump({"plain": {"loss": [0.0, value]}})


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "half \udcff")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_freshness_needs_neither_torch_nor_matplotlib() -> None:
    program = (
        "import sys; from scripts.results import stale;"
        "from scripts.figures.__main__ import stale as old; stale(); old();"
        "print(*{'torch', 'matplotlib', 'numpy', 'sklearn'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"


def test_committed_results_are_fresh_and_light() -> None:
    assert stale() == []
    for name in made():
        path = results.result_path(name)
        limit = 100_000 if path.stem.endswith("_histograms") else 60_000  # recorded
        assert path.stat().st_size < limit
        assert dump(load(name)) == path.read_text(encoding="utf-8")
