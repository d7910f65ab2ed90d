"""Make the theme light: one stylesheet, no source maps, search only when it is opened.

Stock Material loads four stylesheets and, on every page, the whole search index. Each
change below replaces an exact piece of the pinned theme and fails the build when a new
release no longer has that piece.
"""

import hashlib
import json
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tinycss2
from mkdocs.exceptions import PluginError

from scripts.digest import ROOT
from scripts.website.offline import WORKER

OURS = ROOT / "docs" / "assets" / "site.css"
# Wait until the search is opened, as the theme itself does for file: addresses.
SEARCH_AT_ONCE = '$(location.protocol!=="file:")'
SEARCH_WHEN_OPENED = "$(!1)"
# The theme adds an empty meta element for the colour scheme and fills it in: twice the
# browser computes the styles of the whole page anew. Ours says "light dark" from the
# start; it has to say more only where the reader chose what the system does not have.
SCHEME_META = (
    'x("meta",{name:"color-scheme"});document.head.appendChild(o);',
    """document.querySelector('meta[name="color-scheme"]');""",
)
SCHEME_SET = (
    "return o.content=a.colorScheme,",
    "let c=matchMedia(`(prefers-color-scheme: ${a.colorScheme})`).matches"
    '?"light dark":a.colorScheme;return o.content!==c&&(o.content=c),',
)
# The theme knows the scheme of a first visit only when its script has come, and then
# remembers it for good. Ours is dark from the start where the system is, and remembers
# only what a reader has chosen against the system.
SCHEME_FIRST = (
    'var palette=__md_get("__palette");',
    'var palette=__md_get("__palette");'
    'palette||matchMedia("(prefers-color-scheme: dark)").matches&&'
    'document.body.setAttribute("data-md-color-scheme","slate");',
)
SCHEME_KEPT = (
    '__md_set("__palette",s)',
    "matchMedia(s.color.media).matches"
    '?localStorage.removeItem(__md_scope.pathname+".__palette")'
    ':__md_set("__palette",s)',
)
# With these selectors a class set on any element makes the browser compute the styles
# of everything in or after it anew. No table has a class, so they can do without.
TABLES = re.compile(r"(?<=\.md-typeset table):not\(\[class\]\)(?= t[dh]>:|\+\*)")
SEARCH_DIALOG = 'data-md-component="search" role="dialog"'
# Two attributes of the theme are no valid HTML. This one keeps the browser from opening
# the menu again on the way back; a form may say so, a check box may not.
TOGGLE = re.compile(r'(<input class="md-toggle"[^>]*) autocomplete="off"')
TOGGLES = '<form id="toggles" autocomplete="off"></form>'
VERBATIM = re.compile(
    r"(<(?:pre|script|textarea)\b.*?</(?:pre|script|textarea)>)", re.DOTALL
)
TABS = (
    "<script>var target=document.getElementById(location.hash.slice(1));target&&"
    'target.name&&(target.checked=target.name.startsWith("__tabbed_"))</script>'
)
STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]*)style\.css')
FONT, AS_FONT = "stix-two-math.woff2", 'as="font" type="font/woff2" crossorigin'
SEEN_AT_ONCE = 700  # characters above the fold
CONFIG = re.compile(r'<script id="__config" type="application/json">(.*?)</script>')
# The worker of the search reads itself in with the first message.
LAZY_WORKER = """addEventListener("message",e=>{importScripts("%s");\
dispatchEvent(new MessageEvent("message",{data:e.data}))},{once:true})
"""
BEFORE_SEARCH = Path(__file__).with_name("search.js")


def digest() -> str:
    """Return a short digest of the stylesheet's sources: a new one, a new address."""
    text = version("mkdocs-material") + OURS.read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def page(html: str) -> str:
    """Name what the theme leaves unnamed, mend it, drop what no page needs."""
    html = replace_once(mend(name_search(html)), *SCHEME_FIRST)
    return squeeze(lighten(html))


def hurry(html: str) -> str:
    """Let the font of the formulas come with the stylesheet, where one is seen at once.

    Else it is asked for when the first formula is laid out, and the text moves after it
    has been shown.
    """
    article = html[html.find("<article") :]
    before, formula, _ = article.partition("<math")
    words = re.sub(r"<[^>]*>|\s", "", before)
    link = STYLESHEET.search(html)
    if not formula or link is None or len(words) > SEEN_AT_ONCE:
        return html
    font = f'<link rel="preload" href="{link[1]}{FONT}" {AS_FONT}>'
    return html[: link.start()] + font + html[link.start() :]


def name_search(html: str) -> str:
    """Give the search dialog the name of its field."""
    match = re.search(r'name="query" aria-label="([^"]+)"', html)
    if match is None:
        return html
    return html.replace(SEARCH_DIALOG, f'{SEARCH_DIALOG} aria-label="{match[1]}"', 1)


def mend(html: str) -> str:
    """Make the theme's HTML valid where it is not; what it does stays the same."""
    html = html.replace(' tabindex=""', "")
    html = TOGGLE.sub(r'\1 form="toggles"', html)
    return html.replace(
        '<input class="md-toggle"', f'{TOGGLES}<input class="md-toggle"', 1
    )


def lighten(html: str) -> str:
    """Drop what no page needs, and write the settings in UTF-8."""
    html = replace_once(html, TABS, "")
    html = re.sub(r'<meta name="generator" [^>]*>\s*', "", html)
    # Firefox would fetch the next page unasked, which the policy forbids.
    html = re.sub(r'<link rel="(?:prev|next)" [^>]*>\s*', "", html)
    match = CONFIG.search(html)
    if match is None:
        raise PluginError("mkdocs-material has changed: no settings in a page")
    settings = json.dumps(
        json.loads(match[1]), ensure_ascii=False, separators=(",", ":")
    )
    return html[: match.start(1)] + settings + html[match.end(1) :]


def squeeze(html: str) -> str:
    """Drop the indentation and empty lines that templates leave, not those of code."""
    parts = VERBATIM.split(html)
    parts[::2] = [re.sub(r"\s*\n\s*", "\n", part) for part in parts[::2]]
    # The search has read the page by now.
    parts[::2] = [part.replace(" data-search-exclude", "") for part in parts[::2]]
    return "".join(parts)


def replace_once(text: str, old: str, new: str) -> str:
    """Replace exactly one occurrence, or fail with what is missing."""
    if text.count(old) != 1:
        raise PluginError(f"mkdocs-material has changed: not once in it: {old}")
    return text.replace(old, new)


def slim(site: Path) -> None:
    """Rewrite the theme's assets in a built site."""
    assets = site / "assets"
    for path in assets.rglob("*.map"):
        path.unlink()
    (bundle,) = assets.glob("javascripts/bundle.*.min.js")
    (worker,) = assets.glob("javascripts/workers/search.*.min.js")
    (main,) = assets.glob("stylesheets/main.*.min.css")
    (palette,) = assets.glob("stylesheets/palette.*.min.css")

    script = bundle.read_text(encoding="utf-8")
    script = replace_once(script, SEARCH_AT_ONCE, SEARCH_WHEN_OPENED)
    script = replace_once(script, *SCHEME_META)
    script = replace_once(script, *SCHEME_SET)
    script = replace_once(script, *SCHEME_KEPT)
    script = re.sub(r"\n//# sourceMappingURL=.*", "", script)
    bundle.write_text(script, encoding="utf-8")

    before = BEFORE_SEARCH.read_text(encoding="utf-8")
    if (assets / WORKER.name).exists():  # offline it is no worker, and stays whole
        text = worker.read_text(encoding="utf-8")
        worker.write_text(f"{{{before}}}\n{text}", encoding="utf-8")
    else:
        full = worker.with_name("full." + worker.name)
        worker.rename(full)
        worker.write_text(before + LAZY_WORKER % full.name, encoding="utf-8")

    pages = "".join(p.read_text(encoding="utf-8") for p in site.rglob("*.html"))
    scripts = [*assets.glob("*.js"), *assets.glob("interactive/*.js")]
    ours = "".join(p.read_text(encoding="utf-8") for p in scripts)
    used = frozenset(re.findall(r"[\w-]+", pages + ours + script))
    theme, tables = TABLES.subn("", main.read_text(encoding="utf-8"))
    if tables != 5:
        raise PluginError(f"mkdocs-material has changed: {tables} selectors of tables")
    theme = purge(theme, used)
    sheet = theme + minify((assets / "site.css").read_text(encoding="utf-8"))
    (assets / "style.css").write_text(sheet, encoding="utf-8")
    for path in (main, palette, assets / "site.css"):
        path.unlink()


@cache
def purge(css: str, used: frozenset[str]) -> str:
    """Drop the rules whose selectors name a class that no page and no script has."""
    css = re.sub(r"/\*#.*?\*/", "", css)
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(_kept(rule, used) for rule in rules)


def _kept(rule: Any, used: frozenset[str]) -> str:
    if rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports"}:
        inner = tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True)
        body = "".join(_kept(r, used) for r in inner)
        head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}"
        return f"{head}{{{body}}}" if body else ""
    if rule.type != "qualified-rule":
        return rule.serialize()
    selectors = tinycss2.serialize(rule.prelude).split(",")
    kept = [s for s in selectors if set(re.findall(r"\.([\w-]+)", s)) <= used]
    # A comma inside :is(…) makes halves of a selector: keep such a rule whole.
    if any(s.count("(") != s.count(")") for s in selectors):
        kept = selectors
    body = tinycss2.serialize(rule.content)
    return f"{','.join(kept)}{{{body}}}" if kept else ""


def minify(css: str) -> str:
    """Drop comments and needless space of our own stylesheet."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).strip()
