"""The Content-Security-Policy of a page, as a meta element: Pages sets no headers.

Only files of this site load and run. The theme's few inline scripts, and the inline
styles of formulas and table cells, are allowed by the hash of exactly their text.
"""

import base64
import hashlib
import html
import re

from mkdocs.exceptions import PluginError

HEAD = '<meta charset="utf-8">'
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r'<[a-z][^>]*?\sstyle="([^"]*)"')
HANDLER = re.compile(r'<[a-z][^>]*?\s(on[a-z]+)="')


def _hashes(texts: set[str]) -> str:
    digests = sorted(
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in texts
    )
    return "".join(f" 'sha256-{digest}'" for digest in digests)


def policy(page: str) -> str:
    """Return the policy under which this page works, and nothing else does."""
    if found := HANDLER.search(page):
        raise PluginError(f"an inline event handler: {found[1]}")
    scripts = {t for kind, t in SCRIPT.findall(page) if "application/json" not in kind}
    styles = {html.unescape(text) for text in STYLE.findall(page)}
    attributes = f"'unsafe-hashes'{_hashes(styles)}" if styles else "'none'"
    rules = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'none'",
        "img-src": "'self' data:",
        "script-src": f"'self'{_hashes(scripts)}",
        "style-src": "'self'",
        "style-src-attr": attributes,
        "worker-src": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def add_policy(page: str) -> str:
    """Put the policy in front of everything that it governs."""
    if page.count(HEAD) != 1:
        raise PluginError(f"no place for the policy: not once in the page: {HEAD}")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    return page.replace(HEAD, HEAD + meta)
