"""In a real browser no two texts of a figure overlap and none leaves the figure."""

from playwright.sync_api import Browser

from scripts.figures.__main__ import LANGUAGES, figure_path, names

MEASURE = """
() => [...document.querySelectorAll("text")].map(text => {
  const box = text.getBBox(), at = text.getCTM();
  // The line box is taller than the letters: leave a fifth above and below.
  return {text: text.textContent, left: at.e + box.x, right: at.e + box.x + box.width,
          top: at.f + box.y + 0.2 * box.height, bottom: at.f + box.y + 0.8 * box.height}
})
"""
Box = dict[str, float]


def problems(boxes: list[Box], width: int, height: int) -> list[str]:
    """Say which texts overlap or leave the figure."""
    found = [
        f"{one['text']!r} leaves the figure"
        for one in boxes
        if one["left"] < 0
        or one["right"] > width
        or one["top"] < 0
        or one["bottom"] > height
    ]
    for place, one in enumerate(boxes):
        found += [
            f"{one['text']!r} overlaps {other['text']!r}"
            for other in boxes[:place]
            if min(one["right"], other["right"]) > max(one["left"], other["left"])
            and min(one["bottom"], other["bottom"]) > max(one["top"], other["top"])
        ]
    return found


def test_texts_keep_apart(browser: Browser) -> None:
    found: dict[str, list[str]] = {}
    page = browser.new_page()
    for name in names():
        for language in LANGUAGES:
            page.set_content(
                "<!doctype html><body style='margin:0'>"
                + figure_path(name, language).read_text(encoding="utf-8")
            )
            boxes: list[Box] = page.evaluate(MEASURE)
            assert len(boxes) > 5
            height = page.evaluate("document.querySelector('svg').height.baseVal.value")
            if wrong := problems(boxes, 480, height):
                found[f"{language} {name}"] = wrong
    page.close()
    assert not found
