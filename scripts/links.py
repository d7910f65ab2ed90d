"""Ask the other sites that the pages link: `python -m scripts.links FOLDER`.

FOLDER holds the built site. Each address is asked once, the addresses of one host one
after the other. It is gone only when the host says so or has no name any more; a host
that refuses programs (401, 403), wants a pause (429) or is down leaves it open. Prints
a table, adds it to the summary of a GitHub job, and fails when an address is gone.
"""

import argparse
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

AGENT = "Mozilla/5.0 (compatible; a weekly check of links)"
TRIES = 3
LONGEST_WAIT = 60  # seconds, whatever a host asks for
READ = 5_000_000  # bytes of a page in which a place is looked for
GONE = {404, 410}
ENOUGH = "429"  # too many requests: three times, and a host is left alone


@dataclass(frozen=True)
class Answer:
    """What became of an address: fine, moved, open or gone, and why."""

    address: str
    state: str
    why: str = ""


class Links(HTMLParser):
    """The addresses of other sites in a page, and the places that it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.places: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links, and its names."""
        given = dict(attrs)
        self.places |= {given.get("id") or "", given.get("name") or ""}
        address = given.get("href") or ""
        if tag == "a" and address.startswith(("http://", "https://")):
            self.found.add(address)


def collect(site: Path) -> dict[str, list[str]]:
    """Return every address of another site, and the pages that link it."""
    found: dict[str, list[str]] = defaultdict(list)
    for page in sorted(site.rglob("*.html")):
        for address in Links(page.read_text(encoding="utf-8")).found:
            found[address].append(page.relative_to(site).as_posix())
    return dict(found)


def ask(address: str, pause: float = 2) -> Answer:
    """Ask for one address, up to three times where the host may be better later."""
    plain, place = urldefrag(address)
    request = urllib.request.Request(plain, headers={"User-Agent": AGENT})  # noqa: S310
    why = ""
    for attempt in range(1, TRIES + 1):
        wait = pause * attempt
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return _judge(address, place, answer)
        except urllib.error.HTTPError as error:
            why = f"{error.code} {error.reason}"
            if error.code in GONE:
                return Answer(address, "gone", why)
            if error.code < 500 and error.code != 429:
                return Answer(address, "open", why)
            asked = error.headers.get("Retry-After", "")
            wait = min(int(asked), LONGEST_WAIT) if asked.isdigit() else wait
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            why = str(reason) or type(reason).__name__
            nameless = isinstance(reason, socket.gaierror)
            if nameless and attempt == TRIES:
                return Answer(address, "gone", why)
        if attempt < TRIES:
            time.sleep(wait)
    return Answer(address, "open", why)


def _judge(address: str, place: str, answer: HTTPResponse) -> Answer:
    """Look at a page that came: elsewhere now, or without the place that is linked."""
    arrived = answer.url
    if place and answer.headers.get_content_type() == "text/html":
        text = answer.read(READ).decode(errors="replace")
        if unquote(place) not in Links(text).places:
            return Answer(address, "open", f"no place #{place}")
    if arrived != urldefrag(address)[0]:
        return Answer(address, "moved", f"to {arrived}")
    return Answer(address, "fine")


def ask_all(addresses: Iterable[str], pause: float = 2) -> list[Answer]:
    """Ask for all: hosts side by side, the addresses of one host in turn."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for address in sorted(addresses):
        hosts[urlsplit(address).netloc].append(address)

    def in_turn(same_host: list[str]) -> list[Answer]:
        answers: list[Answer] = []
        for address in same_host:
            if answers and answers[-1].why.startswith(ENOUGH):
                answers.append(Answer(address, "open", f"{ENOUGH} for the one before"))
                continue
            time.sleep(pause / 2)
            answers.append(ask(address, pause))
        return answers

    with ThreadPoolExecutor(8) as pool:
        return [one for many in pool.map(in_turn, hosts.values()) for one in many]


def table(answers: list[Answer], pages: dict[str, list[str]]) -> str:
    """Return Markdown: a line that counts, a row for each address that is not fine."""
    count = Counter(one.state for one in answers)
    states = ("fine", "moved", "open", "gone")
    lines = [
        f"{len(answers)} links to other sites: "
        + ", ".join(f"{count[state]} {state}" for state in states)
    ]
    rows = [one for state in states[:0:-1] for one in answers if one.state == state]
    if rows:
        lines += ["", "| state | address | why | linked by |", "|---|---|---|---|"]
    for one in rows:
        cells = (one.state, one.address, one.why, ", ".join(pages[one.address][:3]))
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Collect, ask, print; 1 when an address is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, help="the folder of the built site")
    parser.add_argument("--pause", type=float, default=2, help="seconds between tries")
    options = parser.parse_args()
    pages = collect(options.site)
    if not pages:
        sys.exit("error: no page links another site: is this the built site?")
    answers = ask_all(pages, options.pause)
    if not any(one.state in {"fine", "moved"} for one in answers):
        sys.exit("error: no other site answered: is the network there?")
    text = table(answers, pages)
    print(text)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    return int(any(one.state == "gone" for one in answers))


if __name__ == "__main__":
    sys.exit(main())
