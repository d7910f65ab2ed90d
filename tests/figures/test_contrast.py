"""In a real browser every figure is legible on its page, in light and in the dark.

WCAG 2.2: text has a contrast of 4.5 to what lies behind it, lines and dots of 3. A
faint area (a band, a tint) is allowed where its own colour also stands at full strength
in the figure, as the line in the band, the outline or the label.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from scripts.figures.__main__ import LANGUAGES, figure_path, names
from scripts.labs.parts import make
from scripts.website import labs

PAPER = {"light": "#fffefb", "dark": "#16181d"}
TEXT, MARK = 4.5, 3.0
DOT = 12  # pixels: what is smaller is a mark, not an area
BEHIND = 0.3  # of a text's box may be lines that cross it
PAINT = """() => {
  const found = [], svg = document.querySelector("svg")
  for (const one of svg.querySelectorAll("path, use, rect, circle, line, text")) {
    if (one.closest("defs, clipPath")) continue
    const style = getComputedStyle(one), box = one.getBoundingClientRect()
    let opacity = 1
    for (let up = one; up !== svg.parentNode; up = up.parentNode)
      opacity *= getComputedStyle(up).opacity
    for (const kind of ["fill", "stroke"])
      found.push({
        text: one.tagName === "text" ? one.textContent.trim() : "", kind,
        color: style[kind], opacity: opacity * style[`${kind}Opacity`],
        box: [box.left, box.top, box.right, box.bottom]})
  }
  return found.filter(one => one.color !== "none" && one.opacity > 0)
}"""
Paint = dict[str, Any]


def luminance(color: np.ndarray) -> np.ndarray:
    """Return the relative luminance of colours from 0 to 1."""
    dark = color <= 0.04045
    return np.where(dark, color / 12.92, ((color + 0.055) / 1.055) ** 2.4) @ [
        *(0.2126, 0.7152, 0.0722)
    ]


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the contrast of colours, from 1 to 21."""
    first, second = luminance(one), luminance(other)
    lighter, darker = np.maximum(first, second), np.minimum(first, second)
    return (lighter + 0.05) / (darker + 0.05)


def rgb(color: str) -> np.ndarray:
    """Return a colour of the browser, or #rrggbb, as three numbers from 0 to 1."""
    if color.startswith("#"):
        return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.array([float(part) for part in re.findall(r"[\d.]+", color)[:3]]) / 255


def problems(page: Page, svg: str, scheme: str) -> list[str]:
    """Say which texts, lines, dots and areas of a figure are too faint on the page."""
    paper = rgb(PAPER[scheme])
    page.set_content(
        f"<!doctype html><body style='margin:0;background:{PAPER[scheme]}'>{svg}"
    )
    painted: list[Paint] = page.evaluate(PAINT)
    page.add_style_tag(content="text { visibility: hidden }")
    shot = matplotlib.image.imread(io.BytesIO(page.screenshot(full_page=True)))
    found: list[str] = []
    strong = {one["color"] for one in painted if one["text"] and one["opacity"] == 1}
    faint: set[str] = set()
    for one in painted:
        color = rgb(one["color"]) * one["opacity"] + paper * (1 - one["opacity"])
        left, top, right, bottom = one["box"]
        if one["text"]:
            # The line box is taller than the letters: leave a fifth above and below.
            fifth = (bottom - top) / 5
            rows = slice(max(0, round(top + fifth)), round(bottom - fifth))
            behind = shot[rows, max(0, round(left)) : round(right)]
            low = contrast(color, behind[..., :3]) < TEXT
            if low.size == 0 or low.mean() > BEHIND:
                found.append(f"text {one['text']!r}")
            continue
        if contrast(color, paper) >= MARK:
            strong.add(one["color"])
        elif one["kind"] == "stroke":
            found.append(f"line {one['color']} at {one['opacity']:.2f}")
        elif max(right - left, bottom - top) < DOT:
            found.append(f"dot {one['color']} at {one['opacity']:.2f}")
        elif not np.allclose(
            color, paper, atol=1 / 255
        ):  # the paper itself says nothing
            faint.add(one["color"])
    return sorted({*found, *(f"area {one}" for one in faint - strong)})


@pytest.fixture(scope="module")
def pages(browser: Browser) -> Iterator[dict[str, Page]]:
    """Open a page in each scheme."""
    contexts = {x: browser.new_context(color_scheme=x) for x in PAPER}
    yield {scheme: context.new_page() for scheme, context in contexts.items()}
    for context in contexts.values():
        context.close()


def drawn(language: str) -> dict[str, str]:
    """Return all figures of a language, those of the notebooks too."""
    found = {
        name: figure_path(name, language).read_text(encoding="utf-8")
        for name in names()
    }
    for name in make.names():
        found |= labs.drawings(make.notebook_path(name, language))
    return found


@pytest.mark.parametrize("scheme", PAPER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_legible(
    pages: dict[str, Page], language: str, scheme: str
) -> None:
    figures = drawn(language)
    assert len(figures) > 40
    found = {
        name: wrong
        for name, svg in figures.items()
        if (wrong := problems(pages[scheme], svg, scheme))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ('<text y="20" fill="#5c6068">a</text>', ""),
        ('<text y="20" fill="#8c9098">a</text>', "text 'a'"),
        ('<g opacity="0.6"><text y="20" fill="#5c6068">a</text></g>', "text 'a'"),
        (
            '<rect width="40" height="40" fill="#5c6068"/>'
            '<text y="20" fill="#000">a</text>',
            "text 'a'",
        ),
        ('<path d="M0 9H40" stroke="#5c6068"/>', ""),
        ('<path d="M0 9H40" stroke="#5c6068" opacity="0.5"/>', "line"),
        ('<rect width="5" height="5" fill="#1075b1" fill-opacity="0.5"/>', "dot"),
        ('<rect width="40" height="40" fill="#1075b1" fill-opacity="0.5"/>', "area"),
        ('<rect width="60" height="60" fill="PAPER"/>', ""),
        (
            '<rect width="40" height="40" fill="#1075b1" fill-opacity="0.5" '
            'stroke="#1075b1" stroke-opacity="0.9"/>',
            "",
        ),
    ],
)
def test_what_is_too_faint_is_named(
    pages: dict[str, Page], element: str, problem: str
) -> None:
    element = element.replace("PAPER", PAPER["light"])
    svg = f'<svg width="60" height="60">{element}</svg>'
    found = problems(pages["light"], svg, "light")
    assert [one[: len(problem)] for one in found] == [problem] * (problem != "")
