"""Run the Python blocks of the pages exactly as they stand there.

A page includes files (`--8<-- "batch_norm/batch_norm.py"`); pymdownx's own preprocessor
puts them in, with the options of mkdocs.yml, and pytest-codeblocks reads the directives
in front of a fence (`expected-output`, `importorskip(…)`, `pytest.mark.…`). A block
behind `<!--pytest-codeblocks:cont-->` continues from the block above it.

`python -m scripts.code_blocks` runs every block and writes the printed outputs that the
pages show (`demo_NAME.txt` beside `demo_NAME.py`); `--check` only compares them.
"""

import argparse
import contextlib
import importlib
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from mkdocs.config import load_config
from pytest_codeblocks import extract_from_buffer

from scripts.digest import ROOT
from scripts.pages import (
    DOCS,
    LANGUAGES,
    Fence,
    fence_problems,
    fences,
    markdown,
    name,
    pages,
)
from scripts.results import ResultError, write

GUARD = 'if __name__ == "__main__":'
CONTINUES = "<!--pytest-codeblocks:cont-->"
OUTPUT = "<!--pytest-codeblocks:expected-output-->"


@dataclass
class Block:
    """A Python fence of a page, with everything needed to run it."""

    page: Path
    line: int
    include: str
    code: str
    expected: str | None
    output: str | None  # the included file with the expected output
    before: list["Block"] = field(default_factory=list)
    importorskip: str | None = None
    marks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


class BlockError(AssertionError):
    """A block that raised or printed something else; names page, file and line."""


@cache
def preprocessor() -> Preprocessor:
    """Return pymdownx's own, with the options of mkdocs.yml."""
    options = load_config(str(ROOT / "mkdocs.yml")).mdx_configs["pymdownx.snippets"]
    options["base_path"] = [str(ROOT / path) for path in options["base_path"]]
    extension = "pymdownx.snippets"
    markdown = Markdown(extensions=[extension], extension_configs={extension: options})
    return markdown.preprocessors["snippet"]


def expand(lines: list[str]) -> str:
    """Return the lines with their includes put in."""
    return "\n".join(preprocessor().run(lines)) + "\n"


def blocks(page: Path) -> list[Block]:
    """Return the Python blocks of a page, in order; a fence nobody runs is an error."""
    if problems := fence_problems(page):
        raise BlockError("\n".join(problems))
    text = markdown(page)
    lines = text.splitlines()
    found: list[Block] = []
    all_fences = fences(text)
    for position, fence in enumerate(all_fences):
        if fence.info != "python":
            continue
        directives = _directives(lines, fence.line)
        after = all_fences[position + 1] if position + 1 < len(all_fences) else None
        has_output = after is not None and OUTPUT in _directives(lines, after.line)
        source = [d for d in directives if d != CONTINUES] + _unit(fence)
        if after is not None and has_output:
            source += [OUTPUT, *_unit(after)]
        (read,) = extract_from_buffer(io.StringIO(expand(source)))
        block = Block(
            page=page,
            line=fence.line,
            include=fence.include or "",
            code=read.code,
            expected=read.expected_output,
            output=after.include if after is not None and has_output else None,
            importorskip=read.importorskip,
            marks=read.marks,
        )
        if CONTINUES in directives:
            if not found:
                raise BlockError(f"{block}: continues, but nothing stands above it")
            block.before = [*found[-1].before, found[-1]]
        found.append(block)
    return found


def _unit(fence: Fence) -> list[str]:
    return [f"```{fence.info}", *fence.body, "```", ""]


def _directives(lines: list[str], line: int) -> list[str]:
    """Return the comments directly above the fence that starts at this line."""
    found: list[str] = []
    for above in reversed(lines[: line - 1]):
        if not above.strip().startswith("<!--"):
            break
        found.insert(0, above.strip())
    return found


def execute(code: str, file: str, namespace: dict[str, Any]) -> str:
    """Run code in a namespace and return what it prints.

    Code that starts processes must be a file that they can import: it runs as one.
    """
    if GUARD in code:
        return started(file)
    if "torch.compile" in code:
        compiler = importlib.import_module("torch.compiler")
        compiler.reset()  # what was compiled before counts against a limit
    printed = io.StringIO()
    with beside(Path(file)), contextlib.redirect_stdout(printed):
        exec(compile(code, file, "exec"), namespace)  # noqa: S102
    return printed.getvalue()


@cache
def started(file: str) -> str:
    """Run a file in an interpreter of its own and return what it prints.

    A process with torch.distributed on CPU now and then aborts when it ends: a thread
    of gloo still holds a tensor while the interpreter goes (pytorch/pytorch#179291;
    twice in twelve runs on a loaded machine). Only then is it started again.
    """
    done = _start(file)
    for _ in range(2):
        if "terminated with signal SIGABRT" in done.stderr:
            done = _start(file)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _start(file: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(map(str, folders()))
    return subprocess.run(
        [sys.executable, file],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
    )


def folders() -> list[Path]:
    """Return the folders of the snippets: a fix may import the file it comes from."""
    return sorted(path for path in (ROOT / "snippets").iterdir() if path.is_dir())


@contextlib.contextmanager
def beside(file: Path) -> Generator[None]:
    """Let demonstrations and symptoms import a snippet as if it lay beside them."""
    if file.parent.name != "symptoms" and not file.name.startswith("demo_"):
        yield
        return
    path, modules = sys.path[:], set(sys.modules)
    sys.path[:0] = map(str, folders())
    try:
        yield
    finally:
        sys.path[:] = path
        stems = {p.stem for folder in folders() for p in folder.glob("*.py")}
        for module in (set(sys.modules) - modules) & stems:
            del sys.modules[module]


def run(block: Block) -> str:
    """Run the block behind those it continues from; return what it prints."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for step in [*block.before, block]:
        file = str(ROOT / "snippets" / step.include)
        try:
            printed = execute(step.code, file, namespace)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            line = next(
                (f.lineno for f in reversed(frames) if f.filename == file), None
            )
            line = line or getattr(error, "lineno", None) or 1
            raise BlockError(
                f"{step}: snippets/{step.include}:{line}: "
                f"{type(error).__name__}: {error}"
            ) from error
    return printed


def check(block: Block, printed: str) -> None:
    """Compare what was printed with what the page shows."""
    if block.expected is None and printed:
        raise BlockError(f"{block}: prints, but the page shows no output:\n{printed}")
    # An include adds a newline at its end, and a page shows none there.
    shown = None if block.expected is None else block.expected.rstrip("\n")
    if shown is not None and printed.rstrip("\n") != shown:
        raise BlockError(
            f"{block}: the page shows\n{shown}\nbut the block printed\n{printed}"
            f"If that is right, run `python -m scripts.code_blocks`."
        )


def all_blocks(docs: Path = DOCS) -> list[Block]:
    """Return the blocks of all pages; none at all is an error."""
    found = [b for x in LANGUAGES for page in pages(x, docs) for b in blocks(page)]
    if not found:
        raise BlockError("no Python block found in any page")
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    try:
        if not arguments.check:  # an output that is not there yet is written below
            for page in pages("zh"):
                for fence in fences(markdown(page)):
                    if fence.info == "text" and fence.include:
                        (ROOT / "snippets" / fence.include).touch()
        found = all_blocks()
        for block in found:
            printed = run(block)
            if block.output and not arguments.check:
                path = ROOT / "snippets" / block.output
                write(path, printed)
            else:
                check(block, printed)
    except (BlockError, OSError, ResultError) as error:
        sys.exit(str(error))
    print(f"{len(found)} code blocks ran")


if __name__ == "__main__":
    main()
