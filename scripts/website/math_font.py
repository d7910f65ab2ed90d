"""Subset the font of the formulas to what the pages use.

`python -m scripts.website.math_font` reads the built site (run scripts/build first) and
writes docs/assets/stix-two-math.woff2 from STIX Two Math (SIL Open Font License 1.1),
which the package ziamath carries. A test compares the font with the built pages.
"""

import html
import io
import re
import sys
from importlib.resources import files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from scripts.digest import ROOT

FONT = ROOT / "docs" / "assets" / "stix-two-math.woff2"
MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
LETTER = re.compile(r"<mi>([^<&]|&\w+;)</mi>")
# One letter in <mi> is shown in the italic of the block of mathematical letters.
ITALIC = {
    "A": 0x1D434,
    "a": 0x1D44E,
    "Α": 0x1D6E2,
    "α": 0x1D6FC,
}
OTHER_ITALIC = {"h": "ℎ", "ϵ": "𝜖", "ϕ": "𝜙", "∂": "𝜕", "∇": "𝛻"}


def characters(site: Path) -> set[str]:
    """Return what the formulas of a built site show."""
    found: set[str] = set()
    for page in site.rglob("*.html"):
        for formula in MATH.findall(page.read_text(encoding="utf-8")):
            # A letter alone is shown in italics: the upright one is not needed for it.
            found |= {italic(html.unescape(c)) for c in LETTER.findall(formula)}
            rest = LETTER.sub("", formula)
            found |= set(html.unescape(re.sub(r"<[^>]*>", "", rest)))
    found = {c for c in found if not c.isspace() and not 0x2E80 <= ord(c) < 0x1D400}
    return found | {"√"}  # the root of <msqrt> is no text


def italic(letter: str) -> str:
    """Return the letter as <mi> shows it."""
    if letter in OTHER_ITALIC:
        return OTHER_ITALIC[letter]
    for first, block in ITALIC.items():
        last = chr(ord(first) + 25)
        if first <= letter <= last:
            return chr(block + ord(letter) - ord(first))
    return letter


def missing(site: Path) -> set[str]:
    """Return what the pages show and the committed font lacks."""
    there = TTFont(FONT).getBestCmap() or {}
    return {c for c in characters(site) if ord(c) not in there}


def make(site: Path) -> bytes:
    """Return the subset as WOFF2; the same site gives the same bytes."""
    source = files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"
    font = TTFont(io.BytesIO(source.read_bytes()), recalcTimestamp=False)
    options = subset.Options(
        layout_features=["ssty", "rtlm"], flavor="woff2", hinting=False
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(c) for c in characters(site)])
    subsetter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def main() -> None:
    """Write the subset from site/."""
    site = ROOT / "site"
    if not characters(site):
        sys.exit("no formulas found in site/: run scripts/build first")
    FONT.write_bytes(make(site))
    print(f"wrote {FONT.relative_to(ROOT)}: {FONT.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
