"""The built site in a real browser: every page, both languages."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from scripts.code_blocks import all_blocks
from scripts.pages import DOCS, LANGUAGES, pages
from scripts.website.math_font import missing
from tests.conftest import ADDRESS, LookedAt
from tests.site.conftest import Visit

FIGURES = re.compile("/figures/|/interactive/|/results/")
FIRST_VISIT = 120_000  # bytes over gzip, figures aside
NEXT_PAGE = 25_000
LAB = 150_000  # a notebook, with its figures in the page
SHIFTS = 0.02
WIDTHS = (320, 390, 768, 1440)
PATHS = [
    ("" if language == "zh" else "en/")
    + f"{page.relative_to(DOCS / language).with_suffix('')}/".removesuffix("index/")
    for language in LANGUAGES
    for page in [*pages(language), *sorted(DOCS.glob(f"{language}/labs/*.ipynb"))]
]
every_path = pytest.mark.parametrize("path", PATHS, ids=lambda p: p or "home")

# What readers type, and the page that must be among the first three hits.
QUERIES = {
    "": [
        ("归一化", ""),
        ("批量归一化", "batch-norm/"),
        ("滑动统计量", "batch-norm/"),
        ("无偏方差", "batch-norm/"),
        ("特征图", "batch-norm/", "glossary/"),
        ("高斯分布", "claims/", "batch-norm/"),
        ("计算图", "batch-norm/"),
        ("协变量偏移", "internal-covariate-shift/"),
        ("探测批", "internal-covariate-shift/"),
        ("噪声", "internal-covariate-shift/"),
        ("Santurkar", "internal-covariate-shift/"),
        ("初始化", "activations-and-initialization/"),
        ("条件数", "normalizing-inputs/", "glossary/"),
        ("白化", "normalizing-inputs/"),
        ("饱和", "activations-and-initialization/"),
        ("kaiming_normal_", "activations-and-initialization/"),
        ("kaiming", "activations-and-initialization/"),
        ("BatchNorm2d", "batch-norm/", "labs/batch-norm-2d/"),
        ("running_mean", "batch-norm/", "symptoms/modes/"),
        ("momentum", "batch-norm/", "train-and-eval/"),
        ("state_dict", "batch-norm/"),
        ("register_buffer", "batch-norm/"),
        ("Expected more than 1 value per channel when training", "symptoms/modes/"),
        ("only Tensors created explicitly by the user", "batch-norm/"),
        ("层归一化", "norm-family/"),
        ("谱归一化", "norm-family/"),
        ("GroupNorm", "norm-family/", "symptoms/axes-and-variants/"),
        ("风格迁移", "norm-family/"),
        ("批标准化", "glossary/"),
        ("群组归一化", "glossary/"),
        ("暂退法", "glossary/"),
        ("丢弃法", "glossary/"),
        ("Keras", "reference/"),
        ("飞桨", "reference/"),
        ("Dropout2d", "reference/"),
        ("论文", "sources/"),
        ("梯度累积", "what-batch-norm-does/", "in-practice/", "glossary/"),
        ("权重衰减", "what-batch-norm-does/", "glossary/"),
        ("有效学习率", "what-batch-norm-does/"),
        ("小批量 组归一化", "what-batch-norm-does/"),
        ("反向传播", "batch-norm-backward/"),
        ("gradcheck", "batch-norm-backward/"),
        ("蒙特卡洛", "dropout/"),
        ("inverted dropout", "dropout/"),
        ("dropout_p", "dropout/"),
        ("方差偏移", "dropout-and-batch-norm/"),
        ("重新校准", "train-and-eval/"),
        ("track_running_stats", "train-and-eval/", "symptoms/modes/"),
        ("no_grad", "train-and-eval/"),
        ("momentum Keras", "train-and-eval/"),
    ],
    "en/": [
        ("normalization", "en/"),
        ("batch normalization", "en/batch-norm/"),
        ("running statistics", "en/batch-norm/"),
        ("unbiased variance", "en/batch-norm/"),
        ("feature maps", "en/batch-norm/", "en/glossary/"),
        ("gaussian", "en/claims/"),
        ("covariate", "en/internal-covariate-shift/"),
        ("Santurkar", "en/internal-covariate-shift/"),
        ("smoothness", "en/internal-covariate-shift/"),
        ("edge of stability", "en/internal-covariate-shift/"),
        ("initialization", "en/activations-and-initialization/"),
        ("eigenvector", "en/normalizing-inputs/"),
        ("whitening", "en/normalizing-inputs/"),
        ("dead units", "en/activations-and-initialization/"),
        ("probe batch", "en/internal-covariate-shift/", "en/glossary/"),
        ("kaiming", "en/activations-and-initialization/"),
        ("skewness", "en/batch-norm/"),
        ("BatchNorm2d", "en/batch-norm/", "en/labs/batch-norm-2d/"),
        ("running_mean", "en/batch-norm/", "en/glossary/", "en/symptoms/modes/"),
        ("momentum", "en/batch-norm/", "en/train-and-eval/"),
        ("num_batches_tracked", "en/batch-norm/"),
        ("state_dict", "en/batch-norm/"),
        (
            "Expected more than 1 value per channel when training",
            "en/symptoms/modes/",
        ),
        ("only Tensors created explicitly by the user", "en/batch-norm/"),
        ("RMSNorm", "en/norm-family/"),
        ("spectral normalization", "en/norm-family/"),
        ("GroupNorm", "en/norm-family/", "en/symptoms/axes-and-variants/"),
        ("style transfer", "en/norm-family/"),
        ("Keras", "en/reference/"),
        ("Flax", "en/reference/"),
        ("Dropout2d", "en/reference/"),
        ("暂退法", "en/glossary/"),
        ("arXiv", "en/sources/"),
        ("accumulated gradients", "en/what-batch-norm-does/"),
        ("weight decay", "en/what-batch-norm-does/"),
        ("effective rate", "en/what-batch-norm-does/"),
        ("ghost batches", "en/what-batch-norm-does/"),
        ("projection", "en/batch-norm-backward/"),
        ("gradcheck", "en/batch-norm-backward/"),
        ("effective learning rate", "en/what-batch-norm-does/"),
        ("inverted dropout", "en/dropout/"),
        ("MC dropout", "en/dropout/"),
        ("scaled_dot_product_attention", "en/dropout/"),
        ("variance shift", "en/dropout-and-batch-norm/", "en/glossary/"),
        ("recalibrate", "en/train-and-eval/"),
        ("fine-tuning", "en/train-and-eval/", "en/in-practice/", "en/glossary/"),
        ("track_running_stats", "en/train-and-eval/", "en/symptoms/modes/"),
        ("momentum Keras", "en/train-and-eval/"),
    ],
}


@every_path
def test_a_visit(
    visit: Visit, address: str, path: str, sent: dict[str, int], looked_at: LookedAt
) -> None:
    """Errors, other hosts, weight, head, width: one visit, for each takes a second."""
    page = visit.page
    sent.clear()
    page.set_viewport_size({"width": 412, "height": 823})
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SHIFT) <= SHIFTS
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert visit.problems == []
    assert visit.hosts == {address.split("/")[2]}
    assert too_heavy(sent, path) == []
    check_head(page.evaluate(HEAD), path)
    assert too_wide(page) == []
    looked_at("pages", 1)


def too_heavy(sent: dict[str, int], path: str) -> list[str]:
    """Say where a visit sends more bytes than its budget, figures aside."""
    weights = {p: n for p, n in sent.items() if not FIGURES.search(p)}
    limit = LAB if "/labs/" in f"/{path}" else FIRST_VISIT
    found = [f"first visit: {weights}"] if sum(weights.values()) > limit else []
    return found + ["next page"] * (weights[f"/book/{path}"] > NEXT_PAGE)


# How far what is seen has moved since the page was opened (CLS).
SHIFT = """() => new Promise(resolve => {
    let sum = 0
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) sum += entry.value
    }).observe({type: "layout-shift", buffered: true})
    setTimeout(() => resolve(sum), 50)
})"""
HEAD = """() => ({
    lang: document.documentElement.lang,
    title: document.title,
    canonical: document.querySelector("link[rel=canonical]").href,
    description: document.querySelector("meta[name=description]").content,
    og: [...document.querySelectorAll("meta[property^='og:']")]
        .map(m => [m.getAttribute("property"), m.content]),
    hreflang: [...document.querySelectorAll("link[hreflang]")]
        .map(l => [l.hreflang, l.href]),
})"""


def check_head(head: dict[str, Any], path: str) -> None:
    """Language, address, description and the other language, as search engines read."""
    english = path.startswith("en/")
    page = path.removeprefix("en/")
    assert head["lang"] == ("en" if english else "zh-Hans")
    assert head["canonical"] == ADDRESS + path
    assert len(head["description"]) >= 20
    assert dict(head["hreflang"]) == {
        "zh-Hans": ADDRESS + page,
        "en": f"{ADDRESS}en/{page}",
        "x-default": ADDRESS + page,
    }
    og = dict(head["og"])
    assert og["og:url"] == head["canonical"]
    assert og["og:image"].endswith("assets/card.png")
    assert all(og[f"og:{key}"] for key in ("title", "description", "type", "locale"))


def too_wide(page: Page) -> list[str]:
    """Say at which widths of the screen a page is wider."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate(
            """() => {
                const root = document.documentElement
                return root.scrollWidth - root.clientWidth
            }"""
        )
        if over > 0:
            found.append(f"{over} px too wide at {width} px")
    return found


# The other rules do not look at colours: once is enough.
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


@every_path
def test_accessible(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    papers: set[str] = set()
    for scheme, options in RULES.items():
        page.emulate_media(color_scheme=scheme)
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, found.generate_report()
    assert len(papers) == len(RULES)  # it was dark
    context.close()


def test_what_moves_is_measured(visit: Visit, address: str) -> None:
    visit.page.goto(address)
    visit.page.evaluate(
        "document.querySelector('article').prepend(document.createElement('hr'))"
    )
    visit.page.evaluate("document.querySelector('hr').style.height = '300px'")
    assert visit.page.evaluate(SHIFT) > SHIFTS


def test_accessibility_test_can_fail(visit: Visit, address: str) -> None:
    visit.page.goto(address)
    visit.page.evaluate("document.querySelector('article').style.color = '#ddd'")
    for options in RULES.values():
        assert Axe().run(visit.page, options=options).violations_count > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_sitemap_lists_every_page(site: Path, language: str) -> None:
    folder = site if language == "zh" else site / "en"
    text = (folder / "sitemap.xml").read_text(encoding="utf-8")
    expected = {
        ADDRESS + path for path in PATHS if path.startswith("en/") == (language == "en")
    }
    assert set(re.findall(r"<loc>(.*?)</loc>", text)) == expected


@pytest.mark.parametrize("start", ["batch-norm/", "en/batch-norm/"])
def test_language_switch_keeps_page_and_section(
    visit: Visit, address: str, start: str
) -> None:
    page = visit.page
    page.goto(address + start)
    page.evaluate(
        "document.getElementById('drift').scrollIntoView({behavior: 'instant'})"
    )
    page.click("[data-language-switch]")
    other = "batch-norm/" if start.startswith("en/") else "en/batch-norm/"
    page.wait_for_url(f"{address}{other}#drift")
    page.goto(address)  # so that no place on the page is remembered
    page.goto(address + other)
    page.click("[data-language-switch]")
    page.wait_for_url(address + start)


@pytest.mark.parametrize("language", LANGUAGES)
def test_copy_gives_the_code_that_was_run(
    visit: Visit, address: str, language: str
) -> None:
    blocks = [b for b in all_blocks() if f"docs/{language}/" in str(b)]
    by_page: dict[str, list[str]] = {}
    for block in blocks:
        page = block.page.relative_to(DOCS / language).with_suffix("").as_posix()
        by_page.setdefault(page, []).append(block.code)
    for page, codes in by_page.items():
        prefix = "" if language == "zh" else "en/"
        visit.page.goto(f"{address}{prefix}{page}/")
        visit.page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = 1)"
        )
        buttons = visit.page.locator(".language-python [data-md-type=copy]")
        buttons.last.wait_for()  # they are made when the page is idle
        assert buttons.count() == len(codes)
        for position, code in enumerate(codes):
            visit.page.evaluate("navigator.clipboard.writeText('')")
            buttons.nth(position).click()
            visit.page.wait_for_function("async () => navigator.clipboard.readText()")
            copied = visit.page.evaluate("navigator.clipboard.readText()")
            assert copied.rstrip("\n") == code.rstrip("\n")


@pytest.mark.parametrize("root", QUERIES, ids=["zh", "en"])
def test_search(visit: Visit, address: str, root: str, looked_at: LookedAt) -> None:
    """Several pages may be wanted; one among the first three hits is enough."""
    page = visit.page
    page.goto(address + root)
    page.click(".md-search__input")
    missed: dict[str, list[str]] = {}
    for query, *wanted in QUERIES[root]:
        page.fill(".md-search__input", "")
        page.fill(".md-search__input", query)
        try:
            page.wait_for_function(
                """([wanted, home]) => [...document.querySelectorAll(
                    ".md-search-result__item > .md-search-result__link:first-child")]
                    .slice(0, 3).map(a => a.href.split(/[?#]/)[0])
                    .some(href => wanted.includes(href) || home && href)""",
                arg=[[address + path for path in wanted], root in wanted],
                timeout=3000,
            )
        except PlaywrightError:
            missed[query] = page.eval_on_selector_all(
                ".md-search-result__item > .md-search-result__link:first-child",
                "links => links.slice(0, 3).map(a => a.href)",
            )
    assert missed == {}
    assert visit.problems == []
    looked_at("queries", len(QUERIES[root]))


def test_search_costs_nothing_until_it_is_opened(
    visit: Visit, address: str, sent: dict[str, int]
) -> None:
    sent.clear()
    visit.page.goto(address)
    visit.page.wait_for_load_state("networkidle")
    assert not [path for path in sent if "search_index" in path or "full." in path]
    visit.page.click(".md-search__input")
    visit.page.fill(".md-search__input", "momentum")
    visit.page.wait_for_selector(".md-search-result__item")
    assert [path for path in sent if "search_index" in path]


@pytest.mark.parametrize("path", ["", "en/"])
def test_readable_without_javascript(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{path}batch-norm/")
    assert page.locator("article math").first.is_visible()
    assert page.locator("article pre code").first.is_visible()
    assert page.locator("article img").first.is_visible()
    page.locator("[data-language-switch]").click()
    assert page.url.endswith("batch-norm/")
    context.close()


def test_not_found_speaks_both_languages(visit: Visit, address: str) -> None:
    visit.page.goto(address + "no/such/page/")
    text = visit.page.inner_text("article")
    assert "没有这一页" in text
    assert "Page not found" in text
    links = visit.page.eval_on_selector_all("article a", "a => a.map(x => x.href)")
    assert links
    here = {address, f"{address}en/"}
    assert {link for link in links if not link.endswith("#")} <= here


def test_raw_snippets_have_a_stable_address(visit: Visit, address: str) -> None:
    file = "snippets/batch_norm/batch_norm.py"
    answer = visit.page.request.get(address + file)
    assert answer.status == 200
    assert answer.text() == (DOCS.parent / file).read_text(encoding="utf-8")
    for root in ("", "en/"):
        visit.page.goto(f"{address}{root}batch-norm/")
        links = visit.page.eval_on_selector_all(
            ".filename a", "a => a.map(x => x.href)"
        )
        assert address + file in links
        for link in set(links):
            assert visit.page.request.get(link).status == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_lead_to_a_page_and_a_place(
    address: str, language: str, looked_at: LookedAt
) -> None:
    text: dict[str, str] = {}

    def get(file: str) -> str:
        if file not in text:
            with urlopen(file) as answer:  # our own server
                text[file] = answer.read().decode(errors="replace")
        return text[file]

    links: set[tuple[str, str]] = set()
    for path in [p for p in PATHS if p.startswith("en/") == (language == "en")]:
        for link in re.findall(r'<a [^>]*?href="([^"]*)"', get(address + path)):
            file, _, place = urljoin(address + path, unescape(link)).partition("#")
            if file.startswith(address):
                links.add((file, unquote(place)))
    for file, place in sorted(links):
        there = get(file)
        assert not place or f'id="{place}"' in there, f"{file}#{place}"
    looked_at("links", len(links))


def test_the_font_has_what_the_formulas_show(site: Path) -> None:
    assert missing(site) == set()


def test_the_scheme_is_that_of_the_system_until_one_is_chosen(
    browser: Browser, address: str
) -> None:
    page = browser.new_context(color_scheme="dark").new_page()

    def scheme() -> str:
        page.wait_for_timeout(100)
        return str(page.evaluate("document.body.dataset.mdColorScheme"))

    # Dark from the start, though the theme's script has not come.
    page.route("**/bundle.*.js", lambda route: None)
    page.goto(address, wait_until="commit")
    page.locator("article p").first.wait_for()
    assert scheme() == "slate"
    page.unroute("**/bundle.*.js")
    # What nobody has chosen is not remembered, and follows the system.
    page.goto(address)
    assert page.evaluate("localStorage.length") == 0
    page.emulate_media(color_scheme="light")
    assert scheme() == "default"
    page.emulate_media(color_scheme="dark")
    assert scheme() == "slate"
    # What was chosen is kept, in both languages, until it is taken back.
    page.click("[data-md-component=palette] label:not([hidden])")
    assert scheme() == "default"
    page.goto(f"{address}en/batch-norm/")
    assert scheme() == "default"
    page.click("[data-md-component=palette] label:not([hidden])")
    assert scheme() == "slate"
    assert page.evaluate("localStorage.length") == 0
    page.context.close()


def test_dark_figures_follow_the_scheme(browser: Browser, address: str) -> None:
    """A figure is drawn with the ink of the scheme: bright on dark, dark on bright."""
    brightness = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(address)
        page.locator("article img").first.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        brightness[scheme] = page.evaluate(
            """async () => {
                const image = document.querySelector("article img")
                await image.decode()
                const style = getComputedStyle(image)
                return [style.colorScheme, image.naturalWidth > 0]
            }"""
        )
        context.close()
    assert brightness == {"light": ["light", True], "dark": ["dark", True]}


# Of the boxes that can be seen: what scrolls is not in the tab order, or the reverse.
OUT_OF_ORDER = """() =>
  [...document.querySelectorAll(".md-typeset__scrollwrap, div.formula, pre > code")]
  .filter(box => {
    const {top, bottom} = box.getBoundingClientRect()
    return box.checkVisibility({contentVisibilityAuto: true}) // in no closed details
      && top < innerHeight && bottom > 0
      && (box.scrollWidth > box.clientWidth) !== (box.tabIndex === 0)
  })
  .map(box => box.textContent)"""


# What is on the screen, is wider than its box, and cannot be scrolled.
CUT_OFF = """() => [...document.querySelectorAll(
    ".md-typeset__scrollwrap, div.formula, .highlight pre > code")]
  .filter(box => {
    const {top, bottom} = box.getBoundingClientRect()
    return bottom > 0 && top < innerHeight && box.checkVisibility()
      && box.scrollWidth > box.clientWidth
      && getComputedStyle(box).overflowX !== "auto"
  }).map(box => box.innerText.slice(0, 40))"""


def test_what_scrolls_sideways_is_in_the_tab_order(
    browser: Browser, address: str
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    seen: set[int] = set()
    for path in ("batch-norm/", "reference/"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        height = page.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height, 700):
            page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
            page.wait_for_function(f"() => !({OUT_OF_ORDER})().length", timeout=5000)
            page.wait_for_function(f"() => !({CUT_OFF})().length", timeout=5000)
        seen |= set(
            page.locator("pre > code, .md-typeset__scrollwrap").evaluate_all(
                "all => all.map(box => box.tabIndex)"
            )
        )
    assert seen == {-1, 0}  # there was something to tell apart
    # What is far takes no layer of its own; in print nothing is cut.
    far = page.locator(".site-far")
    assert far.count() > 10
    hidden = "e => getComputedStyle(e).overflowX === 'hidden'"
    assert far.first.evaluate(hidden)
    page.emulate_media(media="print")
    assert not far.first.evaluate(hidden)
    page.context.close()


def test_what_is_far_below_waits_but_is_there(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(address + "batch-norm/")
    last = page.locator("article > .highlight code").last
    shown = "e => e.checkVisibility({contentVisibilityAuto: true})"
    assert not last.evaluate(shown)
    last.scroll_into_view_if_needed()
    assert last.evaluate(shown)
    # A link leads to a place far below, although what is above was guessed.
    name = page.locator("article h2").last.get_attribute("id")
    page.goto(f"{address}batch-norm/#{name}")
    page.wait_for_function(  # it scrolls smoothly
        """name => {
          const {top} = document.getElementById(name).getBoundingClientRect()
          return top >= 0 && top < innerHeight / 2
        }""",
        arg=name,
    )
    page.context.close()
