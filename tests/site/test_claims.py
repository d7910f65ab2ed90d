"""The filter of the page of claims in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from scripts.website import claims
from tests.site.conftest import Visit

DATA = claims.read()
ALL = DATA["claim"]
paths = pytest.mark.parametrize("path", ["claims/", "en/claims/"])


def of(**wanted: str) -> set[str]:
    """Ids of the claims that fit."""
    found: set[str] = set()
    for claim in ALL:
        verdicts = {claim["verdict"]} | ({"fragile"} if claim.get("fragile") else set())
        if (
            ("verdict" not in wanted or verdicts & set(wanted["verdict"].split(",")))
            and ("topic" not in wanted or claim["topic"] == wanted["topic"])
            and ("source" not in wanted or wanted["source"] in claim["sources"])
        ):
            found.add(claim["id"])
    return found


def errors(visit: Visit) -> list[str]:
    """What went wrong, but for requests that leaving the page has cut off."""
    return [one for one in visit.problems if not one.startswith("failed: ")]


def shown(page: Page) -> set[str]:
    """Ids of the claims that can be seen."""
    ids = page.eval_on_selector_all(
        "article h3:not([id^=program-])",
        "all => all.filter(h => h.offsetParent).map(h => h.id)",
    )
    return set(ids)


@paths
def test_filters_show_what_fits_and_stand_in_the_address(
    visit: Visit, address: str, path: str
) -> None:
    page = visit.page
    page.goto(address + path)
    assert shown(page) == of()
    page.click(".overview button[value=wrong]")
    assert shown(page) == of(verdict="wrong")
    page.click(".overview button[value=garbled]")
    assert shown(page) == of(verdict="wrong,garbled")
    assert page.url == f"{address}{path}?verdict=wrong,garbled"
    page.select_option("[name=source]", "003")
    assert shown(page) == of(verdict="wrong,garbled", source="003")
    page.select_option("[name=topic]", "what-it-computes")
    expected = of(verdict="wrong,garbled", source="003", topic="what-it-computes")
    assert shown(page) == expected
    assert page.url.endswith("?verdict=wrong,garbled&topic=what-it-computes&source=003")
    status = page.inner_text("[role=status].shown")
    assert str(len(expected)) in status
    assert str(len(ALL)) in status
    # The address brings the same choice back, and in the other language too.
    page.reload()
    assert shown(page) == expected
    page.click("[data-language-switch]")
    page.wait_for_url(lambda url: ("/en/" in url) != path.startswith("en/"))
    page.wait_for_selector(".filters")  # its script has run
    assert shown(page) == expected
    page.click(".filters button")
    assert shown(page) == of()
    assert "?" not in page.url
    assert errors(visit) == []


@paths
def test_topics_without_a_claim_left_are_hidden(
    visit: Visit, address: str, path: str
) -> None:
    page = visit.page
    page.goto(f"{address}{path}?topic=programs")
    assert shown(page) == of(topic="programs")
    assert page.is_visible("#programs")
    assert page.is_hidden("#what-it-computes")
    assert page.is_visible("#listings")
    assert page.is_visible("#the-sources")


@paths
def test_nothing_fits_and_unknown_words(visit: Visit, address: str, path: str) -> None:
    page = visit.page
    page.goto(f"{address}{path}?verdict=opinion&source=003")
    assert shown(page) == of(verdict="opinion", source="003") == set()
    assert str(len(ALL)) in page.inner_text("[role=status].shown")
    page.goto(f"{address}{path}?verdict=nonsense&topic=none&source=<b>&x=1")
    assert shown(page) == of()
    assert errors(visit) == []


@paths
def test_a_claim_asked_for_by_its_address_is_shown(
    visit: Visit, address: str, path: str
) -> None:
    page = visit.page
    page.goto(f"{address}{path}?verdict=opinion#gaussian")
    assert page.is_visible("#gaussian")
    page.goto(f"{address}{path}?verdict=opinion")
    assert page.is_hidden("#gaussian")
    page.evaluate("location.hash = '#gaussian'")
    page.wait_for_selector("#gaussian", state="visible")


def test_the_keyboard_is_enough(visit: Visit, address: str) -> None:
    page = visit.page
    page.goto(f"{address}en/claims/")
    page.focus(".overview button[value=holds]")
    page.keyboard.press("Space")
    assert shown(page) == of(verdict="holds")
    assert page.get_attribute("button[value=holds]", "aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert shown(page) == of()
    page.focus("[name=topic]")
    page.keyboard.press("ArrowDown")
    assert len(shown(page)) < len(ALL)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "reset"
    page.keyboard.press("Enter")
    assert shown(page) == of()


@paths
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_filtered_page_is_accessible_on_a_phone(
    browser: Browser, address: str, path: str, scheme: str
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    query = "?verdict=" + ",".join(claims.counts(DATA))
    page.goto(address + path + query)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    sizes = page.eval_on_selector_all(
        ".overview :is(button, select)",
        "all => all.map(b => b.getBoundingClientRect()).map(r => [r.width, r.height])",
    )
    assert sizes
    assert all(width >= 44 and height >= 24 for width, height in sizes)
    context.close()


@paths
def test_without_javascript_the_list_is_whole(
    browser: Browser, address: str, path: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{path}?verdict=wrong")
    for claim in ALL:
        assert page.is_visible(f"#{claim['id']}")
    assert page.locator(".overview li").count() == len(claims.counts(DATA))
    assert page.locator(".overview button").count() == 0
    context.close()


def test_the_filter_is_loaded_there_only(
    visit: Visit, address: str, sent: dict[str, int]
) -> None:
    for path, there in (("claims/", True), ("batch-norm/", False), ("", False)):
        sent.clear()
        visit.page.goto(address + path)
        visit.page.wait_for_load_state("networkidle")
        assert any(name.endswith("claims.js") for name in sent) == there
