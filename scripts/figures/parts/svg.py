"""From matplotlib's SVG to the one that is published: small, for both schemes."""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from scripts.figures.parts.palette import LIGHT, css
from scripts.figures.parts.style import RC, WIDTH

FONTS = (
    'system-ui,"PingFang SC","Noto Sans CJK SC","Source Han Sans SC",'
    '"Microsoft YaHei",sans-serif'
)
STYLE = (
    f"{css()}*{{stroke-linejoin:round;stroke-linecap:butt}}"
    f"text{{font-family:{FONTS};fill:var(--ink)}}"
)
METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))

Draw = Callable[..., None]


def render(
    draw: Draw, height: int, words: dict[str, str], results: list[Any], digest: str
) -> str:
    """Draw a figure and return its SVG, marked with the digest of its sources."""
    with matplotlib.style.context(["default", RC]), warnings.catch_warnings():
        # Chinese is not in the measuring font; the reader's browser has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure((WIDTH / 72, height / 72), dpi=72)
        figure.patch.set_visible(False)
        draw(figure, words, *results)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=METADATA, dpi=72)
    return finish(file.getvalue(), height, digest)


def finish(svg: str, height: int, digest: str) -> str:
    """Name colours and fonts instead of fixing them; drop what nobody reads."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r"<svg[^>]*>",
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">\n'
        f"<!-- {digest} -->\n<style>{STYLE}</style>",
        svg,
        count=1,
    )
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font: (?:(bold) )?([\d.]+)px 'DejaVu Sans'", _font, svg)
    svg = re.sub(r"font-family: 'DejaVu Sans'(, sans-serif)?;? ?", "", svg)
    for name, colour in LIGHT.items():
        svg = re.sub(rf"(?<=: ){colour}\b", f"var(--{name})", svg)
    body = svg[svg.index("</style>") :]
    if fixed := re.search(r": (#[0-9a-f]{6})", body):
        raise ValueError(f"{fixed[1]} is no colour of scripts/figures/parts/palette.py")
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r' d="[^"]*"', _path, svg)
    svg = re.sub(r"<\w[^>]*>", _tag, svg)  # the text between tags stays as it is
    return re.sub(r"\n\s*", "\n", svg)


def _font(match: re.Match[str]) -> str:
    return f"font-size: {match[2]}px" + ("; font-weight: bold" if match[1] else "")


def _path(match: re.Match[str]) -> str:
    """One line a path; after M and L, more points are more lines."""
    path = " " + " ".join(match[0].split()).replace(' "', '"')
    return path if "C" in path or "Q" in path else path.replace(" L ", " ")


def _tag(match: re.Match[str]) -> str:
    return re.sub(r"(?<![#\w.])-?\d+\.\d+", _round, match[0])


def _round(match: re.Match[str]) -> str:
    """To a tenth of a pixel, or a hundredth for what is small (a marker's shape)."""
    value = float(match[0])
    return f"{round(value, 1 if abs(value) >= 10 else 2):g}"
