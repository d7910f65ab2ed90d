"""MkDocs hooks of both languages: shared files, numbers, formulas, listings, images."""

import errno
import os
import re
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # `mkdocs` started by hand does not know the repository

from scripts.website import (  # noqa: E402
    claims,
    gallery,
    glossary,
    images,
    kept,
    labs,
    listings,
    modes,
    offline,
    placeholders,
    security,
    slim,
    symptoms,
    truth_tables,
    turn,
)
from scripts.website.formulas import FormulaExtension  # noqa: E402

# The disk is full, or what is there may not be written.
NOT_WRITTEN = {
    *(errno.EACCES, errno.EDQUOT, errno.EFBIG),
    *(errno.ENOSPC, errno.EPERM, errno.EROFS),
}
formulas = FormulaExtension()
state: dict[str, str] = {}


def serving() -> bool:
    """Whether this is `mkdocs serve`."""
    return state.get("command") == "serve"


def language(config: MkDocsConfig) -> str:
    """Return zh or en."""
    return Path(config.docs_dir).name


def to_root(page: Page) -> str:
    """Return the way from a page to the root of its language: "./", "../" …"""
    return "../" * page.url.removeprefix("./").count("/") or "./"


def on_startup(command: str, **_: Any) -> None:
    """Remember whether the site is built or served."""
    state["command"] = os.environ.get(turn.COMMAND, command)


def on_config(config: MkDocsConfig) -> None:
    """Add the formulas; without a repository there is nothing to edit."""
    config.markdown_extensions.append(formulas)  # type: ignore[arg-type]  # an instance is allowed
    if not config.repo_url:
        config.edit_uri = None
    config.extra["style"] = slim.digest()
    if offline.asked(config):
        config.extra["polyfills"] = [f"assets/{offline.WORKER.name}"]


def on_pre_build(config: MkDocsConfig) -> None:
    """Let another build into the same folder end first; keep what the search reads."""
    state["site_dir"] = config.site_dir
    if state.get("command") == "build" and language(config) == "zh":
        turn.wait(Path(config.site_dir))
    if serving():
        state["program"] = kept.program()
        plugin: Any = config.plugins["material/search"]
        kept.keep_search(plugin.search_index, language(config))


def on_build_error(error: Exception) -> None:
    """Say in one sentence that the site could not be written."""
    if isinstance(error, OSError) and error.errno in NOT_WRITTEN:
        place = error.filename2 or error.filename or state.get("site_dir")
        why = f"{place} could not be written ({error.strerror})"
        raise PluginError(f"{why}: the site is not whole, build it again") from None


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what both languages share; snippets and results once, at the root."""
    folders = {"assets": "assets"}
    if language(config) == "zh":
        folders |= {"results": "results", "../snippets": "snippets"}
    for source, target in folders.items():
        folder = (ROOT / "docs" / source).resolve()
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".pyc", ".map"} or not path.is_file():
                continue
            if path.name.startswith("."):  # what a killed run left
                continue
            uri = f"{target}/{path.relative_to(folder).as_posix()}"
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    for lab in [file for file in files if labs.is_lab(file)]:
        for name, svg in labs.drawings(Path(lab.abs_src_path or "")).items():
            uri = f"{Path(lab.dest_uri).parent.as_posix()}/{name}"
            files.append(File.generated(config, uri, content=svg))
    if offline.asked(config):
        uri = f"assets/{offline.WORKER.name}"
        files.append(File.generated(config, uri, abs_src_path=str(offline.WORKER)))
    return files


def on_env(env: Environment, **_: Any) -> Environment:
    """While serving, keep the compiled templates."""
    if serving():
        kept.keep_templates(env)
    return env


def on_pre_page(page: Page, **_: Any) -> Page:
    """Render a notebook as every page is rendered, not as mkdocs-jupyter does it."""
    if labs.is_lab(page.file):
        vars(page).pop("render", None)
    return page


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Put in the claims and the numbers; while serving, keep the page."""
    markdown = filled(markdown, page, config)
    if serving():
        kept.keep_page(page, markdown, files, language(config), state["program"])
    return markdown


def filled(markdown: str, page: Page, config: MkDocsConfig) -> str:
    """Put in the claims and the numbers; give the listings their titles."""
    path = Path(page.file.abs_src_path or "")
    formulas.page = path
    if labs.is_lab(page.file):
        return labs.prepare(page, config)
    here = language(config)
    markdown = claims.fill(markdown, here, config.repo_url or "")
    markdown = gallery.fill(markdown, here, config.extra["words"]["raw"])
    for part in (symptoms, glossary, modes, truth_tables):  # modes before the tables
        markdown = part.fill(markdown, here)
    return listings.add_titles(placeholders.fill(markdown, path), path)


def resolve(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Resolve the addresses that MkDocs leaves alone, those in HTML of our own.

    @root/ is the root of the site, @language/ the root of the page's language; what
    ends in .md becomes the page's address, with or without a server.
    """

    def address(match: re.Match[str]) -> str:
        attribute, root, path = match.groups()
        if path.endswith(".md"):
            file = files.get_file_from_path(path)
            if file is None:
                raise PluginError(f"{page.file.src_uri}: there is no page {path}")
            return f'{attribute}="{file.url_relative_to(page.file)}'
        up = "../" if root == "root" and language(config) == "en" else ""
        return f'{attribute}="{to_root(page)}{up}{path}'

    return re.sub(r'\b(href|src)="@(root|language)/([^"#]*)', address, html)


def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files, **_: Any
) -> str:
    """Link the raw files and give the images their sizes."""
    if page.meta.get("short_contents"):  # every claim twice more would be too much
        for item in (item for top in page.toc.items for item in top.children):
            item.children = []
    if labs.is_lab(page.file):
        return resolve(html, page, config, files)
    html = images.add_sizes(html, Path(config.docs_dir) / "figures", page.file.src_uri)
    html = listings.unwrap_plain_code(html)
    html = listings.link_raw_files(html, config.extra["words"])
    return resolve(html, page, config, files)


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, **_: Any
) -> dict[str, Any]:
    """Tell the template where the page stands in each language."""
    site = (config.site_url or "").removesuffix("en/")
    address = page.url.removeprefix("./")
    other = "en/" if language(config) == "zh" else "../"
    context["other_language"] = to_root(page) + other + address
    context["addresses"] = {"zh-Hans": site + address, "en": f"{site}en/{address}"}
    return context


def on_post_build(config: MkDocsConfig) -> None:
    """Make the theme's files light: one stylesheet, search loaded when it is opened."""
    site = Path(config.site_dir)
    slim.slim(site)
    if serving():
        kept.drop_others(language(config))
    if offline.asked(config):
        offline.without_modules(site)
    else:
        labs.lead_to_site(site, config.site_url or "")


def on_post_page(output: str, config: MkDocsConfig, **_: Any) -> str:
    """Name what the theme leaves unnamed, drop the space, allow only what is needed."""
    output = slim.page(output)
    if not offline.asked(config):  # a file has no origin to fetch a font from
        output = slim.hurry(output)
    # Serving adds a script of its own; opened as a file, a page has no origin.
    if serving() or offline.asked(config):
        return output
    return security.add_policy(output)


def on_post_template(
    output_content: str, template_name: str, config: MkDocsConfig, **_: Any
) -> str:
    """Treat the page of the missing pages as the others."""
    if template_name != "404.html":
        return output_content
    return on_post_page(output_content, config)
