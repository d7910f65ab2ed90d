"""Each gate over the pages fails on a fault planted for it, and says where."""

from pathlib import Path

import pytest

from scripts import code_blocks, pairs
from scripts.pages import (
    fence_problems,
    heading_problems,
    pages,
    unused_figures,
    unused_results,
)

PAGE = "---\ntitle: T\n---\n# T {#t}\n\n"
GOOD = '```python\n--8<-- "batch_norm/demo_by_hand.py"\n```\n'


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Return a small pair of pages that passes."""
    for language in ("zh", "en"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "p.md").write_text(
            PAGE + GOOD + "\n## S {#s}\n\n![alt](figures/f.svg) {{ r.k:.2f }} $x$\n",
            encoding="utf-8",
        )
    pairs.confirm({"p"}, tmp_path)
    assert pairs.problems(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("## S {#s}", "## S {#other}", "heading id"),
        ("demo_by_hand", "demo_undo", "code fence"),
        ("figures/f.svg", "figures/g.svg", "figure"),
        ("{{ r.k:.2f }}", "{{ r.k:.3f }}", "placeholder"),
        ("$x$", "$y$", "formula"),
    ],
)
def test_what_stands_in_one_language_only(docs: Path, old, new, kind) -> None:
    page = docs / "en" / "p.md"
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), "utf-8")
    found = pairs.problems(docs)
    assert any(f": {kind} not in " in problem for problem in found)
    assert all("p.md:" in problem for problem in found if " not in " in problem)
    with pytest.raises(ValueError, match=kind):
        pairs.confirm({"p"}, docs)


def test_a_page_in_one_language_only(docs: Path) -> None:
    (docs / "en" / "p.md").rename(docs / "en" / "q.md")
    found = pairs.problems(docs)
    assert any(p.startswith("p: in one language only") for p in found)
    assert any(p.startswith("q: in one language only") for p in found)


def test_a_page_changed_since_its_pair_was_confirmed(docs: Path) -> None:
    page = docs / "zh" / "p.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n又一句。\n", "utf-8")
    (problem,) = pairs.problems(docs)
    assert "zh/p.md: changed since its pair was confirmed" in problem


def test_order_counts(docs: Path) -> None:
    page = docs / "en" / "p.md"
    text = page.read_text(encoding="utf-8") + "\n## U {#u}\n"
    page.write_text(text.replace("{#s}", "{#x}").replace("{#u}", "{#s}"), "utf-8")
    other = docs / "zh" / "p.md"
    other.write_text(other.read_text(encoding="utf-8") + "\n## U {#x}\n", "utf-8")
    assert any("in another order" in problem for problem in pairs.problems(docs))


def test_a_damaged_list_of_pairs(docs: Path) -> None:
    (docs / "pairs.txt").write_text("p 0123\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"pairs.txt:1"):
        pairs.problems(docs)


@pytest.mark.parametrize(
    "fence",
    [
        GOOD.replace("```python", '```python title="x"'),
        GOOD.replace("```python", "```{.python}"),
        GOOD.replace("```python", "```py"),
        GOOD.replace("```", "~~~"),
        GOOD.replace("```", "````"),
        "```python\nprint(1)\n```\n",
        GOOD + '\n```text\n--8<-- "batch_norm/demo_by_hand.txt"\n```\n',
        '```text\n--8<-- "batch_norm/demo_by_hand.txt"\n```\n',
        "```\nx\n```\n",
    ],
)
def test_a_fence_that_the_runner_would_skip(tmp_path: Path, fence: str) -> None:
    page = tmp_path / "p.md"
    page.write_text(PAGE + fence, encoding="utf-8")
    found = fence_problems(page)
    assert found
    assert all("p.md:" in problem for problem in found)
    with pytest.raises(code_blocks.BlockError):
        code_blocks.blocks(page)


def test_a_fence_that_never_ends(tmp_path: Path) -> None:
    page = tmp_path / "p.md"
    page.write_text(PAGE + GOOD.removesuffix("```\n"), encoding="utf-8")
    with pytest.raises(ValueError, match="line 6: a fence that never ends"):
        fence_problems(page)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# T\n", "without {#id}"),
        ("# T {#t}\n\n## U {#t}\n", "stands twice"),
        ("# T {#t}\n\n### U {#u}\n", "level 3 below level 1"),
        ("nothing\n", "no heading"),
    ],
)
def test_headings(tmp_path: Path, text: str, problem: str) -> None:
    page = tmp_path / "p.md"
    page.write_text(text, encoding="utf-8")
    assert any(problem in found for found in heading_problems(page))


def planted(tmp_path: Path, code: str, output: str | None = None) -> Path:
    """Return a page with one block that includes this code."""
    (tmp_path / "code.py").write_text(code, encoding="utf-8")
    text = PAGE + '```python\n--8<-- "code.py"\n```\n'
    if output is not None:
        (tmp_path / "code.txt").write_text(output, encoding="utf-8")
        text += f'\n{code_blocks.OUTPUT}\n```text\n--8<-- "code.txt"\n```\n'
    page = tmp_path / "p.md"
    page.write_text(text, encoding="utf-8")
    return page


@pytest.fixture
def includes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let include lines find files in the temporary folder."""
    monkeypatch.setattr(code_blocks.preprocessor(), "base_path", [str(tmp_path)])
    return tmp_path


def test_a_block_that_prints_what_is_shown_passes(includes: Path) -> None:
    (block,) = code_blocks.blocks(planted(includes, "print(1)", "1\n"))
    code_blocks.check(block, code_blocks.run(block))


def test_a_block_that_raises(includes: Path) -> None:
    (block,) = code_blocks.blocks(planted(includes, "x = 1\nx.y\n"))
    with pytest.raises(code_blocks.BlockError, match=r"p.md:6: .*code.py:2: Attribute"):
        code_blocks.run(block)


def test_a_block_that_does_not_parse(includes: Path) -> None:
    (block,) = code_blocks.blocks(planted(includes, "x = 1\nx = = 2\n"))
    with pytest.raises(code_blocks.BlockError, match=r"p.md:6: .*code.py:2: Syntax"):
        code_blocks.run(block)


@pytest.mark.parametrize("output", ["2\n", "1\n2\n", "", None])
def test_a_block_that_prints_something_else(includes: Path, output) -> None:
    (block,) = code_blocks.blocks(planted(includes, "print(1)", output))
    with pytest.raises(code_blocks.BlockError, match=r"(?s)p.md:6: .*print"):
        code_blocks.check(block, code_blocks.run(block))


def test_an_include_that_is_not_there(includes: Path) -> None:
    page = planted(includes, "print(1)")
    (includes / "code.py").unlink()
    with pytest.raises(Exception, match=r"code.py"):
        code_blocks.blocks(page)


def test_a_block_continues_from_the_one_above(includes: Path) -> None:
    page = planted(includes, "x = 1")
    (includes / "next.py").write_text("print(x + 1)", encoding="utf-8")
    fence = '\n```python\n--8<-- "next.py"\n```\n'
    page.write_text(page.read_text() + f"\n{code_blocks.CONTINUES}{fence}")
    _, second = code_blocks.blocks(page)
    assert code_blocks.run(second) == "2\n"
    page.write_text(page.read_text().replace(code_blocks.CONTINUES, ""))
    _, alone = code_blocks.blocks(page)
    with pytest.raises(code_blocks.BlockError, match="NameError"):
        code_blocks.run(alone)


def test_no_pages_and_no_blocks(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no pages found"):
        pages("zh", tmp_path)
    for language in ("zh", "en"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "p.md").write_text(PAGE, encoding="utf-8")
    with pytest.raises(code_blocks.BlockError, match="no Python block"):
        code_blocks.all_blocks(tmp_path)


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("![alt](figures/drift.svg)", []),
        ('evidence = ["figure:drift"]', []),
        ("![alt](figures/digits_drift.svg) drift", ["drift"]),
        ('evidence = ["figure:drift_at_rates"]', ["drift"]),
        ("", ["drift"]),
    ],
)
def test_a_figure_that_nothing_shows(text: str, unused: list[str]) -> None:
    assert unused_figures(["drift"], text) == unused


@pytest.mark.parametrize(
    ("text", "programs", "unused"),
    [
        ("{{ drift.a.0:.2f }}", "", []),
        ("{{drift.a}}", "", []),
        ('evidence = ["result:drift"]', "", []),
        ("", 'RESULTS = ("digits", "drift")', []),
        ("{{ digits_drift.a }} drift", 'RESULTS = ("digits_drift",)', ["drift"]),
        ('evidence = ["result:drift_at_rates"]', "# the drift", ["drift"]),
    ],
)
def test_a_result_that_nothing_uses(text, programs, unused) -> None:
    assert unused_results(["drift"], text, programs) == unused
