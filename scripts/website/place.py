"""Where in a page something stands, for messages that an author can click."""

from pathlib import Path

from scripts.digest import ROOT


def place(page: Path, needle: str) -> str:
    """Return `docs/zh/page.md:LINE` for the first line of needle in the page."""
    name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    first = next((line for line in needle.splitlines() if line.strip()), needle)
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if first.strip() in line:
            return f"{name}:{number}"
    return str(name)
