"""The index of symptoms in a real browser: the filter, and the search of the site."""

import pytest
from playwright.sync_api import Browser

from scripts.website import symptoms
from tests.conftest import LookedAt
from tests.site.conftest import Visit

ROOTS = {"zh": "", "en": "en/"}
every_language = pytest.mark.parametrize("language", ROOTS)

# What readers paste, with numbers of their own, and the entry that they need.
PASTED = [
    (
        "Expected more than 1 value per channel when training, got input size "
        "torch.Size([1, 256, 1, 1])",
        {"one-value-per-channel", "last-batch", "no-running-statistics"},
    ),
    (
        "result type Float can't be cast to the desired output type Long",
        {"averaging-an-integer"},
    ),
    (
        "Only Tensors created explicitly by the user (graph leaves) support the "
        "deepcopy protocol at the moment",
        {"own-layer-keeps-the-graph"},
    ),
    (
        'Unexpected key(s) in state_dict: "model.1.running_mean"',
        {"old-instance-norm"},
    ),
    (
        "mixed dtype (CPU): expect parameter to have scalar type of Float",
        {"half-meets-float"},
    ),
    (
        "one of the variables needed for gradient computation has been modified by "
        "an inplace operation",
        {"buffer-modified-in-place", "inplace-dropout"},
    ),
    (
        "modified by an inplace operation: [torch.cuda.FloatTensor [8, 4]], which is "
        "output 0 of Sigmoid, is at version 1; expected version 0 instead",
        {"inplace-dropout", "buffer-modified-in-place"},
    ),
    ("SyncBatchNorm expected input tensor to be on GPU", {"sync-on-cpu"}),
    ("SyncBatchNorm layers only work with GPU modules", {"sync-on-cpu"}),
    (
        "Timed out waiting 1800000ms for recv operation to complete",
        {"ranks-call-differently"},
    ),
    ("running_mean should contain 128 elements not 64", {"batch-norm-on-sequences"}),
    (
        "Given normalized_shape=[96], expected input with shape [*, 96]",
        {"layer-norm-on-images"},
    ),
    ("Fusion only for eval!", {"fold-in-training"}),
    (
        "NotImplementedError: Calling eval() is not supported yet.",
        {"exported-in-training"},
    ),
    ("Received a 3D input to dropout2d", {"dropout2d-on-sequences"}),
    (
        "dropout option adds dropout after all but last recurrent layer",
        {"lstm-dropout"},
    ),
    ("non-zero dropout expects num_layers greater than 1", {"lstm-dropout"}),
    ("expected Half but found Float", {"half-meets-float"}),
    ("update_bn AveragedModel", {"averaged-weights"}),
    ("track_running_stats=False", {"no-running-statistics"}),
    ("ValueError: expected 4D input (got 2D input)", {"wrong-number-of-axes"}),
    (
        "ValueError: num_channels must be divisible by num_groups",
        {"groups-do-not-divide"},
    ),
    (
        "vmap: called random operation while in randomness error mode",
        {"dropout-under-vmap"},
    ),
    (
        "Could not guard on data-dependent expression FloatTrueDiv(1.0, ToFloat(u0))",
        {"cumulative-average-compiled"},
    ),
]


@every_language
def test_a_pasted_error_is_found_by_the_search(
    visit: Visit,
    address: str,
    language: str,
    looked_at: LookedAt,
) -> None:
    page = visit.page
    page.goto(address + ROOTS[language])
    page.click(".md-search__input")
    missed: list[str] = []
    for query, wanted in PASTED:
        page.fill(".md-search__input", "")
        page.evaluate("text => navigator.clipboard.writeText(text)", query)
        page.focus(".md-search__input")
        page.keyboard.press("Control+V")
        try:
            # A hit is a page with those of its sections that fit best, the first open.
            page.wait_for_function(
                """wanted => [...document.querySelectorAll(".md-search-result__item")]
                    .slice(0, 3)
                    .flatMap(item => [...item.querySelectorAll("a")].slice(0, 4))
                    .some(a => wanted.includes(a.hash.slice(1)))""",
                arg=sorted(wanted),
                timeout=4000,
            )
        except Exception:
            missed.append(query)
    assert missed == []
    looked_at("queries", len(PASTED))


@every_language
def test_the_filter_finds_the_entry(visit: Visit, address: str, language: str) -> None:
    page = visit.page
    page.goto(f"{address}{ROOTS[language]}symptoms/")
    first = "#symptom-filter ol li:nth-child(-n+3) a"
    for query, wanted in PASTED:
        page.fill("#symptom-query", query)
        links = page.eval_on_selector_all(first, "a => a.map(x => x.hash.slice(1))")
        assert set(links) & wanted, query
    page.fill("#symptom-query", "qqqq")
    assert page.locator("#symptom-filter li").count() == 0
    said = page.inner_text("#symptom-filter [role=status]")
    assert said == symptoms.WORDS[language]["no hits"]
    page.fill("#symptom-query", "")
    assert page.inner_text("#symptom-filter [role=status]") == ""
    assert visit.problems == []


def test_the_filter_understands_chinese(visit: Visit, address: str) -> None:
    page = visit.page
    page.goto(f"{address}symptoms/")
    for query, wanted in (
        ("内存上涨", "own-layer-keeps-the-graph"),
        ("梯度累积", "accumulation-is-no-large-batch"),
        ("教师模型", "ema-without-buffers"),
        ("推理结果每次不同", "functional-dropout"),
    ):
        page.fill("#symptom-query", query)
        links = page.eval_on_selector_all(
            "#symptom-filter li a", "a => a.map(x => x.hash.slice(1))"
        )
        assert wanted in links[:5], query


@every_language
def test_the_lists_are_there_without_javascript(
    browser: Browser, address: str, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{ROOTS[language]}symptoms/")
    assert page.locator("#symptom-query").count() == 0
    links = page.eval_on_selector_all(
        ".symptoms a", "a => a.map(x => x.getAttribute('href').split('#')[1])"
    )
    entries = [e["id"] for es in symptoms.everything().values() for e in es]
    assert set(links) == set(entries)
    assert len(entries) >= 60
    page.locator(".symptoms a").first.click()
    assert page.locator(f"h2#{page.url.split('#')[1]}").is_visible()
    context.close()


@every_language
def test_every_address_of_the_index_exists(
    visit: Visit, address: str, language: str
) -> None:
    for group, entries in symptoms.everything().items():
        visit.page.goto(f"{address}{ROOTS[language]}symptoms/{group}/")
        ids = visit.page.eval_on_selector_all("h2[id]", "h => h.map(x => x.id)")
        assert [entry["id"] for entry in entries] == ids
