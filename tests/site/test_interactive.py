"""The interactive figures in a real browser: arithmetic against torch, and use."""

import copy
import gzip
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route
from torch import Tensor, nn

from scripts.pages import DOCS
from scripts.website.labs import PLAYERS
from snippets.batch_norm.recalibrate import recalibrate_batch_norm
from snippets.norms.channels_first_layer_norm import ChannelsFirstLayerNorm
from tests.site.conftest import Visit

FOLDER = DOCS / "assets" / "interactive"
LIMIT = 15_000  # bytes of a module over gzip
CLOSE = {"rtol": 1e-6, "atol": 1e-6}
ROOTS = {"zh": "", "en": "en/"}
PAGES = {
    "cube": "norm-family",
    "batch": "batch-norm",
    "running": "train-and-eval",
    "descent": "normalizing-inputs",
    "epochs": "labs/regression",
}
# States with long texts: the place kept for the instrument must do for all of them.
STATES = {
    "cube": ("", "norm:batch_norm,mode:eval,cell:70", "norm:rms_norm,cell:60"),
    "batch": ("", "gamma1:-5,gamma2:5,x:-5_-5_-5_-5_5_-5_-5_-5_-5_-5"),
    "running": ("", "size:2,momentum:None,shift:-3,x:-2,now:43,again:41"),
    "descent": ("", "rate:1.2,steps:60,scale:12,correlation:0.95"),
    "epochs": ("", "kind:after,epoch:12"),
}
# A state of the address, and a text that shows that it was read.
SITUATION = {
    "cube": ("norm:group_norm,groups:3,samples:2,cell:30", "nn.GroupNorm(3, 6)"),
    "batch": ("gamma1:2,x:1_2_3_4_5_-4_-2.2_-1_0.4_1.8", "μ 3.00"),
    "running": ("size:64,shift:-1,now:80,again:45", "2.25"),
    "descent": ("scale:10,steps:60,start:1_1", "κ = 100.0"),
    "epochs": ("kind:after,epoch:12", "35%"),
}
# A state in which every control that can be used changes the picture.
LIVELY = {
    "cube": "norm:batch_norm",
    "batch": "",
    "running": "now:60",
    "descent": "correlation:0.5",
    "epochs": "",
}
every_name = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("language", ROOTS)
every_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


def selector(name: str) -> str:
    return f'[data-instrument="{name}"] .instrument-box'


def come_near(page: Page, name: str) -> Locator:
    """Scroll to the instrument and wait until it has been drawn."""
    page.evaluate(
        """name => document.querySelector(`[data-instrument="${name}"]`)
            .scrollIntoView({behavior: "instant"})""",
        name,
    )
    page.locator(f"{selector(name)} svg g *").first.wait_for(state="attached")
    box = page.locator(selector(name))
    box.locator(".instrument-stage").evaluate(
        "s => s.scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    page.wait_for_timeout(300)
    return box


def open_at(page: Page, address: str, language: str, name: str, code: str = "") -> Any:
    query = f"?{name}={code}" if code else ""
    page.goto(f"{address}{ROOTS[language]}{PAGES[name]}/{query}")
    return come_near(page, name)


def errors(visit: Visit) -> list[str]:
    """Return what went wrong, other than an icon given up for the next page."""
    return [p for p in visit.problems if not re.match("failed: .*/mark.svg$", p)]


def shown(box: Locator) -> str:
    """Return what a state looks like: the drawing and the texts."""
    return str(
        box.evaluate(
            "b => b.querySelector('.instrument-stage').innerHTML + b.innerText.slice(0)"
        )
    )


@pytest.fixture(scope="module")
def script(browser: Browser, address: str) -> Iterator[Page]:
    """Return a page in which the modules can be imported."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}norm-family/")
    yield page
    context.close()


def call(script: Page, name: str, body: str, argument: Any = None) -> Any:
    """Run the body of a function of the module `m` and the argument `a`."""
    return script.evaluate(
        f"""async a => {{
            const m = await import("/book/assets/interactive/{name}.js")
            {body}
        }}""",
        argument,
    )


# ---- arithmetic ----


def norms() -> dict[str, nn.Module]:
    """Return the layers of the cube, one for each state."""
    layers: dict[str, nn.Module] = {
        "batch_norm,1,train": nn.BatchNorm2d(6),
        "batch_norm,1,eval": nn.BatchNorm2d(6).eval(),
        "layer_norm,1,train": nn.LayerNorm([6, 2, 2]),
        "layer_norm_places,1,train": ChannelsFirstLayerNorm(6),
        "instance_norm,1,eval": nn.InstanceNorm2d(6).eval(),
        "rms_norm,1,train": RMSNormOfPlaces(),
    }
    for groups in (1, 2, 3, 6):
        layers[f"group_norm,{groups},train"] = nn.GroupNorm(groups, 6)
    return layers


class RMSNormOfPlaces(nn.Module):
    """nn.RMSNorm over the channels of each place."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(6, eps=1e-5)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_cube_normalizes_as_torch(script: Page, samples: int) -> None:
    torch.manual_seed(samples)
    x = torch.randn(samples, 6, 2, 2, dtype=torch.float64) * 3 + 1
    mean, var = torch.randn(6).double(), torch.rand(6).double() + 0.1
    cases = norms()
    for name, layer in cases.items():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean, layer.running_var = mean.clone(), var.clone()
        norm, groups, mode = name.split(",")
        y = call(
            script,
            "cube",
            "return m.normalize(a.settings, a.x, a.running).y",
            {
                "settings": {"norm": norm, "groups": int(groups), "mode": mode},
                "x": x.flatten().tolist(),
                "running": {"mean": mean.tolist(), "var": var.tolist()},
            },
        )
        expected = layer.double()(x).detach().flatten()
        torch.testing.assert_close(
            torch.tensor(y, dtype=torch.float64), expected, **CLOSE
        )
    assert len(cases) == 10


def test_cube_lights_up_what_the_output_depends_on(script: Page) -> None:
    """The block of a value is what moves its normalized value, by autograd."""
    torch.manual_seed(0)
    x = torch.randn(3, 6, 2, 2, dtype=torch.float64, requires_grad=True)
    for name, layer in norms().items():
        norm, groups, mode = name.split(",")
        n, c, p = 1, 4, 2
        (y,) = layer.double()(x).flatten(2)[n, c, p : p + 1]
        (gradient,) = torch.autograd.grad(y, x)
        moved = gradient.flatten().abs() > 1e-12
        blocks = call(
            script,
            "cube",
            """return a.cells.map(([n, c, p]) => m.block(a.settings, n, c, p))""",
            {
                "settings": {"norm": norm, "groups": int(groups), "mode": mode},
                "cells": [(i // 24, i // 4 % 6, i % 4) for i in range(72)],
            },
        )
        here = (n * 6 + c) * 4 + p
        if blocks[here] is None:
            assert moved.nonzero().tolist() == [[here]]
        else:
            assert [b == blocks[here] for b in blocks] == moved.tolist(), name


def test_cube_knows_the_shapes_of_the_weights(script: Page) -> None:
    for name, layer in norms().items():
        pairs = call(
            script,
            "cube",
            """return [0, 1, 2, 3, 4, 5].flatMap(
                c => [0, 1, 2, 3].map(p => m.pair({norm: a}, c, p)))""",
            name.split(",")[0],
        )
        weights = [w for w in layer.parameters() if w.requires_grad]
        count = len(set(pairs) - {None})
        assert count == (weights[0].numel() if weights else 0), name


def test_batch_normalizes_as_torch_and_undoes_it(script: Page) -> None:
    torch.manual_seed(0)
    layer = nn.BatchNorm1d(3).double()
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    x = torch.randn(5, 3, dtype=torch.float64) * torch.tensor([1, 4, 0]) + 2
    expected = layer(x).detach()
    for c in range(3):
        y, undone = call(
            script,
            "batch",
            """const {gamma, beta} = m.undo(a.x)
            return [m.normalize(a.x, a.gamma, a.beta).y,
                m.normalize(a.x, gamma, beta).y]""",
            {
                "x": x[:, c].tolist(),
                "gamma": layer.weight[c].item(),
                "beta": layer.bias[c].item(),
            },
        )
        y, undone = torch.tensor([y, undone], dtype=torch.float64)
        torch.testing.assert_close(y, expected[:, c], **CLOSE)
        torch.testing.assert_close(undone, x[:, c], **CLOSE)


@pytest.mark.parametrize("momentum", [0.01, 0.1, 0.5, 1, None])
@pytest.mark.parametrize("size", [2, 16])
def test_running_statistics_are_those_of_torch(
    script: Page, size: int, momentum: float | None
) -> None:
    torch.manual_seed(size)
    layer = nn.BatchNorm1d(1, affine=False, momentum=momentum).double()
    batches = torch.randn(30, size, 1, dtype=torch.float64) * 2 + 3
    fresh = torch.randn(20, size, 1, dtype=torch.float64) - 1
    x = 0.7
    found = call(
        script,
        "running",
        """const all = m.follow(a.batches, a.momentum)
        const again = m.recalibrate(a.fresh)
        const later = m.follow(a.batches, a.momentum, again)
        return [...all, {running: again}, ...later].map((one, i) => [
            one.running.mean, one.running.var, one.running.count,
            ...Object.values(m.outputs(a.x, a.batches[i % 31 % 30], one.running))])""",
        {
            "batches": batches.squeeze(-1).tolist(),
            "fresh": fresh.squeeze(-1).tolist(),
            "momentum": momentum,
            "x": x,
        },
    )
    expected: list[list[float]] = []

    def note(batch: Tensor) -> None:
        assert layer.running_mean is not None
        assert layer.running_var is not None
        assert layer.num_batches_tracked is not None
        own = torch.cat([torch.full((1, 1), x).double(), batch[1:]])
        trained = copy.deepcopy(layer).train()(own)[0].item()
        evaluated = copy.deepcopy(layer).eval()(own)[0].item()
        kept = (layer.running_mean, layer.running_var, layer.num_batches_tracked)
        expected.append([one.item() for one in kept] + [trained, evaluated])

    for batch in batches:
        layer.train()(batch)
        note(batch)
    recalibrate_batch_norm(layer, list(fresh))
    note(batches[0])
    for i, batch in enumerate(batches):
        layer.train()(batch)
        note(batches[(i + 31) % 31 % 30])
    torch.testing.assert_close(
        torch.tensor(found, dtype=torch.float64),
        torch.tensor(expected, dtype=torch.float64),
        **CLOSE,
    )


@pytest.mark.parametrize(("scale", "correlation"), [(1, 0), (6, 0), (9, 0.8), (1, 0.9)])
def test_descent_takes_the_steps_of_sgd(
    script: Page, scale: float, correlation: float
) -> None:
    """Linear regression by torch, on data with just these deviations."""
    torch.manual_seed(0)
    white = torch.randn(200, 2, dtype=torch.float64)
    white -= white.mean(0)
    white @= torch.linalg.inv(torch.linalg.cholesky(white.T @ white / 200)).T
    covariance = torch.tensor(
        [[1, correlation * scale], [correlation * scale, scale**2]], dtype=torch.float64
    )
    x = white @ torch.linalg.cholesky(covariance).T
    best = torch.tensor([0.5, -2.0], dtype=torch.float64)
    y = x @ best
    start = torch.tensor([-1.8, 0.9], dtype=torch.float64)
    rate = 1.8 / torch.linalg.eigvalsh(covariance)[-1].item()
    path, losses, eigenvalues = call(
        script,
        "descent",
        """const h = m.hessian(a.scale, a.correlation)
        const path = m.descend(h, a.start, a.rate, 30)
        const {large, small, angle} = m.eigen(h)
        return [path, path.map(u => m.loss(h, u)), [small, large, angle]]""",
        {
            "scale": scale,
            "correlation": correlation,
            "start": start.tolist(),
            "rate": rate,
        },
    )
    weight = nn.Parameter(best + start)
    sgd = torch.optim.SGD([weight], lr=rate)
    for point, value in zip(path, losses, strict=True):
        offset = (weight - best).detach()
        found = torch.tensor(point, dtype=torch.float64)
        torch.testing.assert_close(found, offset, **CLOSE)
        loss = nn.functional.mse_loss(x @ weight, y) / 2
        assert value == pytest.approx(loss.item(), rel=1e-6, abs=1e-9)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    values, vectors = torch.linalg.eigh(covariance)
    assert eigenvalues[:2] == pytest.approx(values.tolist(), rel=1e-6)
    if values[1] > values[0] + 1e-9:
        along = torch.tensor([math.cos(eigenvalues[2]), math.sin(eigenvalues[2])])
        assert abs(along.double() @ vectors[:, 1]) == pytest.approx(1, abs=1e-6)


def test_epochs_show_the_recorded_counts(script: Page) -> None:
    """Heights are counts by the highest; the values are those asked for."""
    got = call(
        script,
        "epochs",
        """const path = m.outline(m.heights([1, 4, 0, 2]), 10, 100, 40, 50)
        const networks = [
            {linear: 1, activation: 2}, {linear: 1, input: 3, activation: 2},
        ]
        return {
            path,
            before: networks.map(one => m.chosen(one, "before")),
            after: networks.map(one => m.chosen(one, "after")),
        }""",
    )
    ups = [float(up) for up in re.findall(r"V([\d.]+)h", got["path"])]
    assert ups == [87.5, 50.0, 100.0, 75.0]
    assert got["path"].startswith("M10.0 100V")
    assert got["before"] == [1, 3]
    assert got["after"] == [2, 2]


def test_a_wrong_sign_would_be_found(script: Page) -> None:
    """The comparison is not one that always holds: here eps is left out."""
    x = torch.full((24,), 1e-3).double() * torch.arange(24)
    y = call(
        script,
        "cube",
        "return m.normalize({norm: 'layer_norm'}, a, null).y",
        x.tolist(),
    )
    planted = (x - x.mean()) / x.std(correction=0)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(
            torch.tensor(y, dtype=torch.float64), planted, **CLOSE
        )


def test_random_numbers_are_normal_and_repeat(script: Page) -> None:
    draws = """const draw = m.random(a).normal
        return Array.from({length: 20000}, draw)"""
    first = torch.tensor(call(script, "instrument", draws, 1), dtype=torch.float64)
    assert first.tolist() == call(script, "instrument", draws, 1)
    assert first.tolist() != call(script, "instrument", draws, 2)
    assert abs(first.mean()) < 0.03
    assert abs(first.std() - 1) < 0.03
    assert abs((first.abs() < 1).double().mean() - 0.6827) < 0.02


# ---- use ----


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.js")), ids=lambda p: p.stem)
def test_small(path: Path) -> None:
    assert len(gzip.compress(path.read_bytes(), 9, mtime=0)) <= LIMIT


def test_every_module_is_tested() -> None:
    modules = {path.stem for path in FOLDER.glob("*.js")} - {"instrument"}
    assert modules == set(PAGES) == set(STATES) == set(SITUATION)
    for name, page in PAGES.items():
        for language in ROOTS:
            file = DOCS / language / page
            if page.startswith("labs/"):
                (figure,) = [key for key, player in PLAYERS.items() if player == name]
                assert figure.startswith(f"{file.name}-")
                continue
            text = file.with_suffix(".md").read_text(encoding="utf-8")
            assert text.count(f'data-instrument="{name}"') == 1


@every_name
@every_language
@every_scheme
def test_accessible_when_mounted(
    browser: Browser, address: str, name: str, language: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    for code in STATES[name]:
        open_at(page, address, language, name, code)
        found = Axe().run(page, context=f"[data-instrument={name}]")
        assert found.violations_count == 0, found.generate_report()
    context.close()


@every_name
@every_language
def test_the_address_brings_the_situation(
    visit: Visit, address: str, name: str, language: str
) -> None:
    code, text = SITUATION[name]
    box = open_at(visit.page, address, language, name, code)
    assert text in box.inner_text()
    before = shown(box)
    # A change and its way back leave the address as it was, other parameters too.
    visit.page.goto(visit.page.url.replace("?", "?other=1&"))
    box = come_near(visit.page, name)
    assert shown(box) == before
    box.get_by_role("button", name=re.compile("复原|Reset")).click()
    visit.page.wait_for_function("() => location.search === '?other=1'")
    assert shown(box) != before
    visit.page.goto(f"{visit.page.url.split('?')[0]}?{name}=x:1_y,{name},cell:,a:b:c")
    assert come_near(visit.page, name).is_visible()
    assert errors(visit) == []


@every_name
@every_language
def test_keyboard(visit: Visit, address: str, name: str, language: str) -> None:
    """Everything is reached by Tab, shows its focus, and answers the keys."""
    page = visit.page
    box = open_at(page, address, language, name)
    box.get_by_role("button", name=re.compile("复原|Reset")).focus()
    handles = box.locator("svg [role=slider]").count()
    visited: list[str] = []
    moved = 0
    for _ in range(40):
        page.keyboard.press("Tab")
        if not box.evaluate("b => b.contains(document.activeElement)"):
            break
        visited.append(page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
        if page.evaluate("document.activeElement.getAttribute('role')") == "slider":
            ring = page.evaluate(
                """getComputedStyle(document.activeElement
                    .querySelector('.instrument-ring')).visibility"""
            )
            assert ring == "visible"
            for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "Home"):
                value = "document.activeElement.getAttribute('aria-valuetext')"
                before = page.evaluate(value)
                page.keyboard.press(key)
                page.wait_for_timeout(50)
                moved += page.evaluate(value) != before
    assert len(visited) >= 3
    assert moved >= 2 * min(handles, 1)
    assert errors(visit) == []


@every_name
def test_every_control_changes_the_picture(
    visit: Visit, address: str, name: str
) -> None:
    box = open_at(visit.page, address, "en", name, LIVELY[name])
    inputs = box.locator("input")
    changed = 0
    for i in range(inputs.count()):
        one = inputs.nth(i)
        open_at(visit.page, address, "en", name, LIVELY[name])
        radio = one.get_attribute("type") == "radio"
        if one.is_disabled() or (radio and one.is_checked()):
            continue
        before = shown(box)
        one.focus()
        if one.get_attribute("type") == "range":
            visit.page.keyboard.press("PageUp")
            visit.page.keyboard.press("ArrowRight")
        else:
            one.check()
        visit.page.wait_for_timeout(60)
        assert shown(box) != before, one.evaluate("i => i.outerHTML")
        changed += 1
    assert changed
    assert errors(visit) == []


@every_name
def test_what_is_said(visit: Visit, address: str, name: str) -> None:
    """A screen reader hears one sentence, when things have come to rest."""
    for language in ROOTS:
        box = open_at(visit.page, address, language, name)
        said = box.locator("[role=status]")
        assert said.inner_text() == ""
        box.get_by_role("button", name=re.compile("复原|Reset")).click()
        visit.page.wait_for_function(
            "e => e.textContent.length > 20", arg=said.element_handle()
        )
        assert "undefined" not in said.inner_text()
        assert "NaN" not in box.inner_text()


@every_name
@every_language
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_moves(
    browser: Browser, address: str, name: str, language: str, width: int
) -> None:
    """The place that the stylesheet keeps is the place that the instrument takes."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.route("**/interactive/*.js", lambda route: None)
    page.goto(f"{address}{ROOTS[language]}{PAGES[name]}/")
    high = f"""document.querySelector('[data-instrument="{name}"]').offsetHeight"""
    kept = page.evaluate(high)
    page.unroute("**/interactive/*.js")
    for code in STATES[name]:
        open_at(page, address, language, name, code)
        page.wait_for_timeout(100)
        assert abs(page.evaluate(high) - kept) <= 1, code
        over = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(over) <= 0
    context.close()


@every_name
def test_loaded_only_when_near(
    visit: Visit, address: str, name: str, sent: dict[str, int]
) -> None:
    def lengthen(route: Route) -> None:
        html = route.fetch().text()
        route.fulfill(body=html.replace("<h1", "<p>far</p>" * 99 + "<h1", 1))

    visit.page.route(f"**/{PAGES[name]}/", lengthen)
    sent.clear()
    visit.page.goto(f"{address}{PAGES[name]}/")
    visit.page.wait_for_load_state("networkidle")
    assert not [path for path in sent if f"/{name}.js" in path]
    come_near(visit.page, name)
    assert [path for path in sent if f"/{name}.js" in path]


@every_name
@every_language
def test_the_static_figure_stands_without_javascript_and_in_print(
    browser: Browser, address: str, name: str, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{ROOTS[language]}{PAGES[name]}/")
    div = page.locator(f'[data-instrument="{name}"]')
    assert div.locator("figure img, p > img").first.is_visible()
    figure = div.locator("figure").bounding_box()
    whole = div.bounding_box()
    assert figure
    assert whole
    assert whole["height"] < figure["height"] + 90  # nothing is kept for the script
    context.close()
    context = browser.new_context()
    page = context.new_page()
    box = open_at(page, address, language, name)
    page.emulate_media(media="print")
    assert not box.is_visible()
    assert page.locator(f'[data-instrument="{name}"] img').first.is_visible()
    context.close()


@every_name
def test_the_static_figure_stands_when_the_module_is_missing(
    visit: Visit, address: str, name: str
) -> None:
    visit.page.route(f"**/interactive/{name}.js", lambda route: route.abort())
    visit.page.goto(f"{address}{PAGES[name]}/")
    visit.page.evaluate(
        "document.querySelector('.instrument').scrollIntoView({behavior: 'instant'})"
    )
    visit.page.wait_for_function("() => !document.querySelector('[data-instrument]')")
    assert visit.page.locator(".instrument img").first.is_visible()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Return a page on a small screen that is touched."""
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def touch_and_drag(page: Page, start: tuple[float, float], way: float) -> None:
    """Put down a finger, move it to the right and lift it."""
    session = page.context.new_cdp_session(page)
    x, y = start

    def send(kind: str, *points: dict[str, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)}
        )

    send("touchStart", {"x": x, "y": y})
    for i in range(1, 9):
        send("touchMove", {"x": x + way * i / 8, "y": y})
    send("touchEnd")
    page.wait_for_timeout(80)


def tap(one: Locator) -> None:
    """Tap an element where the header does not cover it."""
    one.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    one.page.wait_for_timeout(200)
    one.tap()


@every_language
@every_scheme
def test_cube_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    phone.emulate_media(color_scheme=scheme)
    box = open_at(phone, address, language, "cube")
    cursor = box.locator("svg [role=slider]")
    cell = box.locator("svg rect").nth(13).bounding_box()
    assert cell
    phone.touchscreen.tap(cell["x"] + 5, cell["y"] + 5)
    expected = {"zh": "样本 1，通道 4，位置 2", "en": "sample 1, channel 4, place 2"}
    phone.wait_for_timeout(80)
    assert cursor.get_attribute("aria-valuetext") == expected[language]
    tap(box.get_by_role("radio", name=re.compile("^(批量|batch)$")))
    phone.wait_for_timeout(80)
    assert "nn.BatchNorm2d(6)" in box.inner_text()
    # 16 values of one channel: 4 places in each of 4 samples
    assert box.locator('svg rect[fill="var(--batch)"]').count() == 16

    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    box = open_at(page, address, language, "cube")
    box.locator("svg rect").nth(13).hover()
    page.wait_for_timeout(80)
    cursor = box.locator("svg [role=slider]")
    assert cursor.get_attribute("aria-valuetext") == expected[language]
    context.close()


@every_language
@every_scheme
def test_batch_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    """A dot follows the pointer, and the mean follows the dot."""

    def values(box: Locator) -> list[float]:
        handles = box.locator("svg [role=slider]")
        return [
            float(handles.nth(i).get_attribute("aria-valuenow") or "nan")
            for i in range(handles.count())
        ]

    for touch in (True, False):
        page = phone if touch else browser.new_page()
        page.emulate_media(color_scheme=scheme)
        box = open_at(page, address, language, "batch")
        before = values(box)
        dot = box.locator("svg [role=slider] circle:last-child").nth(5).bounding_box()
        assert dot
        x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
        if touch:
            touch_and_drag(page, (x, y), 60)
        else:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 60, y, steps=5)
            page.mouse.up()
        page.wait_for_timeout(80)
        moved = [b - a for a, b in zip(before, values(box), strict=True)]
        wide = box.locator(".instrument-stage").bounding_box()
        assert wide
        assert moved[5] == pytest.approx(60 / (wide["width"] - 44) * 12, abs=0.02)
        assert [m for i, m in enumerate(moved) if i != 5] == [0] * 9
        mean = sum(values(box)[5:]) / 5
        said = f"μ {mean:.2f}".replace("-", "−")
        assert said in box.inner_text()
        page.wait_for_function("() => location.search.includes('batch=x:')")
        box.get_by_role("button", name="γ = σ").click()
        page.wait_for_timeout(80)
        assert "y = x" in box.inner_text()


@every_language
@every_scheme
def test_running_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    """The line is dragged to a batch, played from there, and recalibrated."""
    for touch in (True, False):
        page = phone if touch else browser.new_page()
        page.emulate_media(color_scheme=scheme)
        box = open_at(page, address, language, "running", "size:64,now:50")
        handle = box.locator("svg [role=slider]")
        dot = handle.locator("circle:last-child").bounding_box()
        wide = box.locator(".instrument-stage").bounding_box()
        assert dot
        assert wide
        x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
        way = 20 * (wide["width"] - 34) / 80
        if touch:
            touch_and_drag(page, (x, y), way)
        else:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + way, y, steps=5)
            page.mouse.up()
        page.wait_for_timeout(80)
        assert handle.get_attribute("aria-valuenow") == "70"
        evaluated = box.locator("dl > div").nth(1)
        before = evaluated.inner_text()
        box.get_by_role("button", name=re.compile("重新校准|Recalibrate")).click()
        page.wait_for_timeout(80)
        assert evaluated.inner_text() != before
        box.get_by_role("button", name=re.compile("下一批|Next")).click()
        page.wait_for_timeout(80)
        assert handle.get_attribute("aria-valuenow") == "71"
        box.get_by_role("button", name=re.compile("播放|Play")).click()
        page.wait_for_timeout(600)
        assert int(handle.get_attribute("aria-valuenow") or 0) > 71
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        box.get_by_role("button", name=re.compile("暂停|Pause")).click()
        box.get_by_role("button", name=re.compile("播放|Play")).click()
        page.wait_for_timeout(80)
        assert handle.get_attribute("aria-valuenow") == "80"


@every_language
@every_scheme
def test_descent_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    """The start is dragged, in both panels at once; too large a rate diverges."""
    for touch in (True, False):
        page = phone if touch else browser.new_page()
        page.emulate_media(color_scheme=scheme)
        box = open_at(page, address, language, "descent")
        handles = box.locator("svg [role=slider]")
        dot = handles.nth(1).locator("circle:last-child").bounding_box()
        high = box.locator("svg rect").first.bounding_box()
        assert dot
        assert high
        x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
        way = high["height"] / 4.4
        if touch:
            touch_and_drag(page, (x, y), way)
        else:
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + way, y, steps=5)
            page.mouse.up()
        page.wait_for_timeout(80)
        for i in (0, 1):
            now = float(handles.nth(i).get_attribute("aria-valuenow") or "nan")
            assert now == pytest.approx(-0.8, abs=0.03)
        words = {"zh": "发散", "en": "diverges"}
        assert words[language] not in box.inner_text()
        box.get_by_role("slider", name=re.compile("学习率|rate")).focus()
        page.keyboard.press("End")
        page.wait_for_timeout(80)
        assert words[language] in box.locator("dl").inner_text()
