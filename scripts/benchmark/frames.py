"""Frames a second while the interactive figures are dragged, on a slow phone.

Chromium shows the published page on the screen of a phone and slows its main thread
down four times, as Lighthouse does. The pointer moves to and fro, sixty times a second.
There is no graphics processor: what a phone draws with one, other cores draw here.
"""

import asyncio
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from scripts.benchmark.lighthouse import BROWSERS, FLAGS, command
from scripts.benchmark.machine import machine
from scripts.benchmark.pairing import Spread, spread
from scripts.website.published import published

Done = Callable[[str], object]

SLOWDOWN = 4
REPEATS = 5
SECONDS = 2.0
RATE = 60.0
AIM = 60
SCREEN = {"width": 412, "height": 823}  # Lighthouse's phone
SHARPNESS = 1.75
# What is dragged: the instrument, its page, and where it is taken.
HANDLE = "svg [role=slider] circle:last-child"
DRAGGED = {
    "batch": ("batch", "batch-norm", HANDLE),
    "running": ("running", "train-and-eval", HANDLE),
    "layers": ("layers", "internal-covariate-shift", 'svg rect[fill="none"]'),
    "descent": ("descent", "normalizing-inputs", HANDLE),
    "cube": ("cube", "norm-family", "svg rect"),
    "dropout": ("dropout", "dropout", HANDLE),
    "dropout_p": ("dropout", "dropout", "input[type=range]"),
}
NOTE = """() => {
  window.times = []
  const note = now => { times.push(now); requestAnimationFrame(note) }
  requestAnimationFrame(note)
}"""


def run(done: Done) -> dict[str, Any]:
    """Drag all; `done` hears what."""
    about = machine()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium found")
    with tempfile.TemporaryDirectory() as name:
        build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
        with published(Path(name)) as address:
            command([*build, "--site-dir", name], SITE_URL=address)
            dragged = asyncio.run(_all(browser, address, done))
    medians = [one["median"] for one in dragged.values()]
    return {
        "machine": about,
        "slowdown": SLOWDOWN,
        "aim": AIM,
        "dragged": dragged,
        "lowest": min(medians),
        "highest": max(medians),
        "ways": len(dragged),
        "reached": len(dragged) - len(missed({"aim": AIM, "dragged": dragged})),
    }


async def _all(program: str, address: str, done: Done) -> dict[str, Spread]:
    found: dict[str, Spread] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=FLAGS.split()
        )
        for what in DRAGGED:
            rates = [await _drag(browser, address, what) for _ in range(REPEATS)]
            found[what] = spread(rates)
            done(what)
        await browser.close()
    return found


async def _drag(browser: Browser, address: str, what: str) -> float:
    name, page_name, taken = DRAGGED[what]
    context = await browser.new_context(
        viewport={"width": SCREEN["width"], "height": SCREEN["height"]},
        device_scale_factor=SHARPNESS,
    )
    page = await context.new_page()
    await page.goto(f"{address}{page_name}/")
    figure = page.locator(f'[data-instrument="{name}"]')
    await figure.evaluate("e => e.scrollIntoView({behavior: 'instant'})")
    await figure.locator("svg g *").first.wait_for(state="attached")
    grip = figure.locator(taken).first
    await grip.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    await page.wait_for_timeout(1500)  # until the rest of the page has come to rest
    times = await _times(
        page, await _box(grip), await _box(figure.locator(".instrument-stage"))
    )
    await context.close()
    return per_second(times)


async def _box(one: Any) -> tuple[float, float, float, float]:
    box = await one.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


async def _times(
    page: Page,
    grip: tuple[float, float, float, float],
    stage: tuple[float, float, float, float],
) -> list[float]:
    """Drag, and return when frames began, in ms."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    left, top, width, height = grip
    x, y = left + width / 2, top + min(height / 2, 20)
    middle, reach = stage[0] + stage[2] / 2, stage[2] / 2 - 30
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.evaluate(NOTE)
    start, sent = time.perf_counter(), []
    while (now := time.perf_counter() - start) < SECONDS:
        # Not awaited: a finger does not wait for the picture either.
        move = {"type": "mouseMoved", "button": "left", "buttons": 1, "y": y}
        move["x"] = middle + reach * math.sin(3 * now)
        sent.append(
            asyncio.ensure_future(session.send("Input.dispatchMouseEvent", move))
        )
        await asyncio.sleep(1 / RATE)
    times: list[float] = await page.evaluate("times")
    await asyncio.gather(*sent)
    await page.mouse.up()
    return times


def per_second(times: list[float]) -> float:
    """Return the frames a second of frames that began at these times (ms)."""
    if len(times) < 2:
        sys.exit("no frames were drawn")
    return 1000 * (len(times) - 1) / (times[-1] - times[0])


def report(measured: dict[str, Any]) -> list[str]:
    """Say what was measured, a line each."""
    return [
        f"{what}: {one['median']:.1f} frames a second"
        f" ({one['min']:.1f} to {one['max']:.1f})"
        for what, one in measured["dragged"].items()
    ]


def missed(measured: dict[str, Any]) -> list[str]:
    """Say in a sentence each where the aim is missed."""
    return [
        f"{what}: {one['median']:.1f} frames a second (aim: {measured['aim']:g})"
        for what, one in measured["dragged"].items()
        if round(one["median"]) < measured["aim"]
    ]
