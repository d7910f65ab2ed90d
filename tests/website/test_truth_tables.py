"""Tables made from results: the measured words in the right cells."""

import pytest

from scripts.website import truth_tables


def row(name: str, first: str, language: str = "en") -> list[str]:
    text = truth_tables.fill(f"<!-- table: {name} -->", language)
    (line,) = [x for x in text.splitlines() if x.startswith(f"| {first}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("first", "cells"),
    [
        ("`nn.BatchNorm2d(C)`", ["N, H, W", "in training", "yes"]),
        ("`nn.LayerNorm([C, H, W])`", ["C, H, W", "no", "no"]),
        ("`nn.GroupNorm(G, C)`<br>(N, C, H", ["the C/G channels of a group, H, W"]),
        ("`nn.LocalResponseNorm(3)`", ["a sliding window of 3 channels"]),
    ],
)
def test_axes(first: str, cells: list[str]) -> None:
    assert row("norm-axes", first)[1 : 1 + len(cells)] == cells


@pytest.mark.parametrize(
    ("first", "cells"),
    [
        ("`nn.BatchNorm1d(C)`<br>(N, C)", ["`weight`, `bias` (C)"]),
        ("`nn.LayerNorm([C, H, W])`", ["`weight`, `bias` (C, H, W)", "none", "works"]),
        ("`nn.InstanceNorm2d(C)`", ["none", "none", "works", "error"]),
        ("`nn.RMSNorm(C)`", ["`weight` (C)", "none", "works", "works"]),
    ],
)
def test_state(first: str, cells: list[str]) -> None:
    assert row("norm-state", first)[1 : 1 + len(cells)] == cells


def test_buffers() -> None:
    shown = "`running_mean`, `running_var` (C)<br>`num_batches_tracked`"
    assert row("norm-state", "`nn.BatchNorm2d(C)`<br>")[2] == shown


def test_masks() -> None:
    cells = row("dropout-classes", "`Dropout2d`")
    assert cells[1:] == [
        "error",
        "(a, b) (warns)",
        "(a, b, 1) (warns)",
        "(a, b, 1, 1)",
        "(a, b, 1, 1, 1) (warns)",
    ]
    assert row("dropout-classes", "`Dropout1d`", "zh")[1:3] == ["报错", "(a, 1)"]


def test_equal_signatures_share_a_row() -> None:
    shown = row("torch-layers", "`nn.BatchNorm1d`<br>")
    assert shown[0].endswith("`nn.BatchNorm3d`")
    assert "momentum=0.1" in shown[1]
    assert row("torch-functions", "`F.dropout`")[1].startswith("`input, p=0.5")


@pytest.mark.parametrize("name", truth_tables.TABLES)
def test_both_languages_have_the_same_cells(name: str) -> None:
    mark = f"<!-- table: {name} -->"
    sizes = [
        [line.count("|") for line in truth_tables.fill(mark, language).splitlines()]
        for language in ("zh", "en")
    ]
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) > 5
    assert truth_tables.WORDS["zh"].keys() == truth_tables.WORDS["en"].keys()


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(truth_tables.TableError, match="no table 'modes'"):
        truth_tables.fill("<!-- table: modes -->", "zh")
