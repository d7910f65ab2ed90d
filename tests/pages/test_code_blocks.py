"""Every Python block of every page runs and prints what the page shows."""

import re
from pathlib import Path

import pytest
import torch

from scripts.code_blocks import Block, all_blocks, check, execute, run, started
from scripts.pages import LANGUAGES, markdown, pages
from tests.conftest import LookedAt

BLOCKS = all_blocks()


def params() -> list[object]:
    """Return the blocks with the marks that stand in front of them in the page."""
    found: list[object] = []
    for block in BLOCKS:
        marks = [eval(mark, {"pytest": pytest}) for mark in block.marks]
        found.append(pytest.param(block, id=str(block), marks=marks))
    return found


@pytest.mark.parametrize("block", params())
def test_block_runs_and_prints_what_the_page_shows(
    block: Block, looked_at: LookedAt
) -> None:
    if block.importorskip:
        pytest.importorskip(block.importorskip)
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    try:
        check(block, run(block))
        # The next block starts as a reader does.
        assert torch.get_default_dtype() == dtype, f"{block}: sets the default dtype"
        looked_at("blocks", 1)
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)


def test_every_python_fence_is_run() -> None:
    # Counted in another way than the runner does: any spelling of a Python fence.
    spelling = re.compile(
        r"^[ >]*(?:`{3,}|~{3,})\s*\{?\.?(?:py|python3?)\b", re.M | re.I
    )
    count = sum(
        len(spelling.findall(markdown(page)))
        for language in LANGUAGES
        for page in pages(language)
    )
    assert len(BLOCKS) == count > 0


def test_both_languages_run_the_same_blocks() -> None:
    each = {x: [b.include for b in BLOCKS if f"docs/{x}/" in str(b)] for x in LANGUAGES}
    assert each["zh"] == each["en"]


ABORTS = """
import pathlib
starts = pathlib.Path("starts")
starts.write_text((starts.read_text() if starts.exists() else "") + "x")
if len(starts.read_text()) <= {times}:
    raise SystemExit("process 1 terminated with signal SIGABRT")
{last}
print("ran")
"""


@pytest.mark.parametrize(
    ("times", "last", "starts"),
    [(0, "", 1), (2, "", 3), (3, "", 3), (0, "raise ValueError('ours')", 1)],
)
def test_only_an_abort_is_tried_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    last: str,
    starts: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(ABORTS.format(times=times, last=last))
    if times < 3 and not last:
        assert started(str(program)) == "ran\n"
    else:
        with pytest.raises(RuntimeError, match="ours" if last else "SIGABRT"):
            started(str(program))
    assert len(Path("starts").read_text()) == starts


# Eight versions of a function are compiled at most; each block makes six.
COMPILES = """
import torch
from torch import nn
for number in range(6):
    layer = nn.BatchNorm1d(1, momentum=(6 * {block} + number) / 100)
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    compiled(torch.ones(4, 1))
print("ran")
"""


def test_what_a_block_compiles_does_not_count_for_the_next(tmp_path: Path) -> None:
    for number in range(3):
        code = COMPILES.format(block=number)
        assert execute(code, str(tmp_path / "block.py"), {}) == "ran\n"
