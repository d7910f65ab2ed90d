"""The built site in Firefox, where it is installed: its own engine, every page."""

from collections.abc import Iterator

import pytest

from tests.site.firefox import NAMES, Firefox, installed, started
from tests.site.test_interactive import PAGES, ROOTS
from tests.site.test_site import WIDTHS, every_path

pytestmark = pytest.mark.skipif(
    installed() is None, reason=f"no Firefox on this machine: {', '.join(NAMES)}"
)
TOO_WIDE = """() => {
  const root = document.documentElement
  return Math.max(root.scrollWidth - root.clientWidth, 0)
}"""


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    """Start one for each worker."""
    program = installed()
    assert program
    with started(program) as one:
        yield one


@every_path
def test_no_error_no_other_host_and_not_too_wide(
    firefox: Firefox, address: str, path: str
) -> None:
    firefox.widen(1440)
    firefox.open(address + path)
    firefox.run("() => scrollTo(0, document.body.scrollHeight)")
    firefox.wait(
        """() => [...document.images].every(image => {
          const {top, bottom} = image.getBoundingClientRect()
          return image.complete || bottom < 0 || top > innerHeight
        })"""
    )
    over = {}
    for width in WIDTHS:
        firefox.widen(width)
        if more := firefox.run(TOO_WIDE):
            over[width] = more
    assert over == {}
    assert firefox.problems == []
    assert firefox.hosts == {address.split("/")[2]}


def test_what_goes_wrong_is_noticed(firefox: Firefox, address: str) -> None:
    firefox.open(address)
    firefox.run(
        """async () => {
          console.error("planted")
          await fetch("http://127.0.0.1:9/nowhere").catch(() => 0)
          document.body.append(Object.assign(document.createElement("div"),
            {style: "width: 9999px; height: 1px"}))
        }"""
    )
    firefox.run("() => 1")  # the events have come by then
    assert any("planted" in one for one in firefox.problems)
    assert firefox.run(TOO_WIDE) > 0
    assert any("Content-Security-Policy" in one for one in firefox.problems)
    with pytest.raises(RuntimeError, match="no such thing"):
        firefox.run("() => { throw new Error('no such thing') }")


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_formulas_are_drawn(firefox: Firefox, address: str, root: str) -> None:
    firefox.open(f"{address}{root}batch-norm/")
    sizes = firefox.run(
        """() => [...document.querySelectorAll("article .formula math")].map(math => {
          const {width, height} = math.getBoundingClientRect()
          return Math.min(width, height)
        })"""
    )
    assert len(sizes) > 5
    assert min(sizes) > 5  # an unknown element would be as flat as nothing
    # A fraction is as high as two lines: MathML is understood, not only shown as text.
    high, line = firefox.run(
        """() => [document.querySelector("math mfrac").getBoundingClientRect().height,
          parseFloat(getComputedStyle(document.querySelector("article p")).fontSize)]"""
    )
    assert high > 1.5 * line


@pytest.mark.parametrize(
    ("root", "query"), [("", "滑动统计量"), ("en/", "running statistics")]
)
def test_search(firefox: Firefox, address: str, root: str, query: str) -> None:
    firefox.widen(1440)
    firefox.open(address + root)
    firefox.click(".md-search__input")
    # A window without a screen never gets the focus, so nobody hears of it by itself.
    firefox.run(
        """() => {
          const field = document.activeElement
          field.dispatchEvent(new FocusEvent("focusin", {bubbles: true}))
        }"""
    )
    firefox.write(query)
    firefox.wait(
        """() => [...document.querySelectorAll(".md-search-result__link")]
          .slice(0, 3).some(a => a.href.includes("batch-norm/"))"""
    )
    assert firefox.problems == []


@pytest.mark.parametrize("name", PAGES)
def test_interactive_figures_come_and_answer(
    firefox: Firefox, address: str, name: str
) -> None:
    firefox.widen(1440)
    firefox.open(f"{address}{PAGES[name]}/")
    box = f"document.querySelector('[data-instrument=\"{name}\"]')"
    firefox.run(f"() => {box}.scrollIntoView({{behavior: 'instant'}})")
    firefox.wait(f"() => {box}.querySelector('svg g *')")
    firefox.run(
        f"""() => {{
          window.before = {box}.innerHTML
          const grip = {box}.querySelector("svg [role=slider]")
          const key = {{key: "ArrowRight", bubbles: true, cancelable: true}}
          grip.dispatchEvent(new KeyboardEvent("keydown", key))
        }}"""
    )
    firefox.wait(f"() => {box}.innerHTML !== window.before")
    assert firefox.problems == []
