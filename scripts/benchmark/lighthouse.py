"""Lighthouse on pages of each kind as they are published, on a phone and a desktop.

It comes from npm into a temporary folder; Chromium is the one that the tests use. On a
phone the median of three runs counts, for the times swing with what else the machine
does. The weights are those of a first visit and of the page alone, figures aside.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.benchmark.machine import machine
from scripts.website.published import published

Done = Callable[[str], object]

LIGHTHOUSE = "lighthouse@12.8.2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
# A page of each kind, in both languages; all pages would take 40 minutes.
PAGES = (
    "",
    "batch-norm/",
    "train-and-eval/",
    "norm-family/",
    "labs/regression/",
    "symptoms/modes/",
    "claims/",
    "snippets/",
)
LANGUAGES = ("", "en/")
RUNS = {"mobile": 3, "desktop": 1}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "fcp": "first-contentful-paint",
    "lcp": "largest-contentful-paint",
    "tbt": "total-blocking-time",
    "cls": "cumulative-layout-shift",
}
# At most: bytes of a first visit and of the next page, shift, milliseconds.
BUDGETS = {"first": 120_000, "next": 25_000, "cls": 0.02, "tbt": 100.0}


def run(done: Done) -> dict[str, Any]:
    """Visit the pages; `done` hears the address of each."""
    about = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        npm = ["npm", "install", "--silent", "--no-save", "--prefix", name, LIGHTHOUSE]
        command(npm)
        build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
        pages: dict[str, Any] = {}
        with published(site) as address:
            command([*build, "--site-dir", str(site)], SITE_URL=address)
            for page in (root + page for page in PAGES for root in LANGUAGES):
                pages[page or "/"] = {
                    device: median(
                        [visit(folder, address + page, device) for _ in range(runs)]
                    )
                    for device, runs in RUNS.items()
                }
                done(page)
    return {
        "machine": about,
        "pages": pages,
        "runs": RUNS,
        "summary": summary(pages),
        "budgets": BUDGETS,
    }


def command(words: list[str], **settings: str) -> None:
    """Run a program to its end; what it says is shown when it fails."""
    ended = subprocess.run(
        words,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{ended.stdout}{ended.stderr}")


def visit(folder: Path, address: str, device: str) -> dict[str, float]:
    """Return the scores (0 to 100), times (ms), shift and bytes of one visit."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium found")
    answer = folder / "answer.json"
    command(
        ["node", str(folder / "node_modules/lighthouse/cli/index.js"), address]
        + ["--quiet", "--output=json", f"--output-path={answer}"]
        + [f"--chrome-flags={FLAGS}"]
        + ["--preset=desktop"] * (device == "desktop"),
        CHROME_PATH=browser,
    )
    return read(json.loads(answer.read_bytes()))


def read(answer: dict[str, Any]) -> dict[str, float]:
    """Take from Lighthouse's answer what is kept."""
    if error := answer.get("runtimeError"):
        sys.exit(f"{answer['requestedUrl']}: {error['message']}")
    audits = answer["audits"]
    scores = {c: round(100 * answer["categories"][c]["score"]) for c in CATEGORIES}
    times = {short: audits[name]["numericValue"] for short, name in TIMES.items()}
    sent = {"first": 0, "next": 0}
    for request in audits["network-requests"]["details"]["items"]:
        if "/figures/" in request["url"]:
            continue
        sent["first"] += request["transferSize"]
        if request["resourceType"] == "Document":
            sent["next"] += request["transferSize"]
    return {**scores, **times, **sent}


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each number."""
    return {key: statistics.median(one[key] for one in runs) for key in runs[0]}


def summary(pages: dict[str, Any]) -> dict[str, Any]:
    """Count the pages, and those with 100 in everything; name the worst of each."""
    found: dict[str, Any] = {"pages": len(pages)}
    for device in RUNS:
        ones = [one[device] for one in pages.values()]
        found[device] = {
            "perfect": sum(all(one[c] == 100 for c in CATEGORIES) for one in ones),
            **{c.replace("-", "_"): min(one[c] for one in ones) for c in CATEGORIES},
            **{key: max(one[key] for one in ones) for key in (*TIMES, *BUDGETS)},
        }
    return found


def report(measured: dict[str, Any]) -> list[str]:
    """Say what was measured, a line each."""
    return [
        f"{device}: {one['perfect']} of {measured['summary']['pages']} pages 100 in"
        f" all; worst performance {one['performance']:g}, blocking {one['tbt']:.0f} ms,"
        f" shift {one['cls']:.3f}, first visit {one['first'] / 1000:.1f} kB"
        for device in RUNS
        for one in [measured["summary"][device]]
    ]


def missed(measured: dict[str, Any]) -> list[str]:
    """Say in a sentence each where a page has not 100, or is over a budget."""
    found: list[str] = []
    for page, by in measured["pages"].items():
        for device, one in by.items():
            where = f"{page} ({device})"
            found += [
                f"{where}: {category} {one[category]:g}"
                for category in CATEGORIES
                if one[category] < 100
            ]
            found += [
                f"{where}: {key} {one[key]:g} (budget: {budget:g})"
                for key, budget in BUDGETS.items()
                if one[key] > budget
            ]
    return found
