"""The page of claims: made from docs/claims.toml, one address for each claim.

A claim names what the sources say, our verdict, the truth in both languages and the
evidence: `result:NAME`, `figure:NAME`, `page:NAME#heading`, `lab:NAME` or
`code:TOPIC/FILE.py`.
A listing is a program of a source: what is wrong in it, line by line, and where it
stands repaired. docs/assets/claims.js filters the page; it reads what is made here.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT
from scripts.results import program
from scripts.website import labs

CLAIMS = ROOT / "docs" / "claims.toml"
MARK = "<!-- claims -->"
OVERVIEW = "<!-- overview -->"
LISTINGS = "<!-- listings -->"
SOURCES = "<!-- sources -->"
VERDICTS = {
    "holds": {"zh": "成立", "en": "holds"},
    "holds-if": {"zh": "有条件成立", "en": "holds if"},
    "wrong": {"zh": "不成立", "en": "wrong"},
    "disputed": {"zh": "有争议", "en": "disputed"},
    "opinion": {"zh": "一家之言", "en": "opinion"},
    "garbled": {"zh": "原文有误", "en": "garbled"},
}
FRAGILE = {"zh": "结果因种子而异", "en": "flips with the seed"}
WORDS = {
    "zh": {
        "sources": "出处",
        "none": "五篇都没有提到",
        "evidence": "证据",
        "program": "程序",
        "result": "数据",
        "figure": "图",
        "code": "代码",
        "colon": "：",
        "comma": "、",
        "open": "（",
        "close": "）",
        "repaired": "修好之后",
    },
    "en": {
        "sources": "Sources",
        "none": "none of the five",
        "evidence": "Evidence",
        "program": "program",
        "result": "data",
        "figure": "figure",
        "code": "code",
        "colon": ": ",
        "comma": ", ",
        "open": " (",
        "close": ")",
        "repaired": "Repaired in",
    },
}
# What docs/assets/claims.js says.
FILTER = {
    "zh": {
        "filter": "筛选",
        "verdict": "判断（可多选）",
        "topic": "主题",
        "source": "出处",
        "all": "全部",
        "reset": "显示全部",
        "count": "显示 {shown} 条，共 {all} 条",
        "none": "没有符合条件的说法，共 {all} 条",
        "item": "{name}（{count}）",
    },
    "en": {
        "filter": "Filter",
        "verdict": "Verdict (any of)",
        "topic": "Topic",
        "source": "Source",
        "all": "all",
        "reset": "Show all",
        "count": "Showing {shown} of {all} claims",
        "none": "None of the {all} claims fits",
        "item": "{name} ({count})",
    },
}


class ClaimError(PluginError):
    """A claim that is incomplete, or evidence that is not there."""


def read(path: Path = CLAIMS) -> dict[str, Any]:
    """Return the data file; a claim that lacks something is refused by its id."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if not data.get("claim"):
        raise ClaimError(f"{path.name}: no claims found")
    seen: set[str] = set()
    for claim in data["claim"]:
        name = claim.get("id", "a claim without id")
        # No source at all is allowed: what none of them says, and the field does.
        if not isinstance(claim.get("sources"), list):
            raise ClaimError(f"{path.name}: {name}: no sources")
        for key in ("topic", "verdict", "said", "true", "evidence"):
            if not claim.get(key):
                raise ClaimError(f"{path.name}: {name}: no {key}")
        if name in seen or claim["verdict"] not in VERDICTS:
            raise ClaimError(f"{path.name}: {name}: id twice, or unknown verdict")
        if claim["topic"] not in data["topic"]:
            raise ClaimError(f"{path.name}: {name}: unknown topic {claim['topic']}")
        if missing := set(claim["sources"]) - set(data["source"]):
            raise ClaimError(f"{path.name}: {name}: unknown sources {missing}")
        for both in ("said", "true"):
            if set(claim[both]) != {"zh", "en"}:
                raise ClaimError(f"{path.name}: {name}: {both} needs zh and en")
        for evidence in claim["evidence"]:
            check_evidence(name, evidence)
        seen.add(name)
    for listing in data.get("listing", []):
        check_listing(listing, data)
    return data


def check_listing(listing: dict[str, Any], data: dict[str, Any]) -> None:
    """Raise ClaimError where a program of a source is not described in full."""
    name = f"listing {listing.get('id', 'without id')}"
    for key in ("source", "program", "wrong", "repaired"):
        if not listing.get(key):
            raise ClaimError(f"claims.toml: {name}: no {key}")
    if listing["source"] not in data["source"]:
        raise ClaimError(f"claims.toml: {name}: unknown source {listing['source']}")
    for both in ("program", "wrong"):
        if set(listing[both]) != {"zh", "en"}:
            raise ClaimError(f"claims.toml: {name}: {both} needs zh and en")
    if len(listing["wrong"]["zh"]) != len(listing["wrong"]["en"]):
        raise ClaimError(f"claims.toml: {name}: as many faults in zh as in en")
    for evidence in listing["repaired"]:
        check_evidence(name, evidence)


def check_evidence(name: str, evidence: str) -> None:
    """Raise ClaimError where the evidence does not exist."""
    kind, _, what = evidence.partition(":")
    page, _, heading = what.partition("#")
    files = {
        "result": [ROOT / "docs" / "results" / f"{what}.json"],
        "figure": [ROOT / "docs" / x / "figures" / f"{what}.svg" for x in ("zh", "en")],
        "page": [ROOT / "docs" / x / f"{page}.md" for x in ("zh", "en")],
        "lab": [ROOT / "docs" / x / "labs" / f"{what}.ipynb" for x in ("zh", "en")],
        "code": [ROOT / "snippets" / what],
    }.get(kind)
    if not files or not all(file.is_file() for file in files):
        raise ClaimError(f"claims.toml: {name}: no such evidence: {evidence}")
    if kind == "page":
        for file in files:
            if heading and f"{{#{heading}}}" not in file.read_text(encoding="utf-8"):
                raise ClaimError(f"claims.toml: {name}: no heading {evidence}")


def links(
    evidence: list[str], language: str, titles: dict[str, str], repository: str
) -> str:
    """Return the evidence as links from the page of claims.

    An experiment is one entry: its program (where the address of the repository is
    known), its data and, if the figure of that name is evidence too, its figure.
    """
    words = WORDS[language]

    def each() -> Iterator[str]:
        for one in evidence:
            kind, _, what = one.partition(":")
            if kind == "page":
                page, _, heading = what.partition("#")
                text = titles.get(what) or titles.get(page) or page
                yield f"[{text}]({page}.md{'#' + heading if heading else ''})"
            elif kind == "result":
                parts = [file_link(one, language)]
                if repository:
                    file = program(what).relative_to(ROOT).as_posix()
                    address = f"{repository.rstrip('/')}/blob/main/{file}"
                    parts.insert(0, f"[{words['program']}]({address})")
                if f"figure:{what}" in evidence:
                    parts.append(file_link(f"figure:{what}", language))
                every = words["comma"].join(parts)
                yield f"`{what}`{words['open']}{every}{words['close']}"
            elif kind == "lab":
                yield f"[{titles[f'labs/{what}']}](labs/{what}.ipynb)"
            elif kind == "code":
                yield file_link(one, language)
            elif f"result:{what}" not in evidence:
                yield (
                    f"`{what}`{words['open']}{file_link(one, language)}"
                    + (words["close"])
                )

    return words["comma"].join(each())


def file_link(evidence: str, language: str) -> str:
    """Return a link to a file of the site: data, figure or snippet."""
    words = WORDS[language]
    kind, _, what = evidence.partition(":")
    if kind == "figure":
        return f"[{words[kind]}](figures/{what}.svg)"
    if kind == "result":
        return f'<a href="@root/results/{what}.json">{words[kind]}</a>'
    name = what.rsplit("/", 1)[-1]
    return f'<a href="@root/snippets/{what}"><code>{name}</code></a>'


def headings(language: str) -> dict[str, str]:
    """Return the text of each page's headings, by `page` and `page#heading`."""
    found: dict[str, str] = {}
    folder = ROOT / "docs" / language
    for file in sorted(folder.glob("**/*.md")):
        page = file.relative_to(folder).with_suffix("").as_posix()
        text = file.read_text(encoding="utf-8")
        for title, name in re.findall(r"^#+ (.*?) \{#([\w-]+)\}$", text, re.MULTILINE):
            found.setdefault(page, title)
            found[f"{page}#{name}"] = title
    for file in sorted(folder.glob("labs/*.ipynb")):
        found[f"labs/{file.stem}"] = labs.title(file)
    return found


def badge(verdict: str, language: str) -> str:
    """Return a verdict, or `fragile`, in its colour."""
    text = FRAGILE if verdict == "fragile" else VERDICTS[verdict]
    return f'<span class="verdict {verdict}">{text[language]}</span>'


def counts(data: dict[str, Any]) -> dict[str, int]:
    """Count the claims of each verdict that occurs, and those that are fragile."""
    every = Counter(claim["verdict"] for claim in data["claim"])
    found = {verdict: every[verdict] for verdict in VERDICTS if every[verdict]}
    fragile = sum(bool(claim.get("fragile")) for claim in data["claim"])
    return found | ({"fragile": fragile} if fragile else {})


def render_overview(language: str) -> str:
    """Return how many claims got which verdict: a bar, and the same in numbers."""
    every = counts(read())
    bar = "".join(
        f'<i class="{verdict}" style="flex:{count}"></i>'
        for verdict, count in every.items()
        if verdict != "fragile"  # not a verdict: those are counted already
    )
    items = "".join(
        f"<li>{badge(verdict, language)} {count}</li>"
        for verdict, count in every.items()
    )
    words = escape(json.dumps(FILTER[language], ensure_ascii=False))
    return (
        f'<div class="overview" data-words="{words}">'
        f'<p class="shares" aria-hidden="true">{bar}</p><ul>{items}</ul></div>\n'
        '<script src="@language/assets/claims.js" type="module"></script>'
    )


def render(language: str, repository: str = "") -> str:
    """Return the claims of all topics as Markdown."""
    data, words = read(), WORDS[language]
    titles = headings(language)
    lines: list[str] = []
    for topic, names in data["topic"].items():
        claims = [claim for claim in data["claim"] if claim["topic"] == topic]
        if not claims:
            continue
        lines += [f"## {names[language]} {{#{topic}}}", ""]
        for claim in claims:
            verdict = badge(claim["verdict"], language)
            if claim.get("fragile"):
                verdict += " " + badge("fragile", language)
            sources = words["comma"].join(
                f"[{x}](#source-{x})" for x in claim["sources"]
            )
            sources = sources or words["none"]
            proofs = links(claim["evidence"], language, titles, repository)
            lines += [
                f"### {claim['said'][language]} {{#{claim['id']}}}",
                "",
                f"{verdict} {claim['true'][language].strip()}",
                "",
                f"{words['sources']}{words['colon']}{sources}　"
                f"{words['evidence']}{words['colon']}{proofs}",
                "{.fine}",
                "",
            ]
    return "\n".join(lines)


def render_listings(language: str, repository: str = "") -> str:
    """Return the sources' programs as Markdown: what is wrong in each, and ours."""
    data, words = read(), WORDS[language]
    titles = headings(language)
    lines: list[str] = []
    for listing in data.get("listing", []):
        source = listing["source"]
        where = links(listing["repaired"], language, titles, repository)
        lines += [
            f"### {listing['program'][language]} {{#program-{listing['id']}}}",
            "",
            *(f"- {fault}" for fault in listing["wrong"][language]),
            "",
            f"{words['sources']}{words['colon']}[{source}](#source-{source})　"
            f"{words['repaired']}{words['colon']}{where}",
            "{.fine}",
            "",
        ]
    return "\n".join(lines)


def render_sources(language: str) -> str:
    """Return the list of the sources as Markdown, with an address for each."""
    sources = read()["source"].items()
    return "\n".join(
        f'- <span id="source-{name}"></span>**{name}** {words[language]}'
        for name, words in sources
    )


def fill(markdown: str, language: str, repository: str = "") -> str:
    """Return a page with what is made from the data in place of the marks."""
    made = {
        OVERVIEW: lambda: render_overview(language),
        MARK: lambda: render(language, repository),
        LISTINGS: lambda: render_listings(language, repository),
        SOURCES: lambda: render_sources(language),
    }
    for mark, make in made.items():
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown
