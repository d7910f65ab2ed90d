"""What the experiments measured: docs/results/<name>.json, without torch.

Pages quote `{{ name.key.0:.2f }}`; figures and hooks call `load(name)`.
"""

import ast
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any, cast

from scripts.digest import ROOT, digest, sources

BENCHMARK = "benchmark"
# Times, which no check compares: what measures each, and the command.
TIMED = {
    BENCHMARK: ("scripts/benchmark/measure.py", "scripts/bench"),
    "site_speed": ("scripts/benchmark/site_speed.py", "scripts/bench site"),
    "costs": ("scripts/benchmark/costs.py", "scripts/bench costs"),
    "frames": ("scripts/benchmark/frames.py", "scripts/bench frames"),
    "lighthouse": ("scripts/benchmark/lighthouse.py", "scripts/bench lighthouse"),
    "suite": ("scripts/benchmark/suite.py", "scripts/bench suite"),
}
ABOUT = {"data", "seconds", "seeds", "source", "torch"}


class ResultError(ValueError):
    """A result that cannot be used, in one sentence."""


def names(root: Path = ROOT) -> list[str]:
    """Names of all experiments: the files in scripts/experiments/, not its folders."""
    files = (root / "scripts/experiments").glob("[!_]*.py")
    found = sorted(path.stem for path in files)
    if not found:
        raise ResultError("no experiment found in scripts/experiments/")
    return found


def made(root: Path = ROOT) -> list[str]:
    """Names of all results: the experiments', and what is timed."""
    return names(root) + [name for name in TIMED if program(name, root).is_file()]


def result_path(name: str, root: Path = ROOT) -> Path:
    """Return docs/results/<name>.json."""
    return root / "docs/results" / f"{name}.json"


def load(name: str, root: Path = ROOT) -> dict[str, Any]:
    """Read a result; a missing or damaged file gives one clear sentence."""
    path = result_path(name, root)
    shown = path.relative_to(root).as_posix()
    again = f"run `{_command(name)}`"
    try:
        result = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ResultError(f"{shown} is missing: {again}") from None
    except ValueError as error:
        raise ResultError(f"{shown} is damaged ({error}): {again}") from None
    if not isinstance(result, dict):
        raise ResultError(f"{shown} is damaged (not an object): {again}")
    about = cast("dict[str, Any]", result).get("about")
    if not isinstance(about, dict) or set(cast("dict[str, Any]", about)) != ABOUT:
        raise ResultError(f"{shown} is damaged (about: {sorted(ABOUT)}): {again}")
    return cast("dict[str, Any]", result)


def dump(result: dict[str, Any]) -> str:
    """Sorted keys, six significant digits, one line for a list of numbers."""
    return _text(result, "\n", "") + "\n"


def write(path: Path, text: str) -> None:
    """Write whole or not at all: a temporary file in the same folder, then a rename."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            why = f"{shown} could not be written ({error.strerror})"
            raise ResultError(f"{why}: what was there before still is") from None
        raise


def source(name: str, root: Path = ROOT) -> str:
    """Digest of what measures, and of all that it imports from this repository."""
    return digest(sources(program(name, root), root), root=root)


def stale(root: Path = ROOT) -> list[str]:
    """Say of each result that is missing, damaged, out of date or orphaned what is."""
    known = made(root)
    found = [why for name in known if (why := why_stale(name, root))]
    return found + [
        f"docs/results/{path.name} has no experiment"
        for path in sorted((root / "docs/results").glob("*.json"))
        if path.stem not in known
    ]


def why_stale(name: str, root: Path = ROOT) -> str:
    """Say why it must be measured again; empty when it need not."""
    try:
        result = load(name, root)
    except ResultError as error:
        return str(error)
    if result["about"]["source"] == source(name, root):
        return ""
    return f"docs/results/{name}.json is older than its source: run `{_command(name)}`"


def constant(path: Path, name: str) -> Any:
    """Value of a literal at the top of a Python file, without running the file."""
    for node in ast.parse(path.read_bytes(), filename=str(path)).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return ast.literal_eval(node.value)
    raise ResultError(f"{path} does not set {name}")


def program(name: str, root: Path = ROOT) -> Path:
    """Return the file that measures."""
    if name in TIMED:
        return root / TIMED[name][0]
    return root / "scripts/experiments" / f"{name}.py"


def _command(name: str) -> str:
    """What a reader types to measure again."""
    return TIMED[name][1] if name in TIMED else f"python -m scripts.experiments {name}"


def _text(value: Any, newline: str, key: str) -> str:
    inner = newline + " "
    if isinstance(value, dict):
        items = sorted(cast("dict[str, Any]", value).items())
        lines = [
            f"{json.dumps(k)}: {_text(v, inner, f'{key}.{k}'.lstrip('.'))}"
            for k, v in items
        ]
        return "{" + inner + f",{inner}".join(lines) + newline + "}"
    if isinstance(value, (list, tuple)):
        many = cast("list[Any]", value)
        items = [_text(v, inner, f"{key}.{i}") for i, v in enumerate(many)]
        if any(isinstance(v, (dict, list, tuple)) for v in many):
            return "[" + inner + f",{inner}".join(items) + newline + "]"
        return "[" + ", ".join(items) + "]"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ResultError(f"{key} is {value}: a result holds finite numbers only")
        value = float(f"{value:.6g}")
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    return json.dumps(value, ensure_ascii=False)
