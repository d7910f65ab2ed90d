"""The interactive figures in a real browser: arithmetic against torch, and use."""

import copy
import gzip
import itertools
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FloatRect, Locator, Page, Route
from torch import Tensor, nn

from scripts.pages import DOCS
from scripts.results import load
from scripts.website.labs import PLAYERS
from snippets.batch_norm.recalibrate import recalibrate_batch_norm
from snippets.dropout.keep_probability_dropout import KeepProbabilityDropout
from snippets.norms.channels_first_layer_norm import ChannelsFirstLayerNorm
from tests.site.conftest import Visit
from tests.site.test_site import RULES

FOLDER = DOCS / "assets" / "interactive"
LIMIT = 15_000  # bytes of a module over gzip
CLOSE = {"rtol": 1e-6, "atol": 1e-6}
ROOTS = {"zh": "", "en": "en/"}
PAGES = {
    "cube": "norm-family",
    "batch": "batch-norm",
    "running": "train-and-eval",
    "descent": "normalizing-inputs",
    "layers": "internal-covariate-shift",
    "dropout": "dropout",
}
RECORDED = load("regression_tanh_histograms")
# States with long texts: the place kept for the instrument must do for all of them.
STATES = {
    "cube": ("", "norm:batch_norm,mode:eval,cell:70", "norm:rms_norm,cell:60"),
    "batch": ("", "gamma1:-5,gamma2:5,x:-5_-5_-5_-5_5_-5_-5_-5_-5_-5"),
    "running": ("", "size:2,momentum:None,shift:-3,x:-2,now:43,again:41"),
    "descent": ("", "rate:1.2,steps:60,scale:12,correlation:0.95"),
    "layers": ("", "quantity:linear,epoch:6,layer:1", "epoch:12,layer:4"),
    "dropout": (
        "",
        "p:0.9,masks:500,scaling:both,units:linear",
        "p:0.9,masks:500,scaling:neither,mode:eval,view:batch_norm",
    ),
}
# A state of the address, and a text that shows that it was read.
SITUATION = {
    "cube": ("norm:group_norm,groups:3,samples:2,cell:30", "nn.GroupNorm(3, 6)"),
    "batch": ("gamma1:2,x:1_2_3_4_5_-4_-2.2_-1_0.4_1.8", "μ 3.00"),
    "running": ("size:64,shift:-1,now:80,again:45", "2.25"),
    "descent": ("scale:10,steps:60,start:1_1", "κ = 100.0"),
    "layers": (
        "quantity:linear,epoch:12,layer:2",
        f"{RECORDED['plain']['within'][12][1]:.1%}",
    ),
    "dropout": (
        "p:0.3,mode:eval,scaling:classical,units:linear,masks:100",
        "y = 0.77",  # 0.7 squared of 1.566
    ),
}
# A state in which every control that can be used changes the picture.
LIVELY = {
    "cube": "norm:batch_norm",
    "batch": "",
    "running": "now:60",
    "descent": "correlation:0.5",
    "layers": "",
    "dropout": "",
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


def test_layers_show_what_torch_counts(script: Page) -> None:
    """From values to the parts of a histogram, for every network, epoch and layer."""
    torch.manual_seed(0)
    networks = ("plain", "batch_norm", "scaled", "scaled_batch_norm")
    edges = {"linear": 4.0, "input": 4.0, "activation": 1.0}
    data: dict[str, dict[str, Any]] = {name: {} for name in networks}
    expected: list[list[float]] = []
    asked: list[tuple[str, str, int, int]] = []
    for name, (kind, edge) in itertools.product(networks, edges.items()):
        if "batch_norm" not in name and kind == "input":
            asked += [(name, kind, *a[2:]) for a in asked if a[:2] == (name, "linear")]
            expected += expected[-13 * 8 :]
            continue
        values = torch.randn(13, 8, 60, dtype=torch.float64) * 0.7 * edge
        found = [[one.histc(16, -edge, edge) for one in epoch] for epoch in values]
        # Beyond the edges is in the outermost bins.
        outside = (values.abs() > 7 / 8 * edge).double().mean(-1)
        for e, i in itertools.product(range(13), range(8)):
            found[e][i][0] += (values[e, i] < -edge).sum()
            found[e][i][-1] += (values[e, i] > edge).sum()
            asked.append((name, kind, e, i + 1))
            parts = found[e][i] / found[e][i].max()
            expected.append([*parts.tolist(), outside[e, i].item()])
        data[name][kind] = [[bins.tolist() for bins in epoch] for epoch in found]
    shown = call(
        script,
        "layers",
        """return a.asked.map(one => {
            const bins = m.counts(a.data, ...one)
            return [...m.heights(bins), m.outermost(bins)]
        })""",
        {"data": data, "asked": asked},
    )
    assert len(asked) == 4 * 3 * 13 * 8
    torch.testing.assert_close(torch.tensor(shown), torch.tensor(expected), **CLOSE)


def drawn(script: Page) -> tuple[nn.Linear, nn.Linear, Tensor]:
    """Return the layers of the network of `dropout`, and its samples."""
    network, samples = call(script, "dropout", "return [m.NETWORK, m.SAMPLES]")
    hidden = nn.Linear(4, 4, bias=False, dtype=torch.float64)
    output = nn.Linear(4, 1, bias=False, dtype=torch.float64)
    hidden.weight.data = torch.tensor(network["hidden"], dtype=torch.float64)
    output.weight.data = torch.tensor([network["output"]], dtype=torch.float64)
    return hidden, output, torch.tensor(samples, dtype=torch.float64)


def dropouts(scaling: str, p: float) -> tuple[nn.Module, nn.Module]:
    """Return the layer used in training and the one used in evaluation."""
    inverted, classical = nn.Dropout(p), KeepProbabilityDropout(1 - p)
    return {
        "inverted": (inverted, inverted),
        "classical": (classical, classical),
        "both": (inverted, classical),
        "neither": (classical, inverted),
    }[scaling]


every_scaling = pytest.mark.parametrize(
    "scaling", ["inverted", "classical", "both", "neither"]
)


@every_scaling
@pytest.mark.parametrize("units", ["relu", "linear"])
def test_dropout_sends_on_what_torch_sends_on(
    script: Page, units: str, scaling: str
) -> None:
    """The masks that torch draws, put into the module; then evaluation."""
    hidden, output, samples = drawn(script)
    for p in (0.0, 0.2, 0.5, 0.9):
        training, still = dropouts(scaling, p)
        masks: list[Tensor] = []
        bend = nn.ReLU() if units == "relu" else nn.Identity()

        def note(
            _: nn.Module, given: Any, sent: Tensor, masks: list[Tensor] = masks
        ) -> None:
            # Where nothing came in, nothing is seen of the mask, nor is it needed.
            masks.append((sent != 0) | (given[0] == 0))

        training.register_forward_hook(note)
        torch.manual_seed(1)
        network = nn.Sequential(training, hidden, bend, training, output).train()
        trained = network(samples).squeeze(-1).detach()
        both = torch.cat(masks[:2], 1).int()
        evaluated = nn.Sequential(still, hidden, bend, still, output).eval()(samples)
        found = call(
            script,
            "dropout",
            """const {train, eval: still} = m.factors(a.scaling, a.p)
            const y = (x, mask, factor) =>
                m.forward(m.NETWORK, x, mask, factor, a.units).y
            return m.SAMPLES.map((x, i) => [
                y(x, a.masks[i], train), y(x, a.masks[i].map(() => 1), still)])""",
            {"p": p, "scaling": scaling, "units": units, "masks": both.tolist()},
        )
        torch.testing.assert_close(
            torch.tensor(found, dtype=torch.float64),
            torch.stack([trained, evaluated.squeeze(-1).detach()], 1),
            **CLOSE,
        )


@every_scaling
@pytest.mark.parametrize("units", ["relu", "linear"])
def test_dropout_averages_over_masks(script: Page, units: str, scaling: str) -> None:
    """All 256 masks, weighted; those that are drawn; and the network in evaluation."""
    hidden, output, samples = drawn(script)
    x = samples[0]
    masks = torch.tensor(list(itertools.product([0.0, 1.0], repeat=8))).double()
    for p in (0.2, 0.5, 0.9):
        q = 1 - p
        factor = 1 / q if scaling in {"inverted", "both"} else 1

        def send(chosen: Tensor, factor: float = factor) -> Tensor:
            z = hidden(x * chosen[:, :4] * factor)
            h = z.relu() if units == "relu" else z
            return output(h * chosen[:, 4:] * factor).squeeze(-1).detach()

        weights = (masks * q + (1 - masks) * p).prod(1)
        outputs = send(masks)
        mean = (weights * outputs).sum()
        deviation = (weights * (outputs - mean).square()).sum().sqrt()
        whole, drawn_masks, averages = call(
            script,
            "dropout",
            """const rest = [m.SAMPLES[0], a.p, a.scaling, a.units]
            const all = m.averages(m.NETWORK, ...rest)
            return [m.expectation(m.NETWORK, ...rest),
                all.map((_, i) => m.maskOf(i + 1, a.p)),
                all.map(one => [one.y, one.mean])]""",
            {"p": p, "scaling": scaling, "units": units},
        )
        found = torch.tensor([whole["mean"], whole["deviation"]], dtype=torch.float64)
        torch.testing.assert_close(found, torch.stack([mean, deviation]), **CLOSE)
        taken = torch.tensor(drawn_masks, dtype=torch.float64)
        assert taken.mean().item() == pytest.approx(q, abs=0.03)
        y = send(taken)
        running = y.cumsum(0) / torch.arange(1, len(y) + 1)
        torch.testing.assert_close(
            torch.tensor(averages, dtype=torch.float64),
            torch.stack([y, running], 1),
            **CLOSE,
        )
        scale = q if scaling in {"classical", "both"} else 1
        z = hidden(x * scale)
        still = output((z.relu() if units == "relu" else z) * scale).item()
        if units == "linear" and scaling in {"inverted", "classical"}:
            assert whole["mean"] == pytest.approx(still, rel=1e-9)
        else:
            assert abs(whole["mean"] - still) > 0.005


@every_scaling
def test_dropout_knows_both_variances_of_batch_norm(script: Page, scaling: str) -> None:
    """What BatchNorm1d keeps over all masks, and what it then gives in evaluation."""
    hidden, _, samples = drawn(script)
    masks = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).double()
    for p in (0.5, 0.8):
        q = 1 - p
        factor = 1 / q if scaling in {"inverted", "both"} else 1
        scale = q if scaling in {"classical", "both"} else 1
        # At 0.8, a mask stands for as many as it is likelier than the rarest.
        times = (4 ** (4 - masks.sum(1))).long() if p == 0.8 else 1
        every = masks.repeat_interleave(torch.as_tensor(times).expand(16), 0)
        z = hidden((samples * every.unsqueeze(1) * factor).flatten(0, 1)).detach()
        norm = nn.BatchNorm1d(4, momentum=1, affine=False).double().train()
        norm(z)
        assert norm.running_var is not None
        kept = norm.running_var * (len(z) - 1) / len(z)
        quiet = hidden(samples * scale).detach()
        met = quiet.var(0, correction=0)
        found = call(
            script,
            "dropout",
            """return m.variances(m.NETWORK.hidden, m.SAMPLES, a.p, a.scaling)
                .map(one => [one.train, one.eval])""",
            {"p": p, "scaling": scaling},
        )
        found = torch.tensor(found, dtype=torch.float64)
        torch.testing.assert_close(found, torch.stack([kept, met], 1), **CLOSE)
        norm.running_var.copy_(kept)  # BatchNorm1d keeps it with n / (n - 1)
        norm.eps = 0
        given = norm.eval()(quiet).var(0, correction=0)
        torch.testing.assert_close(found[:, 1] / found[:, 0], given, **CLOSE)


def test_random_numbers_are_normal_and_repeat(script: Page) -> None:
    draws = """const draw = m.random(a).normal
        return Array.from({length: 20000}, draw)"""
    first = torch.tensor(call(script, "instrument", draws, 1), dtype=torch.float64)
    assert first.tolist() == call(script, "instrument", draws, 1)
    assert first.tolist() != call(script, "instrument", draws, 2)
    assert abs(first.mean()) < 0.03
    assert abs(first.std() - 1) < 0.03
    assert abs((first.abs() < 1).double().mean() - 0.6827) < 0.02


def test_whole_numbers_of_an_address_are_whole(script: Page) -> None:
    read = """return m.decode("n:2.6,x:1.25", {
        n: {min: 0, max: 9, step: 1, value: 0},
        x: {min: 0, max: 9, step: 0.1, value: 0}})"""
    assert call(script, "instrument", read) == {"n": 3, "x": 1.25}


# A fault in a module, and the comparison that must not hold with it.
PLANTED: list[tuple[str, str, str, Callable[[Page], None]]] = [
    (
        "cube",
        "EPS = 1e-5",
        "EPS = 1e-3",
        lambda page: test_cube_normalizes_as_torch(page, 2),
    ),
    (
        "cube",
        "Math.floor(c / (C / groups))",
        "c % groups",
        test_cube_lights_up_what_the_output_depends_on,
    ),
    (
        "cube",
        '=== "layer_norm" ? c * P + p : c',
        '=== "layer_norm" ? c : c',
        test_cube_knows_the_shapes_of_the_weights,
    ),
    (
        "batch",
        "(value - mean) ** 2, 0) / x.length",
        "(value - mean) ** 2, 0) / (x.length - 1)",
        test_batch_normalizes_as_torch_and_undoes_it,
    ),
    (
        "batch",
        "beta: mean}",
        "beta: -mean}",
        test_batch_normalizes_as_torch_and_undoes_it,
    ),
    (
        "running",
        "share * (batch.unbiased - variance)",
        "share * (batch.biased - variance)",
        lambda page: test_running_statistics_are_those_of_torch(page, 2, 0.1),
    ),
    (
        "running",
        "momentum ?? 1 / count",
        "momentum ?? 1 / (count + 1)",
        lambda page: test_running_statistics_are_those_of_torch(page, 16, None),
    ),
    (
        "descent",
        "y - rate * (b * x + c * y)",
        "y - rate * (b * y + c * y)",
        lambda page: test_descent_takes_the_steps_of_sgd(page, 9, 0.8),
    ),
    (
        "descent",
        "2 * b * x * y",
        "b * x * y",
        lambda page: test_descent_takes_the_steps_of_sgd(page, 9, 0.8),
    ),
    (
        "layers",
        "(bins[0] + bins.at(-1))",
        "(bins[0] + bins.at(-2))",
        test_layers_show_what_torch_counts,
    ),
    (
        "layers",
        "[epoch][layer - 1]\n}",
        "[epoch][8 - layer]\n}",
        test_layers_show_what_torch_counts,
    ),
    (
        "dropout",
        '"both" ? 1 / q : 1',
        '"both" ? q : 1',
        lambda page: test_dropout_sends_on_what_torch_sends_on(
            page, "relu", "inverted"
        ),
    ),
    (
        "dropout",
        "p ** (PLACES - kept)",
        "p ** kept",
        lambda page: test_dropout_averages_over_masks(page, "relu", "inverted"),
    ),
    (
        "dropout",
        "p * q * noise",
        "p * noise",
        lambda page: test_dropout_knows_both_variances_of_batch_norm(page, "inverted"),
    ),
    (
        "instrument",
        "Math.sqrt(-2 *",
        "Math.sqrt(-1 *",
        test_random_numbers_are_normal_and_repeat,
    ),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "compare"), PLANTED, ids=[f"{n}:{o}" for n, o, *_ in PLANTED]
)
def test_a_planted_error_is_found(
    browser: Browser,
    address: str,
    name: str,
    old: str,
    new: str,
    compare: Callable[[Page], None],
) -> None:
    """The comparisons are not such that always hold."""
    text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    assert text.count(old) == 1
    context = browser.new_context()
    page = context.new_page()
    page.route(
        f"**/interactive/{name}.js",
        lambda route: route.fulfill(
            body=text.replace(old, new), content_type="text/javascript"
        ),
    )
    page.goto(f"{address}norm-family/")
    with pytest.raises(AssertionError):
        compare(page)
    context.close()


def test_every_module_has_a_planted_error() -> None:
    assert {name for name, *_ in PLANTED} == set(PAGES) | {"instrument"}


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
            text = file.with_suffix(".md").read_text(encoding="utf-8")
            assert text.count(f'data-instrument="{name}"') == 1
    assert set(PLAYERS.values()) <= set(PAGES)


@every_language
def test_a_lab_shows_its_player(visit: Visit, address: str, language: str) -> None:
    for place, name in PLAYERS.items():
        lab, _, number = place.rpartition("-")
        visit.page.goto(f"{address}{ROOTS[language]}labs/{lab}/")
        box = visit.page.locator(f'[data-instrument="{name}"]')
        assert box.locator(f'img[src$="{lab}-{number}.svg"]').count() == 1
        box.scroll_into_view_if_needed()
        box.locator(".instrument-box").wait_for()
    assert visit.problems == []


@every_name
@every_language
def test_accessible_when_mounted(
    visit: Visit, address: str, name: str, language: str
) -> None:
    page = visit.page
    for scheme, options in RULES.items():
        page.emulate_media(color_scheme=scheme)
        for code in STATES[name]:
            open_at(page, address, language, name, code)
            found = Axe().run(
                page, context=f"[data-instrument={name}]", options=options
            )
            assert found.violations_count == 0, found.generate_report()


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
def test_nothing_moves(visit: Visit, address: str, name: str, language: str) -> None:
    """The place that the stylesheet keeps is the place that the instrument takes."""
    page = visit.page

    def heights() -> dict[int, int]:
        found: dict[int, int] = {}
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(150)  # it is drawn anew for another width
            over = "document.documentElement.scrollWidth - innerWidth"
            assert page.evaluate(over) <= 0
            found[width] = page.evaluate(
                f"""document.querySelector('[data-instrument="{name}"]').offsetHeight"""
            )
        return found

    page.route("**/interactive/*.js", lambda route: None)
    page.goto(f"{address}{ROOTS[language]}{PAGES[name]}/")
    kept = heights()
    page.unroute("**/interactive/*.js")
    for code in STATES[name]:
        open_at(page, address, language, name, code)
        assert heights() == pytest.approx(kept, abs=1), code


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
    figure = box_of(div.locator("figure"))
    whole = box_of(div)
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


def drag(page: Page, start: tuple[float, float], way: float, *, touch: bool) -> None:
    """Drag to the right, by finger or by mouse."""
    if touch:
        touch_and_drag(page, start, way)
        return
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + way, y, steps=5)
    page.mouse.up()


def box_of(one: Locator) -> FloatRect:
    """Return where an element is on the screen."""
    found = one.bounding_box()
    assert found
    return found


def middle(one: Locator) -> tuple[float, float]:
    """Return the middle of an element on the screen."""
    box = box_of(one)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


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
    cell = box_of(box.locator("svg rect").nth(13))
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
        dot = box.locator("svg [role=slider] circle:last-child").nth(5)
        x, y = middle(dot)
        drag(page, (x, y), 60, touch=touch)
        page.wait_for_timeout(80)
        moved = [b - a for a, b in zip(before, values(box), strict=True)]
        wide = box_of(box.locator(".instrument-stage"))
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
        dot = handle.locator("circle:last-child")
        wide = box_of(box.locator(".instrument-stage"))
        x, y = middle(dot)
        way = 20 * (wide["width"] - 34) / 80
        drag(page, (x, y), way, touch=touch)
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
        dot = handles.nth(1).locator("circle:last-child")
        high = box_of(box.locator("svg rect").first)
        x, y = middle(dot)
        way = high["height"] / 4.4
        drag(page, (x, y), way, touch=touch)
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


@every_language
@every_scheme
def test_layers_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    """A layer is touched, the epoch dragged, and played from there."""
    for touch in (True, False):
        page = phone if touch else browser.new_page()
        page.emulate_media(color_scheme=scheme)
        box = open_at(page, address, language, "layers", "epoch:2")
        cursor = box.locator("svg [role=slider]")
        epoch = box.get_by_role("slider", name=re.compile("轮数|epochs"))
        layer = box_of(box.locator("svg path").nth(4))  # two for each layer
        moment = box_of(box.locator('svg rect[fill="none"]').first)
        x, y = layer["x"] + layer["width"] / 2, layer["y"] - 4
        if touch:
            page.touchscreen.tap(x, y)
        else:
            page.mouse.click(x, y)
        page.wait_for_timeout(80)
        assert cursor.get_attribute("aria-valuenow") == "3"
        assert epoch.input_value() == "2"
        x, y = moment["x"] + moment["width"] / 2, moment["y"] + 20
        way = 5 * (moment["width"] - 1.5)
        drag(page, (x, y), way, touch=touch)
        page.wait_for_timeout(80)
        assert epoch.input_value() == "7"
        assert cursor.get_attribute("aria-valuenow") == "3"
        within = f"{RECORDED['scaled_batch_norm']['within'][7][2]:.1%}"
        assert within in box.locator("dl").inner_text()
        page.wait_for_function("() => location.search.includes('epoch:7')")
        box.get_by_role("button", name=re.compile("播放|Play")).click()
        page.wait_for_timeout(900)
        assert 8 < int(epoch.input_value()) < 12
        box.get_by_role("button", name=re.compile("暂停|Pause")).click()
        now = epoch.input_value()
        page.wait_for_timeout(800)
        assert epoch.input_value() == now
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        box.get_by_role("button", name=re.compile("复原|Reset")).click()
        box.get_by_role("button", name=re.compile("播放|Play")).click()
        page.wait_for_timeout(1000)
        assert epoch.input_value() == "1"  # one step, and the next one later
        page.wait_for_timeout(900)
        assert epoch.input_value() == "2"


@every_language
def test_layers_fetch_their_data_only_when_near_and_do_without(
    visit: Visit, address: str, language: str, sent: dict[str, int]
) -> None:
    page = visit.page
    name = "results/regression_tanh_histograms.json"
    sent.clear()
    page.goto(f"{address}{ROOTS[language]}{PAGES['layers']}/")
    page.wait_for_load_state("networkidle")
    assert f"/book/{name}" not in sent
    come_near(page, "layers")
    assert 0 < sent[f"/book/{name}"] <= LIMIT + 10_000
    page.route(f"**/{name}", lambda route: route.abort())
    page.reload()
    page.evaluate(
        "document.querySelector('.instrument').scrollIntoView({behavior: 'instant'})"
    )
    page.wait_for_function("() => !document.querySelector('[data-instrument]')")
    assert page.locator(".instrument img").first.is_visible()


@every_language
@every_scheme
def test_dropout_by_mouse_and_touch(
    browser: Browser, phone: Page, address: str, language: str, scheme: str
) -> None:
    """The number of masks is dragged, a new one drawn, linear units average exactly."""
    for touch in (True, False):
        page = phone if touch else browser.new_page()
        page.emulate_media(color_scheme=scheme)
        box = open_at(page, address, language, "dropout", "masks:5")
        handle = box.locator("svg [role=slider]")
        dot = handle.locator("circle:last-child")
        wide = box_of(box.locator(".instrument-stage"))
        x, y = middle(dot)
        way = math.log(4) / math.log(500) * (wide["width"] - 48)
        drag(page, (x, y), way, touch=touch)
        page.wait_for_timeout(80)
        assert handle.get_attribute("aria-valuenow") == "20"
        before = shown(box)
        box.get_by_role("button", name=re.compile("新掩码|New mask")).click()
        page.wait_for_timeout(80)
        assert handle.get_attribute("aria-valuenow") == "21"
        assert shown(box) != before
        words = {"zh": "恰好等于", "en": "exactly"}
        assert words[language] not in box.inner_text()
        linear = box.get_by_role("radio", name=re.compile("线性|linear"))
        if touch:
            tap(linear)
        else:
            linear.check()
        page.wait_for_timeout(80)
        assert words[language] in box.inner_text()
        box.get_by_role("radio", name=re.compile("BN")).check()
        page.wait_for_timeout(80)
        assert box.locator('svg rect[fill="var(--batch)"]').count() == 4
        assert not handle.is_visible()
