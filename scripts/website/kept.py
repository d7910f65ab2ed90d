"""While serving, what has not changed is taken from .cache/, not made again.

Kept are the HTML of a page and its part of the search index, each under a digest of all
that it is made from, and compiled templates. `mkdocs build` uses none of it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc

from scripts.digest import ROOT, digest
from scripts.results import write

FOLDER = ROOT / ".cache/pages"
INCLUDE = re.compile(r'^\s*--8<-- "([^":]+)', re.MULTILINE)
used: set[Path] = set()


def program() -> str:
    """Digest of what turns Markdown into HTML: our hooks, settings, what is pinned."""
    files = [*ROOT.glob("scripts/website/*.py"), *ROOT.glob("mkdocs*.yml")]
    return digest([*files, ROOT / "requirements/site.txt"])


def place(folder: str, *parts: str) -> Path:
    """Return where something made from these parts is kept, and note its use."""
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    path = FOLDER / folder / f"{name}.json"
    used.add(path)
    return path


def read(path: Path) -> Any:
    """Return what is kept there; None where nothing is, or something broken."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def tokens(links: list[AnchorLink]) -> list[dict[str, Any]]:
    """Return a table of contents as plain data."""
    return [
        {
            "level": link.level,
            "id": link.id,
            "name": link.title,
            "children": tokens(link.children),
        }
        for link in links
    ]


def keep_page(
    page: Page, markdown: str, files: Files, folder: str, version: str
) -> None:
    """Let a page with this Markdown be rendered only if it was not before."""
    snippets = [ROOT / "snippets" / name for name in INCLUDE.findall(markdown)]
    included = digest([path for path in snippets if path.is_file()])
    others = " ".join(sorted(file.src_uri for file in files))
    path = place(folder, page.file.src_uri, markdown, included, others, version)
    render = page.render

    def rendered(config: MkDocsConfig, files: Files) -> None:
        found = read(path)
        if found is None:
            render(config, files)
            found = {
                "content": page.content,
                "toc": tokens(page.toc.items),
                "title": vars(page).get("_title_from_render"),
                "ids": sorted(page.present_anchor_ids or ()),
            }
            write(path, json.dumps(found, ensure_ascii=False))
            return
        page.content = found["content"]
        page.toc = get_toc(found["toc"])
        page.present_anchor_ids = set(found["ids"])
        vars(page)["_title_from_render"] = found["title"]

    vars(page)["render"] = rendered


def keep_search(index: Any, folder: str) -> None:
    """Let the search index read a page only if it has not before."""
    add: Callable[[Page], None] = index.add_entry_from_context

    def added(page: Page) -> None:
        parts = [page.url, str(page.title), str(page.meta), str(page.toc)]
        path = place(folder, "search", page.content or "", *parts)
        found = read(path)
        if found is None:
            before = len(index.entries)
            add(page)
            write(path, json.dumps(index.entries[before:], ensure_ascii=False))
        else:
            index.entries += found

    index.add_entry_from_context = added


def keep_templates(env: Environment) -> None:
    """Let a template be compiled only if it was not before."""
    folder = FOLDER.with_name("templates")
    folder.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(folder))


def drop_others(folder: str) -> None:
    """Remove what this build did not use."""
    for path in set((FOLDER / folder).glob("*.json")) - used:
        path.unlink()
    used.clear()
