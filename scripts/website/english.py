"""MkDocs hook of the Chinese site: build the English one after it, into site/en.

MkDocs empties site/ first, so English always comes second; one `mkdocs build` or
`mkdocs serve` makes both.
"""

from pathlib import Path
from typing import Any, Literal

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

CONFIG = Path(__file__).resolve().parents[2] / "mkdocs.en.yml"
Command = Literal["build", "gh-deploy", "serve"]
state: dict[str, Command] = {"command": "build"}


def on_startup(command: Command, **_: Any) -> None:
    """Remember whether the site is built or served."""
    state["command"] = command


def on_post_build(config: MkDocsConfig) -> None:
    """Build mkdocs.en.yml with the address and strictness of this build."""
    english = load_config(
        str(CONFIG),
        site_dir=str(Path(config.site_dir) / "en"),
        site_url=(config.site_url or "") + "en/",
        strict=config.strict,
    )
    english.plugins.on_startup(command=state["command"], dirty=False)
    build(english)
    english.plugins.on_shutdown()
