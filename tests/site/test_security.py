"""The policy of every page: what it needs works, and nothing else does."""

import re
from pathlib import Path

import pytest

from scripts.website.security import PluginError, add_policy
from tests.site.conftest import Visit

PAGE = '<html><head><meta charset="utf-8"></head><body>{}</body></html>'


def test_every_page_has_a_policy_without_unsafe_inline(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 4
    for page in pages:
        (content,) = re.findall(
            r'http-equiv="Content-Security-Policy" content="([^"]+)"',
            page.read_text(encoding="utf-8"),
        )
        assert "default-src 'none'" in content, page
        assert "'unsafe-inline'" not in content
        assert "'unsafe-eval'" not in content


def test_a_script_that_was_slipped_in_does_not_run(visit: Visit, address: str) -> None:
    visit.page.goto(address + "batch-norm/")
    visit.page.evaluate(
        """() => {
            const script = document.createElement("script")
            script.textContent = "document.title = 'taken'"
            document.body.append(script)
            document.body.setAttribute("style", "display: none")
            document.body.append(new Image())
            document.body.lastChild.src = "https://example.com/pixel.png"
        }"""
    )
    visit.page.wait_for_timeout(200)
    assert visit.page.title() != "taken"
    assert visit.page.locator("article").is_visible()
    refused = [p for p in visit.problems if "Content Security Policy" in p]
    assert len(refused) >= 3, visit.problems


def test_the_policy_names_exactly_what_is_there() -> None:
    page = add_policy(PAGE.format("<script>a</script><p style='' >"))
    assert (
        "script-src 'self' 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"
        in (page)
    )
    assert "style-src-attr 'none'" in page
    page = add_policy(PAGE.format('<td style="text-align: left">'))
    assert "style-src-attr 'unsafe-hashes' 'sha256-" in page
    page = add_policy(PAGE.format('<script type="application/json">{}</script>'))
    assert "script-src 'self';" in page


@pytest.mark.parametrize(
    "page", [PAGE.format('<a onclick="x()">'), "<html>no head</html>"]
)
def test_what_cannot_be_governed_is_refused(page: str) -> None:
    with pytest.raises(PluginError):
        add_policy(page)
