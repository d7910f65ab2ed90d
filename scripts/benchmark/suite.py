"""How long all tests take, and how much they look at: `scripts/test`, once.

Each test says what it has looked at (`record_property`); here it is added up.
"""

import collections
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.benchmark.machine import machine
from scripts.digest import ROOT

Done = Callable[[str], object]

AIMS = {"minutes": 12.0, "without_browser": 8.0}
# What a test may say that it has looked at.
COUNTED = ("pages", "blocks", "queries", "links", "mutants", "claims")
BROWSER = "tests.site"


def run(done: Done) -> dict[str, Any]:
    """Run the tests; their own words go to the terminal."""
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "tests.xml"
        start = time.perf_counter()
        ended = subprocess.run(
            ["scripts/test", f"--junitxml={answer}"],
            cwd=ROOT,
            env={**os.environ, "REQUIRE_BROWSER": "1"},
            check=False,
        )
        seconds = time.perf_counter() - start
        done("tests")
        if ended.returncode:
            sys.exit("the tests fail")
        written = ET.parse(answer)  # noqa: S314  # by our own pytest
        return {"machine": about, "aims": AIMS, **read(written, seconds)}


def read(answer: "ET.ElementTree[Any]", seconds: float) -> dict[str, Any]:
    """Add up what pytest wrote. The browser's part is that of the summed times."""
    total: collections.Counter[str] = collections.Counter()
    passed = skipped = 0
    summed = browser = 0.0
    for case in answer.iter("testcase"):
        skipped += case.find("skipped") is not None
        passed += not any(case.find(x) is not None for x in ("skipped", "failure"))
        took = float(case.get("time", 0))
        summed += took
        browser += took * (case.get("classname") or "").startswith(BROWSER)
        for one in case.iter("property"):
            if one.get("name") in COUNTED:
                total[one.get("name") or ""] += int(one.get("value") or 0)
    part = browser / summed if summed else 0.0
    return {
        "minutes": seconds / 60,
        "browser_part": part,
        "without_browser": seconds / 60 * (1 - part),
        "passed": passed,
        "skipped": skipped,
        "counted": {name: total[name] for name in COUNTED},
    }


def report(measured: dict[str, Any]) -> list[str]:
    """Say what was measured, a line each."""
    counted = " · ".join(f"{n} {name}" for name, n in measured["counted"].items())
    return [
        f"{measured['passed']} tests in {measured['minutes']:.1f} minutes,"
        f" {measured['without_browser']:.1f} without the browser",
        counted,
        f"load at the start {measured['machine']['load']:.1f}",
    ]


def missed(measured: dict[str, Any]) -> list[str]:
    """Say in a sentence each where an aim is missed."""
    return [
        f"{name}: {measured[name]:.1f} minutes (aim: {aim:g})"
        for name, aim in measured["aims"].items()
        if measured[name] > aim
    ]
