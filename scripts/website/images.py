"""Images keep their place: width and height from the file, lazy below the first."""

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

IMAGE = re.compile(r'<img\b[^>]*?\bsrc="([^"]+\.svg)"[^>]*>')
VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class ImageError(PluginError):
    """An image without a size or without alternative text."""


def size(svg: Path) -> tuple[int, int]:
    """Return the width and height of an SVG in CSS pixels."""
    if not svg.is_file():
        raise ImageError(f"no file figures/{svg.name}")
    head = svg.read_text(encoding="utf-8")[:2000]
    match = VIEW_BOX.search(head)
    if match is None:
        raise ImageError(f"{svg}: no viewBox that starts at 0 0")
    # Matplotlib counts in points, 72 to the inch; CSS has 96 pixels to the inch.
    scale = 96 / 72 if 'pt"' in head else 1
    return round(float(match[1]) * scale), round(float(match[2]) * scale)


def add_sizes(html: str, folder: Path, page: str) -> str:
    """Add width, height and lazy loading to the images of a page.

    Args:
        html: the page's content.
        folder: where the figures of this language lie, e.g. docs/zh/figures.
        page: the page's name, for messages.
    """
    seen = 0

    def one(match: re.Match[str]) -> str:
        nonlocal seen
        tag, source = match[0], match[1]
        if not re.search(r'\balt="[^"]{8,}"', tag):
            raise ImageError(f"{page}: {source} has no alternative text")
        width, height = size(folder / Path(source).name)
        seen += 1
        when = 'loading="lazy"' if seen > 1 else 'fetchpriority="high"'
        size_ = f' width="{width}" height="{height}" {when} decoding="async"'
        return tag.removesuffix(">").removesuffix("/").rstrip() + size_ + ">"

    return IMAGE.sub(one, html)
