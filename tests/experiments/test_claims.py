"""Every experiment gives its committed result again and has a test that breaks it."""

import subprocess
import sys

import pytest

from scripts.digest import ROOT
from scripts.results import names


@pytest.mark.parametrize("name", names())
def test_experiment_gives_its_committed_result_again(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.experiments", "--check", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", names())
def test_experiment_has_a_test_that_breaks_it(name: str) -> None:
    text = (ROOT / f"tests/experiments/test_{name}.py").read_text(encoding="utf-8")
    assert f"{name}.check(" in text
    assert "broken(" in text
