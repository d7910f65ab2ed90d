"""`mkdocs build --strict` stops on each planted fault, with file and line."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import build

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

Edit = Callable[[str, str, str], None]
ZH, EN = "docs/zh/batch-norm.md", "docs/en/batch-norm.md"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (ZH, "demo_undo.py", "no_such_file.py", r"docs/zh/batch-norm.md:\d+: no file"),
        (EN, "demo_undo.txt", "no.txt", r"docs/en/batch-norm.md:\d+: no file"),
        (ZH, ".values_per_channel", ".typo", r"docs/zh/batch-norm.md:\d+: .*'typo'"),
        (EN, "{{ batch_norm_2d.", "{{ nothing.", r"en/batch-norm.md:\d+: .*nothing"),
        (EN, ":.0e}}", ":.0q}}", r"docs/en/batch-norm.md:\d+: .*format"),
        (ZH, "$m = N", r"$\nocommand", r"docs/zh/batch-norm.md:\d+: LaTeX"),
        (EN, r"\frac{1}{m}", r"\frac{1}{m", r"docs/en/batch-norm.md:\d+: LaTeX"),
        (ZH, "](claims.md)", "](clams.md)", r"batch-norm.md.*clams.md"),
        (EN, "](claims.md)", "](claims.md#nowhere)", r"batch-norm.md.*#nowhere"),
        (ZH, "figures/affine_undo.svg", "figures/no.svg", r"figures/no.svg"),
        (
            EN,
            "![Three histograms",
            "![](figures/affine_undo.svg) ![T",
            "no alternative",
        ),
        ("docs/claims.toml", "evidence = [", "proof = [", "per-feature: no evidence"),
        ("docs/claims.toml", "#shared-statistics", "#nowhere", "no heading"),
        ("docs/claims.toml", "figure:shared_stat", "figure:other", "no such evidence"),
        ("docs/claims.toml", '["000"]', '["009"]', "unknown sources"),
        ("docs/claims.toml", 'verdict = "wrong"', 'verdict = "no"', "unknown verdict"),
        ("docs/claims.toml", "wrong.en = [", "wrong.fr = [", "wrong needs zh and en"),
        ("docs/claims.toml", 'source = "000"', 'source = "009"', "unknown source 009"),
        (
            "docs/claims.toml",
            'repaired = ["page:batch-norm#',
            'repaired = ["page:x#',
            "evidence: page:x#",
        ),
        (
            "docs/claims.toml",
            '  "The figures of the run are lost.",\n',
            "",
            "listing regression-tanh: as many faults in zh as in en",
        ),
        ("docs/results/batch_norm_2d.json", "{", "{{", "batch_norm_2d.json is damaged"),
    ],
)
def test_fault(
    repository: Path, edit: Edit, file: str, old: str, new: str, message: str
) -> None:
    edit(file, old, new)
    done = build(repository)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert re.search(message, said), said[-3000:]
    assert "Traceback" not in said, said[-3000:]


def test_the_copy_without_a_fault_builds(repository: Path) -> None:
    done = build(repository)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_theme_is_noticed(repository: Path, edit: Edit) -> None:
    edit("scripts/website/slim.py", "SEARCH_AT_ONCE = '$(", "SEARCH_AT_ONCE = '$$(")
    done = build(repository)
    assert done.returncode != 0
    assert "mkdocs-material has changed" in done.stdout + done.stderr


def start(repository: Path) -> subprocess.Popen[bytes]:
    """Start a build of this copy, in silence."""
    return subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=repository,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def pages(repository: Path) -> dict[str, bytes]:
    """Return what was built, by path."""
    site = repository / "site"
    kinds = {".html", ".js", ".css", ".svg", ".py"}
    files = [path for path in site.rglob("*") if path.suffix in kinds]
    return {str(path.relative_to(site)): path.read_bytes() for path in files}


def different(a: dict[str, bytes], b: dict[str, bytes]) -> set[str]:
    """Return the names of what differs."""
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_a_killed_build_is_not_believed_later(repository: Path) -> None:
    assert build(repository).returncode == 0
    whole = pages(repository)
    assert len(whole) > 100
    for delay in (0.6, 1.2, 1.8):
        process = start(repository)
        time.sleep(delay)
        process.kill()
        process.wait()
    assert build(repository).returncode == 0
    assert different(pages(repository), whole) == set()


@pytest.mark.skipif(fcntl is None, reason="no file locks on Windows")
def test_the_english_half_of_a_killed_build_is_waited_for(repository: Path) -> None:
    process = start(repository)
    late = time.monotonic() + 60
    while not (repository / "site/en").exists():
        assert process.poll() is None
        assert time.monotonic() < late, "no English build"
        time.sleep(0.01)
    process.kill()
    process.wait()
    folder = os.open(repository / "site", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(folder, fcntl.LOCK_EX)  # until the English build is through
    os.close(folder)
