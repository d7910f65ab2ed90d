"""The frame around the experiments, tried on small ones in a copy of the repository."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.digest import ROOT
from scripts.experiments.parts.measure import differences
from scripts.results import ResultError, load, stale

QUICK = """
import torch

DATA = "none"
SEEDS = range(3)
TOLERANCE = {"*": (0.01, 0), "cost.*": None}

def run(seeds):
    assert torch.get_num_threads() == 1
    return {"loss": {"median": 0.5, "curve": [1.0, 0.5]}, "cost": {"ms": 7.0}}

def check(result):
    return {"the loss falls": result["loss"]["curve"][1] < 1}
"""
ENVIRONMENT = {"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with `quick` as its only experiment, already run."""
    target = tmp_path_factory.mktemp("measured")
    for part in ("digest.py", "results.py", "experiments/__main__.py"):
        (target / "scripts" / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "scripts" / part, target / "scripts" / part)
    parts = "scripts/experiments/parts"
    shutil.copytree(ROOT / parts, target / parts)
    (target / "scripts/experiments/quick.py").write_text(QUICK)
    done = run(target)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def small(measured: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to change at will."""
    return shutil.copytree(measured, tmp_path / "repository")


def run(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.experiments", *options],
        cwd=repository,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def change(repository: Path, old: str, new: str) -> None:
    path = repository / "scripts/experiments/quick.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def spoil(repository: Path, key: str, value: object) -> None:
    """Write another value into the committed file."""
    path = repository / "docs/results/quick.json"
    result = json.loads(path.read_text())
    first, second = key.split(".")
    result[first][second] = value
    path.write_text(json.dumps(result))


def test_result_says_how_it_was_made(small: Path) -> None:
    result = load("quick", small)
    about = result.pop("about")
    assert about["data"] == "none"
    assert about["seeds"] == [0, 1, 2]
    assert about["torch"].startswith("2.")
    assert result == {"loss": {"median": 0.5, "curve": [1, 0.5]}, "cost": {"ms": 7}}
    assert stale(small) == []


def test_only_what_is_stale_runs_unless_all(small: Path) -> None:
    path = small / "docs/results/quick.json"
    first = path.stat().st_ino
    done = run(small)
    assert done.stdout == "All 1 results are up to date.\n"
    assert path.stat().st_ino == first
    done = run(small, "--all")
    assert "quick" in done.stdout
    assert "1 of 1" in done.stdout
    assert path.stat().st_ino != first


def test_damaged_result_is_measured_again(small: Path) -> None:
    path = small / "docs/results/quick.json"
    whole = path.read_text()
    path.write_text(whole[:40])
    assert "is damaged" in stale(small)[0]
    assert run(small).returncode == 0
    assert load("quick", small)["loss"]["median"] == 0.5


def test_unknown_name_is_answered_with_the_names(small: Path) -> None:
    done = run(small, "slow")
    assert done.returncode == 2
    assert "no experiment 'slow'; there are: quick" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_experiment_at_all_is_a_failure(small: Path) -> None:
    (small / "scripts/experiments/quick.py").unlink()
    for options in ((), ("--check",), ("--all",)):
        done = run(small, *options)
        assert done.returncode == 1
        assert done.stderr == "no experiment found in scripts/experiments/\n"


def test_check_passes_on_what_was_measured_and_writes_nothing(small: Path) -> None:
    path = small / "docs/results/quick.json"
    before = path.stat().st_mtime_ns
    done = run(small, "--all", "--check")
    assert done.returncode == 0, done.stderr
    assert path.stat().st_mtime_ns == before


def test_check_names_the_key_of_a_moved_number(small: Path) -> None:
    spoil(small, "loss.median", 0.506)  # beyond one percent
    done = run(small, "--check")
    assert done.returncode == 1
    assert (
        "docs/results/quick.json: loss.median is 0.506, measured 0.5 "
        "(allowed: 1 % or 0)\n"
    ) in done.stderr
    spoil(small, "loss.median", 0.504)
    assert run(small, "--check").returncode == 0


def test_check_lets_timings_move_because_they_are_declared(small: Path) -> None:
    spoil(small, "cost.ms", 900)
    spoil(small, "about.seconds", 900)
    assert run(small, "--check").returncode == 0


def test_check_fails_on_a_stale_digest_and_a_missing_file(small: Path) -> None:
    change(small, '"none"', '"other"')
    done = run(small, "--check")
    assert done.returncode == 1
    assert "docs/results/quick.json is older than its source" in done.stderr
    (small / "docs/results/quick.json").unlink()
    done = run(small, "--check")
    assert done.returncode == 1
    assert "docs/results/quick.json is missing" in done.stderr
    assert not (small / "docs/results/quick.json").exists()


def test_a_claim_that_fails_is_said_and_nothing_is_written(small: Path) -> None:
    before = (small / "docs/results/quick.json").read_bytes()
    change(small, "[1.0, 0.5]", "[1.0, 1.5]")
    done = run(small)
    assert done.returncode == 1
    assert "quick: not so: the loss falls\n" in done.stderr
    assert "0 of 1" in done.stdout
    assert (small / "docs/results/quick.json").read_bytes() == before


def test_committed_file_must_hold_the_claims_too(small: Path) -> None:
    spoil(small, "loss.curve", [1, 1.5])
    done = run(small, "--check")
    assert "docs/results/quick.json: not so: the loss falls\n" in done.stderr


def test_check_that_claims_nothing_is_a_failure(small: Path) -> None:
    change(small, '{"the loss falls": result["loss"]["curve"][1] < 1}', "{}")
    done = run(small)
    assert done.returncode == 1
    assert "quick: check() claims nothing" in done.stderr


def test_an_experiment_that_raises_stops_no_other(small: Path) -> None:
    change(
        small, "    assert torch", "    raise ValueError('no data')\n    assert torch"
    )
    (small / "scripts/experiments/well.py").write_text(QUICK)
    done = run(small)
    assert done.returncode == 1
    assert "quick failed:\n" in done.stderr
    assert "ValueError: no data" in done.stderr
    assert load("well", small)["loss"]["median"] == 0.5


def test_a_number_that_is_none_is_refused(small: Path) -> None:
    change(small, '"median": 0.5', '"median": float("nan")')
    done = run(small)
    assert done.returncode == 1
    assert "loss.median is nan" in done.stderr


def test_a_killed_run_leaves_the_old_file_whole(small: Path) -> None:
    path = small / "docs/results/quick.json"
    before = path.read_bytes()
    started = small / "started"
    change(
        small,
        "    assert torch",
        f"    import time, pathlib; pathlib.Path({str(started)!r}).touch()\n"
        "    time.sleep(60)\n    assert torch",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.experiments"],
        cwd=small,
        env=ENVIRONMENT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["quick.json"]


def test_a_run_killed_while_writing_leaves_the_old_file_whole(small: Path) -> None:
    path = small / "docs/results/quick.json"
    before = path.read_bytes()
    program = (
        "import os, signal; from pathlib import Path; from scripts import results\n"
        "os.fdopen = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"results.write(Path({str(path)!r}), 'half')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=small, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert stale(small) == []  # what the killed run left is no result


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {"b": 1}, "a is only there|b is only measured"),
        ({"a": [1, 2]}, {"a": [1]}, "a has 2 values, measured 1"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a.1 is 2, measured 3 (allowed: 10 % or 0)"),
        ({"a": 100}, {"a": 109}, None),
        ({"a": 1}, {"a": True}, "a is 1, measured True (allowed: 10 % or 0)"),
        ({"a": "x"}, {"a": "y"}, "a is x, measured y (allowed: 10 % or 0)"),
        ({"near": {"zero": 1e-9}}, {"near": {"zero": -1e-9}}, None),
        ({"time": 1}, {"time": 9}, None),
        ({"a": {"b": 1}}, {"a": 1}, "a is {'b': 1}, measured 1 (allowed: 10 % or 0)"),
    ],
)
def test_differences_are_named(old: object, new: object, said: str | None) -> None:
    tolerance = {"*": (0.1, 0.0), "near.*": (0.1, 1e-6), "time": None}
    found = list(differences(old, new, tolerance))
    assert "|".join(found) == (said or "")


def test_what_no_pattern_names_must_be_equal() -> None:
    assert list(differences({"a": 1.0}, {"a": 1.0001}, {"b": (1, 1)}))


def test_names_of_an_empty_folder_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError):
        stale(tmp_path)
