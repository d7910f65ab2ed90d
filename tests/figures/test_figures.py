"""Figures: the same bytes everywhere, stale when a source or a number changes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from matplotlib import font_manager

from scripts.digest import ROOT
from scripts.figures.__main__ import LANGUAGES, drawn, figure_path, names, stale
from scripts.figures.parts.palette import DARK, DASHES, LIGHT
from scripts.results import ResultError, constant

Edit = Callable[[str, str, str], None]
PLACES = [(name, language) for name in names() for language in LANGUAGES]


def run(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.figures", *options],
        cwd=repository,
        env={
            "PATH": "",
            "HOME": str(repository),
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Shanghai",
            "LANG": "C",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fresh_process_draws_the_committed_bytes() -> None:
    done = run(ROOT, "--check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(names())} figures checked in 2 languages.\n"


@pytest.mark.parametrize("name", names())
def test_the_same_bytes_twice_and_without_any_other_font(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = {
        language: figure_path(name, language).read_text(encoding="utf-8")
        for language in LANGUAGES
    }
    assert drawn(name) == committed
    own = [one for one in font_manager.fontManager.ttflist if "mpl-data" in one.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    font_manager.fontManager._findfont_cached.cache_clear()
    assert drawn(name) == committed


@pytest.mark.parametrize("name", names())
def test_both_languages_have_the_same_words(name: str) -> None:
    words = constant(ROOT / f"scripts/figures/{name}.py", "WORDS")
    assert words["zh"].keys() == words["en"].keys()
    for key, chinese in words["zh"].items():
        places = [re.findall(r"\{[^}]*\}", words[one][key]) for one in LANGUAGES]
        assert places[0] == places[1], key
        assert chinese.strip()
        assert words["en"][key].strip()
        assert not re.search(r"[\u4e00-\u9fff，。（）：]", words["en"][key]), key


def test_words_that_differ_are_refused(repository: Path, edit: Edit) -> None:
    edit("scripts/figures/affine_undo.py", '"value": "value",\n', "")
    done = run(repository, "affine_undo")
    assert done.returncode == 1
    assert done.stderr == "scripts/figures/affine_undo.py: WORDS differ in their keys\n"


@pytest.mark.parametrize(("name", "language"), PLACES)
def test_a_figure_is_light_and_has_real_text_in_both_schemes(
    name: str, language: str
) -> None:
    path = figure_path(name, language)
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 40_000
    root = ET.fromstring(text)
    assert root.get("width") == "480"
    assert root.get("viewBox") == f"0 0 480 {root.get('height')}"
    body = text[text.index("</style>") :]
    assert not re.search(r"#[0-9a-f]{3,6}\b(?![0-9a-f\"])", body.replace('"#', '"'))
    used = set(re.findall(r"var\(--([\w-]+)\)", body))
    assert used <= LIGHT.keys()
    assert "ink-2" in used
    written = [one for one in root.iter() if one.tag.endswith("}text")]
    assert len(written) > 5
    sizes = {float(size) for size in re.findall(r"font-size: ([\d.]+)px", body)}
    assert min(sizes) >= 10.5
    assert "<image" not in body
    assert "http" not in body
    if language == "zh":
        assert any(re.search(r"[\u4e00-\u9fff]", one.text or "") for one in written)


def test_only_named_colours_are_drawn(repository: Path, edit: Edit) -> None:
    edit(
        "scripts/figures/parts/style.py",
        "color=LIGHT[color],\n        size",
        ('color="#123456",\n        size'),
    )
    done = run(repository, "affine_undo")
    assert done.returncode == 1
    assert "#123456 is no colour of scripts/figures/parts/palette.py" in done.stderr


def test_a_changed_number_makes_its_figures_stale(repository: Path) -> None:
    assert stale(repository) == []
    path = repository / "docs/results/affine_undo.json"
    result = json.loads(path.read_text())
    result["about"]["seconds"] = 99
    path.write_text(json.dumps(result))
    assert stale(repository) == []  # how long it took is in no figure
    result["x"]["skewness"] = 9
    path.write_text(json.dumps(result))
    assert stale(repository) == [
        f"docs/{language}/figures/affine_undo.svg is older than its source: "
        "run `python -m scripts.figures affine_undo`"
        for language in LANGUAGES
    ]
    done = run(repository, "--check")
    assert done.returncode == 1
    assert "affine_undo.svg is older than its source" in done.stderr
    assert "affine_undo.svg is not what is drawn now" in done.stderr
    assert run(repository, "affine_undo").returncode == 0
    assert stale(repository) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "how_many"),
    [
        ("scripts/figures/affine_undo.py", "取值", "值", 2),
        (
            "scripts/figures/parts/style.py",
            "WIDTH = 480",
            "WIDTH = 481",
            2 * len(names()),
        ),
        ("scripts/figures/parts/svg.py", "FONTS = (", "FONTS =(", 2 * len(names())),
        ("scripts/figures/parts/palette.py", "#f09541", "#f09542", 2 * len(names())),
    ],
)
def test_a_changed_source_makes_figures_stale(
    repository: Path, edit: Edit, path: str, old: str, new: str, how_many: int
) -> None:
    edit(path, old, new)
    assert len(stale(repository)) == how_many


def test_missing_cut_and_orphaned_figures_are_named(repository: Path) -> None:
    folder = repository / "docs/zh/figures"
    (folder / "affine_undo.svg").unlink()
    cut = folder / "digits_mlp.svg"
    cut.write_text(cut.read_text(encoding="utf-8")[:3000], encoding="utf-8")
    (folder / "gone.svg").touch()
    assert stale(repository) == [
        "docs/zh/figures/affine_undo.svg is missing: "
        "run `python -m scripts.figures affine_undo`",
        "docs/zh/figures/digits_mlp.svg is damaged: "
        "run `python -m scripts.figures digits_mlp`",
        "docs/zh/figures/gone.svg has no figure in scripts/figures/",
    ]


def test_damaged_result_is_named_and_draws_nothing(repository: Path) -> None:
    (repository / "docs/results/affine_undo.json").write_text("{")
    assert [one[:36] for one in stale(repository)] == [
        "docs/results/affine_undo.json is dam"
    ]
    done = run(repository, "affine_undo")
    assert done.returncode == 1
    assert done.stderr.startswith("docs/results/affine_undo.json is damaged")
    assert "Traceback" not in done.stderr


def test_unknown_name_is_answered_with_the_names(repository: Path) -> None:
    done = run(repository, "cube")
    assert done.returncode == 2
    assert f"no figure 'cube'; there are: {', '.join(names())}" in done.stderr


def test_no_figure_at_all_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="no figure found"):
        stale(tmp_path)


def luminance(colour: str) -> float:
    values = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("scheme", "paper"), [(LIGHT, "#fffefb"), (DARK, "#16181d")], ids=["light", "dark"]
)
def test_every_colour_is_readable_as_text(scheme: dict[str, str], paper: str) -> None:
    for name, colour in scheme.items():
        darker, lighter = sorted((luminance(colour), luminance(paper)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


def test_schemes_have_the_same_names_and_series_their_own_dashes() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)  # they stand for their names
    assert DASHES.keys() == LIGHT.keys() - {"ink"}
    assert len(set(DASHES.values())) == len(DASHES)
