"""Listings: the file name above the code and a link to the raw file.

An author writes a fence with one include line, `--8<-- "batch_norm/batch_norm.py"`.
The title is added here, so that the fence in the page stays plain `python`, which is
what the runner of the code blocks (and pytest-codeblocks) looks for.
"""

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT
from scripts.website.place import place

ANY_INCLUDE = re.compile(r'^\s*--8<-- "([^"]+)"$', re.MULTILINE)
INCLUDE = re.compile(
    r'^(?P<indent> *)```python\n(?P<body> *--8<-- "(?P<path>[\w./-]+\.py)"\n *```)$',
    re.MULTILINE,
)
# Pygments wraps every name, operator and space; here they have the colour of the text.
PLAIN = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
# What stands in front of a fence for the runner of the code blocks, not for readers.
DIRECTIVE = re.compile(
    r"^ *<!--\s*pytest(?:-codeblocks:|\.mark\.).*?-->\n", re.MULTILINE
)
TITLE = re.compile(
    r'<div class="language-python highlight"><span class="filename">'
    r"snippets/([\w./-]+)</span>"
)


class IncludeError(PluginError):
    """An include line that names no file."""


def add_titles(markdown: str, page: Path) -> str:
    """Give every Python fence with an include line the file's path as title."""
    for match in ANY_INCLUDE.finditer(markdown):
        if not (ROOT / "snippets" / match[1]).is_file():
            raise IncludeError(f"{place(page, match[0])}: no file snippets/{match[1]}")
    markdown = DIRECTIVE.sub("", markdown)
    titled = r'\g<indent>```python title="snippets/\g<path>"\n\g<body>'
    return INCLUDE.sub(titled, markdown)


def link_raw_files(html: str, words: dict[str, str]) -> str:
    """Turn the title of a listing into its name and a link to the file itself.

    The search leaves the file out: it would be found for every word of its own, and the
    section that explains it says the same in less.
    """

    def one(match: re.Match[str]) -> str:
        path = match[1]
        link = f'<a href="@root/snippets/{path}">{words["raw"]}</a>'
        return (
            '<div class="language-python highlight" data-search-exclude>'
            f'<span class="filename">{path.rsplit("/", 1)[-1]}{link}</span>'
        )

    return TITLE.sub(one, html)


def unwrap_plain_code(html: str) -> str:
    """Drop the spans that change nothing: more than half of a page's elements."""
    return PLAIN.sub(r"\1", html)
