"""The workflows: valid, least permissions, pinned, and thin callers of scripts/."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
BIN = Path(sys.executable).parent
SCHEMA = ["--builtin-schema", "vendor.github-workflows"]


def zizmor(path: Path) -> list[object]:
    """Return zizmor's findings, without asking the network."""
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--format", "json", path],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout)


def test_there_are_three() -> None:
    assert [p.stem for p in WORKFLOWS] == ["check", "pages", "weekly"]


@each
def test_zizmor_finds_nothing(path: Path) -> None:
    assert zizmor(path) == []


@each
def test_valid(path: Path) -> None:
    subprocess.run([BIN / "check-jsonschema", *SCHEMA, path], check=True)


@each
def test_actions_are_pinned_by_commit(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    assert uses
    assert [u for u in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", u)] == []


@each
def test_reads_only_and_calls_our_scripts(path: Path) -> None:
    flow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert flow["permissions"] == {"contents": "read"}
    ours = re.compile(r"(\.ci/run|(\w+=\w+ )?scripts/\w+|echo|git diff|cp \S+ site/)")
    for name, job in flow["jobs"].items():
        assert set(job.get("permissions", {})) <= {"pages", "id-token"}, name
        for step in job["steps"]:
            for line in step.get("run", "").strip().splitlines():
                assert ours.match(line), line


def test_only_pushes_to_main_publish() -> None:
    flow = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())
    assert set(flow[True]) == {"push", "workflow_dispatch"}  # YAML reads `on` as True
    assert flow[True]["push"] == {"branches": ["main"]}
    assert flow["jobs"]["build"]["if"] == "github.ref == 'refs/heads/main'"


def test_every_supported_python_is_tested() -> None:
    flow = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())
    versions = flow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]


def test_what_lies_outside_is_looked_at_weekly_and_blocks_nothing() -> None:
    flow = yaml.safe_load((ROOT / ".github/workflows/weekly.yml").read_text())
    assert set(flow[True]) == {"schedule", "workflow_dispatch"}
    job = flow["jobs"]["outside"]
    verb = (ROOT / "scripts/weekly").read_text(encoding="utf-8")
    for what in job["strategy"]["matrix"]["what"]:
        assert re.search(rf"^(\w+ \| )?{what}( \| \w+)?\)$", verb, re.MULTILINE), what
    assert not [name for name, one in flow["jobs"].items() if "needs" in one]


def test_the_checks_can_fail(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    injected = "run: echo ${{ github.event.pull_request.title }}"
    bad.write_text(text.replace("run: .ci/run", injected), encoding="utf-8")
    assert zizmor(bad) != []
    bad.write_text(text.replace("runs-on:", "runs-at:"), encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(
            [BIN / "check-jsonschema", *SCHEMA, bad], check=True, capture_output=True
        )
