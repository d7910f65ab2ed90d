"""Lighthouse on every page as it is published, on a phone and a desktop.

It comes from npm into a temporary folder; Chromium is the one that the tests use. On a
phone the median of three runs counts, for the times swing with what else the machine
does; what does not swing is looked at in the first run only. The weights are those of a
first visit and of the page alone, figures aside.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.benchmark.machine import machine
from scripts.website.published import published

Done = Callable[[str], object]
# Scores (0 to 100), times (ms), shift and bytes of one visit.
Found = dict[str, float]
Visit = Callable[[str, str, Sequence[str]], Found]

LIGHTHOUSE = "lighthouse@12.8.2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
# Chromium anew for each visit, as a reader comes: address, device and categories are
# read from a line, the answer is written as a line.
PROGRAM = """
import {createInterface} from "node:readline"
import {launch} from "chrome-launcher"
import lighthouse, {desktopConfig} from "lighthouse"

const [chromePath, flags] = process.argv.slice(2)
for await (const line of createInterface({input: process.stdin})) {
  const [address, device, onlyCategories] = JSON.parse(line)
  const chrome = await launch({chromePath, chromeFlags: flags.split(" ")})
  const settings = {port: chrome.port, onlyCategories, disableFullPageScreenshot: true}
  const config = device === "desktop" ? desktopConfig : undefined
  const {lhr} = await lighthouse(address, {...settings, logLevel: "error"}, config)
  chrome.kill()
  console.log(JSON.stringify(lhr))
}
"""
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
    """Visit every page; `done` hears the address of each."""
    about = machine()
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        npm = ["npm", "install", "--silent", "--no-save", "--prefix", name, LIGHTHOUSE]
        command(npm)
        build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
        pages: dict[str, Any] = {}
        with published(site) as address, visitor(Path(name)) as visit:
            command([*build, "--site-dir", str(site)], SITE_URL=address)
            for page in listed(site, address):
                pages[page or "/"] = {
                    device: median(
                        [
                            visit(address + page, device, CATEGORIES[: 1 if n else 4])
                            for n in range(runs)
                        ]
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


def listed(site: Path, address: str) -> list[str]:
    """Return the paths of all pages, as the sitemaps of both languages list them."""
    maps = [site / "sitemap.xml", site / "en/sitemap.xml"]
    found = re.findall("<loc>(.*?)</loc>", "".join(m.read_text("utf-8") for m in maps))
    return [one.removeprefix(address) for one in found]


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


@contextmanager
def visitor(folder: Path) -> Generator[Visit]:
    """Start Lighthouse; give what visits a page and returns what was found."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium found")
    program = folder / "visit.mjs"
    program.write_text(PROGRAM)
    with subprocess.Popen(
        ["node", str(program), browser, FLAGS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as node:
        questions, answers = node.stdin, node.stdout
        if questions is None or answers is None:
            raise OSError("no pipes to Lighthouse")

        def visit(address: str, device: str, categories: Sequence[str]) -> Found:
            print(json.dumps([address, device, categories]), file=questions, flush=True)
            answer = answers.readline()
            if not answer:
                sys.exit(f"{address}: Lighthouse gave no answer")
            return read(json.loads(answer))

        yield visit
        node.communicate()


def read(answer: dict[str, Any]) -> Found:
    """Take from Lighthouse's answer what is kept."""
    if error := answer.get("runtimeError"):
        sys.exit(f"{answer['requestedUrl']}: {error['message']}")
    audits = answer["audits"]
    scores = {c: round(100 * one["score"]) for c, one in answer["categories"].items()}
    times = {short: audits[name]["numericValue"] for short, name in TIMES.items()}
    sent = {"first": 0, "next": 0}
    for request in audits["network-requests"]["details"]["items"]:
        if "/figures/" in request["url"]:
            continue
        sent["first"] += request["transferSize"]
        if request["resourceType"] == "Document":
            sent["next"] += request["transferSize"]
    return {**scores, **times, **sent}


def median(runs: list[Found]) -> Found:
    """Return the median of each number, over the runs that have it."""
    return {
        key: statistics.median(one[key] for one in runs if key in one)
        for key in runs[0]
    }


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
