"""Labs in the site: a notebook becomes a page like every other.

mkdocs-jupyter finds the notebooks and publishes the .ipynb beside the page. Its own
HTML (600 KB of styles, formulas as text, white figures in the dark) is not used: the
cells are turned into Markdown and go the way of all pages.
"""

import re
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.structure.pages import Page

from scripts.website.images import VIEW_BOX

ANCHOR = re.compile(r'^(#+ .*?) <a id="([\w-]+)"></a>$', re.MULTILINE)
LINK = re.compile(r"\]\(\.\./([\w/-]+)\.md(#[\w-]+)?\)")
# Figures of the labs that can be played, docs/assets/interactive/.
PLAYERS = {"regression-2": "layers"}
TITLE = re.compile(r"# (.+?) \{#[\w-]+\}\n\n\*\*(.+?)\*\*\n*", re.DOTALL)


class NotebookError(PluginError):
    """A notebook that cannot be shown."""


def is_lab(file: File) -> bool:
    """Say whether a file is a notebook."""
    return file.src_uri.endswith(".ipynb")


def read(path: Path) -> Any:
    """Read a notebook, or say that it is damaged."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise NotebookError(f"{path.name} cannot be read: {error}") from error


def title(path: Path) -> str:
    """Return the title of a notebook, the heading of its first cell."""
    first = read(path).cells[0].source.splitlines()[0]
    return re.sub(r' <a id="[\w-]+"></a>$', "", first).removeprefix("# ")


def drawings(path: Path) -> dict[str, str]:
    """Return the figures of a notebook by the name of the file that each becomes."""
    found: dict[str, str] = {}
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            svg = output.get("data", {}).get("image/svg+xml")
            if svg:
                found[f"{path.stem}-{len(found) + 1}.svg"] = svg
    return found


def markdown(path: Path, words: dict[str, str], repository: str) -> tuple[str, ...]:
    """Return the title, the description and the text of a lab as Markdown."""
    parts: list[str] = []
    shown = 0
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            parts.append(ANCHOR.sub(r"\1 {#\2}", cell.source))
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if svg := data.get("image/svg+xml"):
                shown += 1
                box = VIEW_BOX.search(svg)
                if box is None:
                    raise NotebookError(f"{path.name}: a figure without a size")
                alt = cell.metadata["alt"]
                figure = (
                    f'<figure><img src="{path.stem}-{shown}.svg" '
                    f'alt="{alt.replace(chr(34), "&quot;")}" '
                    f'width="{box[1]}" height="{box[2]}" '
                    'loading="lazy" decoding="async"></figure>'
                )
                if player := PLAYERS.get(f"{path.stem}-{shown}"):
                    figure = (
                        f'<div class="instrument" data-instrument="{player}">'
                        f"{figure}</div>"
                    )
                parts.append(figure)
            elif text := output.get("text") or data.get("text/plain"):
                parts.append(f"``` {{.text .printed}}\n{text.rstrip()}\n```")
    text = "\n\n".join(parts)
    match = TITLE.match(text)
    if match is None:
        raise NotebookError(f"{path.name}: expected a title, then a bold line")
    title, lead = match[1], " ".join(match[2].split())
    links = [f'<a href="{path.name}" download>{words["notebook"]}</a>']
    if repository.startswith("https://github.com/"):
        place = repository.removeprefix("https://github.com/").rstrip("/")
        language = path.parents[1].name
        address = f"{place}/blob/main/docs/{language}/labs/{path.name}"
        links.append(
            f'<a href="https://colab.research.google.com/github/{address}">'
            f"{words['colab']}</a>"
        )
    head = text[: match.end(1)] + text[match.end(1) : text.index("\n")]
    body = text[match.end() :]
    return title, lead, f"{head}\n\n{lead}\n{{.lead}}\n\n{' · '.join(links)}\n\n{body}"


def lead_to_site(site: Path, address: str) -> None:
    """Make the links of the published notebooks hold when they are read elsewhere."""
    for path in site.glob("labs/*/*.ipynb"):
        text = path.read_text(encoding="utf-8")
        text = LINK.sub(lambda m: f"]({address}{m[1]}/{m[2] or ''})", text)
        path.write_text(text, encoding="utf-8")


def prepare(page: Page, config: MkDocsConfig) -> str:
    """Give a notebook's page its title, description, source and text."""
    path = Path(page.file.abs_src_path or "")
    words = config.extra["words"]
    title, lead, text = markdown(path, words, config.repo_url or "")
    page.meta.update(title=title, description=lead, search={"boost": 0.5})
    if page.edit_url and config.repo_url:
        name = path.stem.replace("-", "_")
        page.edit_url = (
            f"{config.repo_url.rstrip('/')}/edit/main/scripts/labs/{name}.py"
        )
    return text
