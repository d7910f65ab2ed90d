"""What a machine does to a run: kills it, fills its disk, forbids to write.

Experiments killed, damaged results and killed builds have their tests beside them
(tests/experiments/test_runner.py, tests/test_results.py, tests/website).
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.digest import ROOT
from scripts.figures.__main__ import figure_path
from tests.conftest import ADDRESS, build, copy_repository

TEXT = {".css", ".csv", ".html", ".ipynb", ".js", ".json", ".md", ".py", ".svg"} | {
    *(".toml", ".txt", ".yml")
}
TOY = """# %% [markdown] lang="zh"
# # 题 {#toy}
#
# **一句话。**

# %% [markdown] lang="en"
# # Title {#toy}
#
# **One sentence.**

# %%
import os, pathlib, time
pathlib.Path("STARTED").write_text(str(os.getpid()))
time.sleep(WAIT)
print("said")
"""
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SITE_URL": ADDRESS,
    "REPO_URL": "https://github.com/example/book",
    "NO_MKDOCS_2_WARNING": "1",
}
FRESH = (
    "from scripts import pairs, results; from scripts.figures.__main__ import stale;"
    "from scripts.labs.parts import make;"
    "print([*results.stale(), *stale(), *make.stale(), *pairs.problems()])"
)
CAP_DAC_OVERRIDE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 23, 24


def start(repository: Path, *command: str | Path, **options) -> subprocess.Popen[str]:
    """Start Python in a repository."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=repository,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def say(repository: Path, *command: str | Path, **options) -> tuple[int, str, str]:
    """Run Python in a repository; return its status and what it said."""
    process = start(repository, *command, **options)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def tree(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return every file below a folder with its size and time."""
    return {
        path.relative_to(folder): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def figures(repository: Path) -> Path:
    """Return a copy whose one figure has to be drawn again."""
    for language in ("zh", "en"):
        path = figure_path("affine_undo", language, repository)
        path.write_text(path.read_text(encoding="utf-8").replace("<svg", "<svg ", 1))
    return repository


def test_a_figure_run_killed_while_writing(figures: Path) -> None:
    paths = [figure_path("affine_undo", x, figures) for x in ("zh", "en")]
    before = [path.read_bytes() for path in paths]
    program = (
        "import os, signal, sys; from scripts.figures.__main__ import main\n"
        "os.fdopen = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(['affine_undo'])"
    )
    assert say(figures, "-c", program)[0] == -signal.SIGKILL
    assert [path.read_bytes() for path in paths] == before
    done = say(figures, "-m", "scripts.figures", "affine_undo")
    assert done == (0, "1 figures drawn in 2 languages.\n", "")
    committed = [figure_path("affine_undo", x).read_bytes() for x in ("zh", "en")]
    assert [path.read_bytes() for path in paths] == committed


def test_what_a_killed_run_left_is_not_published(
    repository: Path, tmp_path: Path
) -> None:
    left = [repository / "docs" / part for part in ("results", "zh/figures")]
    for folder in left:
        (folder / ".half.json.x1").write_text('{"half', encoding="utf-8")
    done = build(repository, "--quiet", "--site-dir", str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "site").rglob(".half*"))


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Return a repository whose only notebook is a toy that waits a minute."""
    root = tmp_path / "repository"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=ignore)
    shutil.copytree(ROOT / "docs/symptoms", root / "docs/symptoms")
    for path in (root / "scripts/labs").glob("*.py"):
        if path.stem != "__main__":
            path.unlink()
    for language in ("zh", "en"):
        (root / "docs" / language / "labs").mkdir(parents=True)
    return root


def lab(root: Path, seconds: int) -> None:
    """Write the toy, which tells its process and waits."""
    text = TOY.replace("STARTED", str(root / "started")).replace("WAIT", str(seconds))
    (root / "scripts/labs/toy.py").write_text(text, encoding="utf-8")


def test_a_notebook_run_killed_while_a_cell_runs(toy: Path) -> None:
    lab(toy, 0)
    assert say(toy, "-m", "scripts.labs")[0] == 0
    notebooks = [toy / f"docs/{x}/labs/toy.ipynb" for x in ("zh", "en")]
    before = [path.read_bytes() for path in notebooks]
    (toy / "started").unlink()
    lab(toy, 60)
    process = start(toy, "-m", "scripts.labs")
    wait_for((toy / "started").is_file)
    time.sleep(0.2)  # until the number is written
    kernel = int((toy / "started").read_text())
    process.kill()
    process.communicate()
    assert [path.read_bytes() for path in notebooks] == before
    assert [p.name for p in notebooks[0].parent.iterdir()] == ["toy.ipynb"]
    wait_for(lambda: not alive(kernel))
    lab(toy, 0)
    assert say(toy, "-m", "scripts.labs")[0] == 0
    assert [path.read_bytes() for path in notebooks] == before


def alive(process: int) -> bool:
    """Tell whether a process is there and not just a name in the table."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_damaged_notebook_is_named_in_a_sentence(toy: Path) -> None:
    lab(toy, 0)
    assert say(toy, "-m", "scripts.labs")[0] == 0
    (toy / "docs/en/labs/toy.ipynb").write_text('{"cells": [', encoding="utf-8")
    code, _, err = say(toy, "-m", "scripts.labs", "--check")
    assert code == 1
    assert err.startswith("docs/en/labs/toy.ipynb cannot be read: ")
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 2


def full(size: int) -> Callable[[], None]:
    """Return what lets no file grow beyond a size, as a full disk lets none grow."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_leaves_a_figure_as_it_was(figures: Path) -> None:
    path = figure_path("affine_undo", "zh", figures)
    before = tree(figures)
    command = ("-m", "scripts.figures", "affine_undo")
    code, out, err = say(figures, *command, preexec_fn=full(2000))
    assert (code, out) == (1, "")
    assert err == (
        f"{path.relative_to(figures)} could not be written (File too large): "
        "what was there before still is\n"
    )
    assert tree(figures) == before


def test_a_full_disk_leaves_a_notebook_as_it_was(toy: Path) -> None:
    lab(toy, 0)
    code, out, err = say(toy, "-m", "scripts.labs", preexec_fn=full(500))
    assert (code, out) == (1, "")
    assert err.startswith("docs/zh/labs/toy.ipynb could not be written (File too large")
    assert not list(toy.glob("docs/*/labs/*"))


def test_a_full_disk_stops_the_build_with_a_sentence(
    repository: Path, tmp_path: Path
) -> None:
    command = ("-m", "mkdocs", "build", "-q", "-d", str(tmp_path / "site"))
    code, _, err = say(repository, *command, preexec_fn=full(100_000))
    assert code == 1
    assert "could not be written (File too large): the site is not whole" in err
    assert "Traceback" not in err


def forbid() -> None:
    """Take from root the right to write what is not writable."""
    libc = ctypes.CDLL(None)
    if libc.prctl(PR_CAPBSET_READ, CAP_DAC_OVERRIDE, 0, 0, 0) == 1:
        libc.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.fixture
def read_only(repository: Path) -> Iterator[Path]:
    """Return a copy in which nothing may be written."""
    folders = [repository, *(p for p in repository.rglob("*") if p.is_dir())]
    files = [p for p in repository.rglob("*") if p.is_file()]
    for path in [*files, *folders]:
        path.chmod(path.stat().st_mode & ~0o222)
    yield repository
    for path in folders:
        path.chmod(0o755)


def test_a_read_only_checkout_builds_elsewhere(read_only: Path, tmp_path: Path) -> None:
    probe = "from pathlib import Path; Path('written').touch()"
    code, _, err = say(read_only, "-c", probe, preexec_fn=forbid)
    assert code == 1, "the test itself: the copy can be written"
    assert "PermissionError" in err
    before = tree(read_only)
    command = ("-m", "mkdocs", "build", "--strict", "-q", "-d")
    done = say(read_only, *command, str(tmp_path / "site"), preexec_fn=forbid)
    assert done[0] == 0, done
    assert (tmp_path / "site/en/index.html").is_file()
    assert tree(read_only) == before
    code, _, err = say(read_only, "-m", "mkdocs", "build", "-q", preexec_fn=forbid)
    assert code == 1
    assert f"{read_only}/site could not be written (Permission denied)" in err
    assert "Traceback" not in err


def test_two_builds_at_once(repository: Path, site: Path) -> None:
    command = ("-m", "mkdocs", "build", "--strict")
    first = start(repository, *command)
    wait_for((repository / "site").is_dir)
    second = start(repository, *command)
    for process in (first, second):
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        waited = "another build is writing" in err
        assert waited == (process is second)
    assert pages(repository / "site") == pages(site)


def pages(site: Path) -> dict[Path, bytes]:
    """Return what is the same in each build of the same sources."""
    return {
        path.relative_to(site): path.read_bytes()
        for path in site.rglob("*")
        if path.suffix in {".html", ".css", ".svg"}
    }


def test_windows_line_ends_in_a_path_with_spaces_and_chinese(
    tmp_path: Path, site: Path
) -> None:
    repository = copy_repository(tmp_path / "归一化 与 (Dropout) 100%")
    for path in repository.rglob("*"):
        if path.suffix in TEXT and path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    code, out, err = say(repository, "-c", FRESH)
    assert (code, out) == (0, "[]\n"), err
    done = build(repository, "--site-dir", str(tmp_path / "site"))
    assert done.returncode == 0, done.stdout + done.stderr
    built = {k: v for k, v in pages(tmp_path / "site").items() if k.suffix == ".html"}
    expected = {k: v for k, v in pages(site).items() if k.suffix == ".html"}
    assert built == expected
    code, out, err = say(repository, "-m", "scripts.figures", "affine_undo")
    assert (code, out) == (0, "1 figures drawn in 2 languages.\n"), err
