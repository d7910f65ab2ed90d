"""The page of claims: made from docs/claims.toml, one address for each claim.

A claim names what the sources say, our verdict, the truth in both languages and the
evidence: `result:NAME`, `figure:NAME`, `page:NAME#heading` or `code:TOPIC/FILE.py`.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT

CLAIMS = ROOT / "docs" / "claims.toml"
MARK = "<!-- claims -->"
SOURCES = "<!-- sources -->"
VERDICTS = {
    "holds": {"zh": "成立", "en": "holds"},
    "holds-if": {"zh": "有条件成立", "en": "holds if"},
    "wrong": {"zh": "不成立", "en": "wrong"},
    "disputed": {"zh": "有争议", "en": "disputed"},
    "opinion": {"zh": "一家之言", "en": "opinion"},
    "garbled": {"zh": "原文有误", "en": "garbled"},
}
WORDS = {
    "zh": {
        "sources": "出处",
        "evidence": "证据",
        "fragile": "结果因种子而异",
        "result": "数据",
        "figure": "图",
        "page": "推导",
        "code": "代码",
        "colon": "：",
        "comma": "、",
    },
    "en": {
        "sources": "Sources",
        "evidence": "Evidence",
        "fragile": "flips with the seed",
        "result": "data",
        "figure": "figure",
        "page": "explained in",
        "code": "code",
        "colon": ": ",
        "comma": ", ",
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
        for key in ("topic", "sources", "verdict", "said", "true", "evidence"):
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
    return data


def check_evidence(name: str, evidence: str) -> None:
    """Raise ClaimError where the evidence does not exist."""
    kind, _, what = evidence.partition(":")
    page, _, heading = what.partition("#")
    files = {
        "result": [ROOT / "docs" / "results" / f"{what}.json"],
        "figure": [ROOT / "docs" / x / "figures" / f"{what}.svg" for x in ("zh", "en")],
        "page": [ROOT / "docs" / x / f"{page}.md" for x in ("zh", "en")],
        "code": [ROOT / "snippets" / what],
    }.get(kind)
    if not files or not all(file.is_file() for file in files):
        raise ClaimError(f"claims.toml: {name}: no such evidence: {evidence}")
    if kind == "page":
        for file in files:
            if heading and f"{{#{heading}}}" not in file.read_text(encoding="utf-8"):
                raise ClaimError(f"claims.toml: {name}: no heading {evidence}")


def link(evidence: str, language: str, titles: dict[str, str]) -> str:
    """Return one piece of evidence as a Markdown link from the page of claims."""
    words = WORDS[language]
    kind, _, what = evidence.partition(":")
    if kind == "page":
        page, _, heading = what.partition("#")
        text = titles.get(heading) or titles.get(page) or page
        return f"[{text}]({page}.md{'#' + heading if heading else ''})"
    if kind == "figure":
        return f"[{words[kind]} `{what}`](figures/{what}.svg)"
    folder = "results" if kind == "result" else "snippets"
    name = f"{what}.json" if kind == "result" else what
    target = f"@root/{folder}/{name}"
    return f'<a href="{target}">{words[kind]} <code>{name}</code></a>'


def headings(language: str) -> dict[str, str]:
    """Return the text of each heading of the pages of a language, by its id."""
    found: dict[str, str] = {}
    for page in sorted((ROOT / "docs" / language).glob("**/*.md")):
        text = page.read_text(encoding="utf-8")
        for title, name in re.findall(r"^#+ (.*?) \{#([\w-]+)\}$", text, re.MULTILINE):
            found.setdefault(name, title)
    return found


def render(language: str) -> str:
    """Return the claims of all topics as Markdown."""
    data, words = read(), WORDS[language]
    titles = headings(language)
    lines: list[str] = []
    for topic, names in data["topic"].items():
        lines += [f"## {names[language]} {{#{topic}}}", ""]
        for claim in (c for c in data["claim"] if c["topic"] == topic):
            verdict = VERDICTS[claim["verdict"]][language]
            badge = f'<span class="verdict {claim["verdict"]}">{verdict}</span>'
            if claim.get("fragile"):
                badge += f' <span class="verdict fragile">{words["fragile"]}</span>'
            sources = words["comma"].join(
                f"[{x}](#source-{x})" for x in claim["sources"]
            )
            proofs = words["comma"].join(
                link(e, language, titles) for e in claim["evidence"]
            )
            lines += [
                # In the table of contents a wrong claim must not look like a fact.
                f"### {claim['said'][language]} {{#{claim['id']} "
                f'data-toc-label="{verdict}{words["colon"]}{claim["said"][language]}"}}',
                "",
                f"{badge} {claim['true'][language].strip()}",
                "",
                f"{words['sources']}{words['colon']}{sources}　"
                f"{words['evidence']}{words['colon']}{proofs}",
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
