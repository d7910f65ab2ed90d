"""Run the reproductions and the fixes of the symptoms: `python -m scripts.symptoms`.

For the groups that are named, or all, it writes what each program prints beside it, and
docs/symptoms/GROUP.json: the version of torch, a digest of the programs, and what
diagnose finds in the reproduction's `model` (with its `batch`, where there is one).
`--check` writes nothing and says what differs.
"""

import argparse
import hashlib
import json
import runpy
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from scripts.code_blocks import GUARD, beside, execute
from scripts.digest import ROOT
from scripts.results import write
from scripts.website.symptoms import SymptomError, files, groups, read, runs
from snippets.diagnose.diagnose import diagnose

LINES = 20  # of a reproduction, at most


def run(path: Path) -> tuple[str, dict[str, Any]]:
    """Run a program; return what it prints and the names it leaves."""
    code = path.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = execute(code, str(path), namespace)
    if GUARD in code:  # it ran elsewhere: take what stands above the guard
        with beside(path):
            namespace = runpy.run_path(str(path), run_name="symptom")
    return printed, namespace


def diagnosed(namespace: dict[str, Any]) -> list[str] | None:
    """Return the kinds that diagnose finds in `model`; None where there is none."""
    model = namespace.get("model")
    if not isinstance(model, nn.Module):
        return None
    try:
        findings = diagnose(model, namespace.get("batch"))
    except Exception:  # the model itself raises: that is the symptom
        findings = diagnose(model)
    return sorted({finding.kind for finding in findings})


def digest(entry: dict[str, Any]) -> str:
    """Return a short digest of the programs of an entry."""
    text = b"".join(p.read_bytes().replace(b"\r\n", b"\n") for p in files(entry))
    return hashlib.sha256(text).hexdigest()[:16]


def observe(entry: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Run an entry; return what its programs print, and the record of the run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        reproduction, fix = files(entry)
        printed, namespace = run(reproduction)
        if (message := entry.get("message", "")) not in printed:
            raise SymptomError(f"not printed: {message}\nbut this:\n{printed}")
        kinds = diagnosed(namespace)
        record = {"diagnose": kinds, "programs": digest(entry)}
        return [printed, run(fix)[0]], record | {"torch": torch.__version__}
    finally:
        torch.set_num_threads(threads)


def release(version: str) -> str:
    """Return 2.13.0 for 2.13.0+cpu."""
    return version.partition("+")[0]


def update(group: str, only: set[str], *, check: bool) -> list[str]:
    """Run the entries of a group; return what went wrong."""
    problems: list[str] = []
    try:
        known = runs(group)
    except SymptomError:
        known = {}
    records: dict[str, Any] = {}
    for entry in read(group, ran=check):
        name = entry["id"]
        if only and name not in only and name in known:
            records[name] = known[name]
            continue
        try:
            outputs, record = observe(entry)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            kind = type(error).__name__
            problems.append(f"{group}: {name}: {where}: {kind}: {error}")
            continue
        record["torch"] = release(record["torch"])
        records[name] = record
        for path, printed in zip(files(entry), outputs, strict=True):
            text = path.with_suffix(".txt")
            if not check:
                write(text, printed)
            elif text.read_text(encoding="utf-8") != printed:
                problems.append(f"{group}: {name}: {path.name} now prints\n{printed}")
        if check and record | {"torch": ""} != known.get(name, {}) | {"torch": ""}:
            problems.append(f"{group}: {name}: was {known.get(name)}, is {record}")
    if not check:
        text = json.dumps(records, indent=1, sort_keys=True) + "\n"
        write(ROOT / "docs/symptoms" / f"{group}.json", text)
    return problems


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", nargs="*", help="all, if none is named")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    warnings.simplefilter("error")  # as in the tests: a warning is part of a symptom
    try:
        problems = [
            problem
            for group in arguments.group or groups()
            for problem in update(group, {*arguments.only}, check=arguments.check)
        ]
    except SymptomError as error:
        sys.exit(str(error))
    if problems:
        sys.exit("\n".join(problems))
    print("all symptoms shown, all fixes work")


if __name__ == "__main__":
    main()
