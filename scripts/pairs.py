"""Two languages change together: docs/pairs.txt holds what was confirmed together.

`python -m scripts.pairs` says which pages changed since; after reading both languages
side by side, `python -m scripts.pairs --confirm batch-norm` (or --all) confirms them.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from scripts.pages import DOCS, pages, pair_problems
from scripts.results import write


def digest(page: Path) -> str:
    """Return a short digest of a page's text."""
    text = page.read_text(encoding="utf-8").replace("\r\n", "\n")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def names(docs: Path = DOCS) -> set[str]:
    """Return the names of all pages, in either language, without `.md`."""
    return {
        page.relative_to(docs / language).with_suffix("").as_posix()
        for language in ("zh", "en")
        for page in pages(language, docs)
    }


def confirmed(docs: Path = DOCS) -> dict[str, tuple[str, str]]:
    """Return the confirmed digests, zh and en, of each page."""
    file = docs / "pairs.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(lines, 1):
        parts = line.split()
        if len(parts) != 3:
            raise ValueError(f"docs/pairs.txt:{number}: expected: page zh en")
        found[parts[0]] = (parts[1], parts[2])
    return found


def problems(docs: Path = DOCS) -> list[str]:
    """Say which pages stand alone, differ in structure or changed since confirmed."""
    found: list[str] = []
    known = confirmed(docs)
    there = names(docs)
    for name in sorted(there | set(known)):
        zh, en = (docs / language / f"{name}.md" for language in ("zh", "en"))
        if name not in there:
            found.append(f"docs/pairs.txt: {name} is no page")
        elif not (zh.is_file() and en.is_file()):
            missing = zh if en.is_file() else en
            found.append(f"{name}: in one language only: no {missing}")
        else:
            found += pair_problems(zh, en)
            for page, was in zip((zh, en), known.get(name, ("", "")), strict=True):
                if digest(page) != was:
                    found.append(
                        f"{page.parent.name}/{page.name}: changed since its pair was "
                        f"confirmed: read both, then "
                        f"python -m scripts.pairs --confirm {name}"
                    )
    return found


def confirm(selected: set[str], docs: Path = DOCS) -> None:
    """Write the digests of the selected pages; pages that differ are refused."""
    known = confirmed(docs)
    for name in sorted(selected):
        zh, en = (docs / language / f"{name}.md" for language in ("zh", "en"))
        if different := pair_problems(zh, en):
            raise ValueError("\n".join(different))
        known[name] = (digest(zh), digest(en))
    there = names(docs)
    lines = [f"{n} {zh} {en}\n" for n, (zh, en) in sorted(known.items()) if n in there]
    write(docs / "pairs.txt", "".join(lines))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--confirm", nargs="+", metavar="PAGE", default=[])
    parser.add_argument("--all", action="store_true", help="confirm every page")
    arguments = parser.parse_args()
    selected = names() if arguments.all else set(arguments.confirm)
    try:
        if selected:
            confirm(selected)
        found = problems()
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    if found:
        sys.exit("\n".join(found))
    print(f"{len(names())} page pairs, all as confirmed")


if __name__ == "__main__":
    main()
