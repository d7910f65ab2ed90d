"""What is counted in pytest's own report."""

import xml.etree.ElementTree as ET

import pytest

from scripts.benchmark.suite import AIMS, missed, read, report
from tests.conftest import counted

WRITTEN = """<testsuites><testsuite>
<testcase classname="tests.site.test_site" name="a" time="30.0"><properties>
<property name="links" value="57"/><property name="other" value="9"/>
</properties></testcase>
<testcase classname="tests.pages.test_pages" name="b" time="10.0"><properties>
<property name="links" value="3"/></properties></testcase>
<testcase classname="tests.norms" name="c" time="0.0"><skipped/></testcase>
</testsuite></testsuites>"""


def measured() -> dict[str, object]:
    tree = ET.ElementTree(ET.fromstring(WRITTEN))  # ours
    return {**read(tree, 600.0), "aims": AIMS, "machine": {"load": 0.0}}


def test_counts_and_shares() -> None:
    found = measured()
    assert (found["passed"], found["skipped"]) == (2, 1)
    assert found["counted"]["links"] == 60  # type: ignore[index]
    assert found["browser_part"] == 0.75
    assert (found["minutes"], found["without_browser"]) == (10, 2.5)


def test_what_is_missed_is_named() -> None:
    assert missed(measured()) == []
    slow = {**measured(), "minutes": 12.5}
    assert missed(slow) == ["minutes: 12.5 minutes (aim: 12)"]
    assert report(slow)[0] == "2 tests in 12.5 minutes, 2.5 without the browser"


def test_the_summary_adds_up_what_the_tests_that_passed_looked_at() -> None:
    def one(*properties: tuple[str, int]) -> pytest.TestReport:
        return pytest.TestReport(
            "id", ("f", 1, "d"), {}, "passed", None, "call", user_properties=properties
        )

    assert counted([one(("links", 2)), one(("links", 3), ("x", 1)), one()]) == {
        "links": 5
    }
