"""What mutation testing found: tests/mutation.json, and the reasons of the survivors.

Written by `python -m scripts.mutate`; read here without torch.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from scripts.digest import ROOT, digest

ENOUGH = 0.95  # the share of the mutants that the tests must kill


def mirror(snippet: str, root: Path = ROOT) -> Path:
    """Return the test file of topic/name."""
    topic, name = snippet.split("/")
    return root / "tests" / topic / f"test_{name}.py"


def snippets(root: Path = ROOT) -> list[str]:
    """Every topic/name; not what a page prints, and not the wrong ones it warns of."""
    files = sorted((root / "snippets").glob("*/*.py"))
    names = [f"{p.parent.name}/{p.stem}" for p in files if p.parent.name != "symptoms"]
    return [name for name in names if not name.split("/")[1].startswith("demo_")]


def source(snippet: str, root: Path = ROOT) -> str:
    """Digest of a snippet and of its test file."""
    paths = [root / "snippets" / f"{snippet}.py", mirror(snippet, root)]
    return digest([path for path in paths if path.is_file()], root=root)


def load(root: Path = ROOT) -> dict[str, Any]:
    """What tests/mutation.json says of each snippet."""
    path = root / "tests/mutation.json"
    return json.loads(path.read_bytes()) if path.is_file() else {}


def stale(root: Path = ROOT) -> list[str]:
    """Return the snippets that changed, or their tests, since they were mutated."""
    known = load(root)
    return [
        n for n in snippets(root) if known.get(n, {}).get("source") != source(n, root)
    ]


def problems(known: dict[str, Any], root: Path = ROOT) -> list[str]:
    """Survivors without a reason, reasons without a survivor, too low a score."""
    file = root / "tests/mutation_survivors.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    keys = ("snippet", "where", "original", "mutated")
    reasons = {tuple(r[k] for k in keys): r for r in rows.get("survivor", [])}
    wrong = [f"{n}: no mutants" for n in known if not known[n]["mutants"]]
    if not known:
        wrong.append("no snippet")
    equivalent: dict[str, int] = dict.fromkeys(known, 0)
    unused = set(reasons)
    for name, found in known.items():
        for survivor in found["survivors"]:
            key = (name, *(survivor[k] for k in keys[1:]))
            unused.discard(key)
            row = reasons.get(key, {})
            equivalent[name] += "equivalent" in row
            if not row.get("equivalent") and not row.get("accepted"):
                wrong.append("no reason: " + json.dumps(key, ensure_ascii=False))
    wrong += [
        f"no survivor: {json.dumps(k, ensure_ascii=False)}" for k in sorted(unused)
    ]
    total = [0, 0, 0]
    for name, found in known.items():
        row = [found["killed"], found["mutants"], equivalent[name]]
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(_score(name, *row))
    print(_score("all", *total))
    if total[0] < ENOUGH * (total[1] - total[2]):
        wrong.append(f"fewer than {ENOUGH:.0%} are killed")
    return wrong


def _score(name: str, killed: int, mutants: int, equivalent: int) -> str:
    score = killed / max(mutants - equivalent, 1)
    raw = killed / max(mutants, 1)
    return (
        f"{name:40} {killed:4} of {mutants:4} killed, {raw:6.1%}; "
        f"{score:6.1%} without {equivalent} equivalent"
    )
