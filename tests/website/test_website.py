"""The parts of the site's build, each by itself."""

from pathlib import Path

import pytest
from markdown import Markdown
from mkdocs.exceptions import PluginError

from scripts.website import gallery, images, listings, port, slim
from scripts.website.formulas import FormulaError, FormulaExtension
from scripts.website.place import place
from scripts.website.placeholders import PlaceholderError, fill, look_up, typeset

RESULT = {"a": {"b": [1.25, 2.5]}, "word": "torch", "small": -1.5e-7}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text("# T\n\ntext {{ r.x }}\n", encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_up, "__defaults__", ({"r": RESULT}.__getitem__,))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ r.a.b.0:.1f }}", "1.2"),
        ("{{r.a.b.1:.0%}} ok", "250% ok"),
        ("{{ r.a.b.count }}", "2"),
        ("{{ r.word }}", "torch"),
        ("{{ r.small:.1e }}", "\N{MINUS SIGN}1.5×10⁻⁷"),
        ("no placeholder { r.a }", "no placeholder { r.a }"),
    ],
)
def test_placeholders(page: Path, text: str, filled: str) -> None:
    assert fill(text, page) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{{ r.x }}",
        "{{ r.a.b.2 }}",
        "{{ r.a }}",
        "{{ r.a.b }}",
        "{{ r.word:.2f }}",
        "{{ q.a }}",
        "{{ r a }}",
        "{{ }}",
    ],
)
def test_a_placeholder_that_names_nothing(page: Path, text: str) -> None:
    page.write_text(f"# T\n\n{text}\n", encoding="utf-8")
    with pytest.raises(PlaceholderError, match=r"page.md:3: "):
        fill(text, page)


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("1e-07", "1×10⁻⁷"),
        ("2.50e+10", "2.50×10¹⁰"),
        ("-3", "\N{MINUS SIGN}3"),
        ("theme", "theme"),
    ],
)
def test_numbers_are_typeset(number: str, printed: str) -> None:
    assert typeset(number) == printed


def test_place_names_the_line(page: Path) -> None:
    assert place(page, "text {{ r.x }}").endswith("page.md:3")
    assert place(page, "absent").endswith("page.md")


def convert(text: str) -> str:
    options = {"pymdownx.arithmatex": {"generic": True}}
    extensions = ["pymdownx.arithmatex", FormulaExtension()]
    return Markdown(extensions=extensions, extension_configs=options).convert(text)


def test_formulas_become_mathml() -> None:
    inline = convert("so $x_1 < y$.")
    assert inline.startswith('<p>so <span class="formula"><math')
    assert "<msub>" in inline
    assert "&lt;" in inline
    block = convert("$$\n\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\n$$")
    assert 'class="formula" role="group" tabindex="0"' in block
    assert 'display="block"' in block
    assert "amp" not in block.split("<math")[1]


def test_latex_that_does_not_parse() -> None:
    with pytest.raises(FormulaError, match="LaTeX"):
        convert(r"$\frac{1}{$")


@pytest.mark.parametrize("indent", ["", "    "])
def test_listings_get_their_title(page: Path, indent: str) -> None:
    include = f'{indent}--8<-- "batch_norm/batch_norm.py"\n'
    fence = f"{indent}```python\n{include}{indent}```"
    titled = listings.add_titles(fence, page)
    assert titled.startswith(
        f'{indent}```python title="snippets/batch_norm/batch_norm.py"\n'
    )
    assert titled.endswith(f"{include}{indent}```")


def test_listings_link_the_raw_file() -> None:
    html = (
        '<div class="language-python highlight">'
        '<span class="filename">snippets/batch_norm/fold.py</span>'
    )
    linked = listings.link_raw_files(html, {"raw": "raw"})
    assert '<a href="@root/snippets/batch_norm/fold.py">raw</a>' in linked
    assert "fold.py<a" in linked
    assert linked.startswith(
        '<div class="language-python highlight" data-search-exclude>'
    )


def test_plain_code_needs_no_span() -> None:
    html = '<span class="k">if</span><span class="w"> </span><span class="n">x</span>'
    assert listings.unwrap_plain_code(html) == '<span class="k">if</span> x'


def test_images_keep_their_place(tmp_path: Path) -> None:
    svg = '<svg viewBox="0 0 360 180" width="360pt" height="180pt">'
    (tmp_path / "f.svg").write_text(svg, encoding="utf-8")
    html = '<img alt="long enough" src="../figures/f.svg">' * 2
    first, second = images.add_sizes(html, tmp_path, "p").split("<img")[1:]
    assert 'width="480" height="240"' in first
    assert "lazy" not in first
    assert 'loading="lazy"' in second


def test_an_image_without_words(tmp_path: Path) -> None:
    (tmp_path / "f.svg").write_text('<svg viewBox="0 0 1 1">', encoding="utf-8")
    with pytest.raises(images.ImageError, match=r"p: .* no alternative text"):
        images.add_sizes('<img alt="" src="figures/f.svg">', tmp_path, "p")
    with pytest.raises(images.ImageError, match="no file"):
        images.add_sizes('<img alt="long enough" src="figures/g.svg">', tmp_path, "p")


def test_purge_keeps_what_is_used() -> None:
    css = (
        ".used{a:b}.gone{a:b}.used .gone,.used p{a:b}@media print{.gone{a:b}}"
        "@media screen{.used{a:b}}p:is(.gone,.used){a:b}:root{--x:1}"
        "@keyframes k{0%{a:b}}@font-face{font-family:F}"
    )
    kept = slim.purge(css, frozenset({"used"}))
    assert ".used{a:b}" in kept
    assert ".used p{a:b}" in kept
    assert "@media screen{.used{a:b}}" in kept
    assert "p:is(.gone,.used){a:b}" in kept
    for piece in (":root{--x:1}", "@keyframes k{0%{a:b}}", "@font-face"):
        assert piece in kept
    assert "print" not in kept
    assert not kept.startswith(".gone")
    assert ".used .gone" not in kept


def test_squeeze_keeps_code_and_the_space_between_words() -> None:
    code = "<pre><code>a\n\n    b</code></pre>"
    html = f"<p>\n\n   one\n  <b>two</b>\n</p>\n\n{code}\n  \n<p>"
    squeezed = f"<p>\none\n<b>two</b>\n</p>\n{code}\n<p>"
    assert slim.squeeze(html) == squeezed


def test_minify_changes_no_value() -> None:
    css = "a {\n  color: red; /* why */\n  width: calc(1px + 2px);\n}\n"
    assert slim.minify(css) == "a{color: red;width: calc(1px + 2px);}"


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ([], ("127.0.0.1", 8000)),
        (["-a", "0.0.0.0:81"], ("0.0.0.0", 81)),
        (["--dev-addr=localhost:82"], ("localhost", 82)),
    ],
)
def test_port(options: list[str], address: tuple[str, int]) -> None:
    assert port.address(options) == address


def test_gallery_shows_every_snippet() -> None:
    for language in ("zh", "en"):
        text = gallery.render(language, "raw")
        for topic in gallery.TOPICS:
            for path in gallery.snippets(topic):
                assert f'snippets/{topic}/{path.name}" data-listing=' in text
    assert "demo_" not in text
    assert "<code>BatchNorm(num_features, eps=1e-05, momentum=0.1" in text


def test_gallery_covers_every_topic() -> None:
    folders = {p.name for p in (gallery.ROOT / "snippets").iterdir() if p.is_dir()}
    assert folders - {"__pycache__", "in_practice", "symptoms"} == set(gallery.TOPICS)


def test_gallery_refuses_a_snippet_in_one_language(tmp_path: Path) -> None:
    file = tmp_path / "snippets" / "norms" / "x.py"
    file.parent.mkdir(parents=True)
    with pytest.raises(gallery.GalleryError, match="no snippets found"):
        gallery.snippets("norms", tmp_path)
    file.write_text('"""One line only."""', encoding="utf-8")
    with pytest.raises(gallery.GalleryError, match="one line in each language"):
        gallery.sentence(file, "zh")


def test_what_no_page_needs_is_dropped() -> None:
    settings = '<script id="__config" type="application/json">{}</script>'
    html = '<meta name="generator" content="x">\n' + slim.TABS
    html += '<link rel="prev" href="../a/">\n<link rel="next" href="../b/">\n'
    html += settings.format('{"copied": "\\u5df2\\u590d\\u5236", "base": "."}')
    assert slim.lighten(html) == settings.format('{"copied":"已复制","base":"."}')
    with pytest.raises(PluginError, match="tabbed"):
        slim.lighten(settings)
    with pytest.raises(PluginError, match="settings"):
        slim.lighten(slim.TABS)
