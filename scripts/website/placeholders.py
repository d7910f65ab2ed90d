"""Numbers in prose: `{{ digits_mlp.batch_norm.loss.median:.2f }}` from docs/results/.

The first name is the result file, the others are keys (or positions in a list, or
`count` for its length); behind the colon stands a format as in Python. Nothing is typed
by hand, and a number that is not there fails the build.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.results import load
from scripts.website.place import place

PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*(?::([^{}\s]*))?\s*\}\}")
ANYTHING = re.compile(r"\{\{.*?\}\}")


class PlaceholderError(PluginError):
    """A placeholder that names nothing; the message says where it stands."""


def look_up(path: str, read: Callable[[str], dict[str, Any]] = load) -> Any:
    """Return the value at `result.key.key`; KeyError says what was there instead."""
    name, *keys = path.split(".")
    value: Any = read(name)
    for position, key in enumerate(keys):
        here = ".".join([name, *keys[:position]])
        if isinstance(value, list) and key == "count":
            value = len(value)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            there = (
                ", ".join(value) if isinstance(value, dict) else type(value).__name__
            )
            raise KeyError(f"no {key!r} in {here}, which has: {there}")
    return value


def typeset(number: str) -> str:
    """Return a formatted number as it is printed: −0.5, 1.2×10⁻⁷."""
    number = re.sub(r"^-", "\N{MINUS SIGN}", number)
    match = re.fullmatch(r"(.*\d)e([+-])0*(\d+)", number)
    if match is None:
        return number
    exponent = match[3].translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{match[1]}×10{'⁻' if match[2] == '-' else ''}{exponent}"


def fill(text: str, page: Path) -> str:
    """Return text with every placeholder filled."""

    def one(match: re.Match[str]) -> str:
        exact = PLACEHOLDER.fullmatch(match[0])
        try:
            if exact is None:
                raise ValueError("expected {{ result.key:format }}")
            value = look_up(exact[1])
            if isinstance(value, dict | list):
                raise TypeError(f"{exact[1]} is not one number or word")
            text = format(value, exact[2] or "")
        except (KeyError, OSError, TypeError, ValueError) as error:
            reason = error.args[0] if isinstance(error, KeyError) else error
            message = f"{place(page, match[0])}: {match[0]}: {reason}"
            raise PlaceholderError(message) from error
        return typeset(text)

    return ANYTHING.sub(one, text)
