"""Every built page is valid HTML: parsed strictly, and what it refers to is there.

The Nu checker, which knows every attribute too, needs Java: `scripts/weekly html`.
"""

from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import pytest
from tinyhtml5.parser import HTMLParser

from tests.conftest import ADDRESS

PAGE = '<!doctype html><html lang="en"><title>T</title><body>{}</body></html>'
ROOT = urlsplit(ADDRESS).path
HTML = "{http://www.w3.org/1999/xhtml}"
REFERENCES = {"for", "form", "aria-controls", "aria-describedby", "aria-labelledby"}


def parsed(html: str) -> tuple[list[str], list[Element]]:
    """Return where the parser had to guess, and the elements of HTML, not of MathML."""
    parser = HTMLParser()
    root = parser.parse(html)
    errors = [f"{line}:{column}: {code}" for (line, column), code, _ in parser.errors]
    return errors, [one for one in root.iter() if str(one.tag).startswith(HTML)]


def ids(elements: list[Element]) -> Counter[str]:
    """Count the ids."""
    return Counter(one.attrib["id"] for one in elements if "id" in one.attrib)


def faults(html: str) -> list[str]:
    """Say where the parser had to guess, and which ids are missing or doubled."""
    found, elements = parsed(html)
    known = ids(elements)
    found += [f"id {one!r} stands {n} times" for one, n in known.items() if n > 1]
    for element in elements:
        for name in REFERENCES & element.attrib.keys():
            missing = set(element.attrib[name].split()) - known.keys()
            found += [f"{name}: no id {one!r}" for one in sorted(missing)]
    return found


def broken(site: Path) -> list[str]:
    """Say which links within the site lead to no file or to no place in it."""
    pages = {
        path: parsed(path.read_text(encoding="utf-8"))[1]
        for path in site.rglob("*.html")
    }
    places = {path: ids(elements).keys() for path, elements in pages.items()}
    found: list[str] = []
    for path, elements in pages.items():
        for link in (one.attrib["href"] for one in elements if "href" in one.attrib):
            address, _, place = link.partition("#")
            address = address.partition("?")[0]
            if address.startswith((ADDRESS, ROOT)):
                target = site / address.removeprefix(ADDRESS).removeprefix(ROOT)
            elif ":" in address:  # another site
                continue
            else:
                target = path.parent / unquote(address) if address else path
            target = target.resolve()
            target = target / "index.html" if target.is_dir() else target
            shown = f"{path.relative_to(site)}: {link}"
            if not target.is_file():
                found.append(f"{shown}: no such file")
            elif target in places and place and unquote(place) not in places[target]:
                found.append(f"{shown}: no such place")
    return found


def test_every_page_is_valid(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 50
    found = {
        str(page.relative_to(site)): wrong
        for page in pages
        if (wrong := faults(page.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_every_link_within_the_site_leads_to_a_place(site: Path) -> None:
    assert broken(site.resolve()) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<p>text<div>block</div></p>", "unexpected-end-tag"),
        ("<b><i>text</b></i>", "adoption-agency"),
        ("<table><p>text</p></table>", "table-voodoo"),
        ('<p class="a" class="b">', "duplicate-attribute"),
        ("<p>a</p", "attributes-in-end-tag"),
        ('<p id="a"></p><p id="a"></p>', "id 'a' stands 2 times"),
        ('<label for="a">x</label>', "for: no id 'a'"),
        ('<nav aria-labelledby="a b"></nav><p id="b">', "aria-labelledby: no id 'a'"),
    ],
)
def test_invalid_html_is_named(body: str, problem: str) -> None:
    assert faults(PAGE.format("<p>text</p>")) == []
    found = faults(PAGE.format(body))
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("href", "problem"),
    [
        ("b.html", ""),
        ("b.html#here", ""),
        (f"{ADDRESS}b.html#here", ""),
        ("https://example.net/b.html", ""),
        ("#here", "no such place"),
        ("b.html#there", "no such place"),
        (f"{ADDRESS}c.html", "no such file"),
        ("b/", "no such file"),
    ],
)
def test_a_broken_link_is_named(tmp_path: Path, href: str, problem: str) -> None:
    link = PAGE.format(f'<a href="{href}">x</a>')
    (tmp_path / "a.html").write_text(link, encoding="utf-8")
    (tmp_path / "b.html").write_text(PAGE.format('<p id="here">'), encoding="utf-8")
    expected = [f"a.html: {href}: {problem}"] if problem else []
    assert broken(tmp_path.resolve()) == expected
