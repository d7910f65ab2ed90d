"""Digest of a Python file and of everything in the repository that it imports.

Imports are read, not run: no torch and no matplotlib is needed.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def sources(path: Path, root: Path = ROOT) -> list[Path]:
    """The file itself and every file below root that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path, root))
    return sorted(found)


def digest(paths: Iterable[Path], *extra: str, root: Path = ROOT) -> str:
    """SHA-256 of the files' names and texts, and of any extra text."""
    hashed = hashlib.sha256()
    for path in sorted(paths):
        name = path.relative_to(root).as_posix()
        text = path.read_bytes().replace(b"\r\n", b"\n")
        hashed.update(b"%s\0%d\0%s" % (name.encode(), len(text), text))
    for text in extra:
        hashed.update(b"\0" + text.encode())
    return hashed.hexdigest()


def _imported(path: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _files(root, name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(root).parts[: -node.level] if node.level else ()
            module = [*package, *(node.module.split(".") if node.module else ())]
            for name in node.names:
                yield from _files(root, [*module, name.name])


def _files(root: Path, parts: list[str]) -> Iterator[Path]:
    """Files that `import a.b.c` would run: a, a.b and a.b.c, where they are ours."""
    for end in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:end])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                yield path
