"""The site as files: `scripts/build --offline` makes a zip that needs no server.

Material's own plugin writes the addresses and the search index for it. What is left: a
shim for the worker of the search, from this site instead of from another host, and
scripts that are no modules, which browsers do not load from files.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError

WORKER = Path(__file__).with_name("iframe-worker.js")
MODULE = re.compile(r'<script src="([^"]+)" type="module">')


def asked(config: MkDocsConfig) -> bool:
    """Say whether this build is for reading from files."""
    plugin = config.plugins.get("material/offline")
    return bool(plugin and plugin.config.get("enabled"))


def without_modules(site: Path) -> None:
    """Make plain scripts of the modules; the interactive figures stay static ones."""
    for path in (site / "assets").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^(import|export)\b", text, re.MULTILINE):
            raise PluginError(f"{path.name} imports or exports: not for files")
        if path.name != WORKER.name:
            path.write_text(f"(async () => {{\n{text}\n}})()\n", encoding="utf-8")
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        html = MODULE.sub(r'<script defer src="\1">', html)
        html = re.sub(r' data-instrument="[\w-]+"', "", html)
        page.write_text(html, encoding="utf-8")
