"""The table of modes: what batch norm does in each, made from docs/results/modes.json.

Rows that differ only in the momentum, and do the same, are one row. Gradients on or off
is no column: a result in which it mattered for anything but the graph is refused.
"""

from collections.abc import Callable
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.results import load

MARK = "<!-- table: modes -->"
MODES = ("train", "eval")
TRACKS = ("tracked", "untracked", "switched_off", "switched_on")
MOMENTA = {"m_0_1": "0.1", "none": "None", "m_0": "0"}
WORDS = {
    "zh": {
        "head": (
            "模式",
            "跟踪",
            "momentum",
            "归一化用",
            "缓冲区",
            "梯度经过",
        ),
        "tracked": "True",
        "untracked": "False",
        "switched_off": "改为 False",
        "switched_on": "改为 True",
        "any": "任意",
        "batch": "这一批",
        "running": "缓冲区",
        "moved": "走 {:.0%}",
        "counted": "只计数",
        "still": "不动",
        "missing": "没有",
        "through": "是",
        "constant": "否",
    },
    "en": {
        "head": (
            "mode",
            "tracking",
            "momentum",
            "normalizes by",
            "buffers",
            "gradient",
        ),
        "tracked": "True",
        "untracked": "False",
        "switched_off": "set to False",
        "switched_on": "set to True",
        "any": "any",
        "batch": "the batch",
        "running": "buffers",
        "moved": "move {:.0%}",
        "counted": "only count",
        "still": "stay",
        "missing": "none",
        "through": "yes",
        "constant": "no",
    },
}


class ModesError(PluginError):
    """A result that this table cannot show."""


def outcome(cell: dict[str, Any], words: dict[str, Any]) -> tuple[str, str, str]:
    """Return the last three columns of one cell."""
    on, off = cell["grad"], cell["no_grad"]
    same = all(on[key] == off[key] for key in ("statistics", "moved", "counted"))
    if not same or off["gradient"] != "no_graph":
        raise ModesError(
            "modes: no_grad() mattered, but the table has no column for it"
        )
    if not on["buffers"]:
        buffers = words["missing"]
    elif on["moved"]:
        buffers = words["moved"].format(on["moved"])
    else:
        buffers = words["counted" if on["counted"] else "still"]
    return words[on["statistics"]], buffers, words[on["gradient"]]


def render(language: str, read: Callable[[str], dict[str, Any]] = load) -> str:
    """Return the table in Markdown."""
    words: dict[str, Any] = WORDS[language]
    cells = read("modes")["cells"]
    # On a phone a Chinese column would otherwise become one character wide.
    head = [f'<span class="nowrap">{one}</span>' for one in words["head"]]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for mode in MODES:
        for track in TRACKS:
            found = {name: outcome(cells[mode][track][name], words) for name in MOMENTA}
            merged = len(set(found.values())) == 1
            for name, shown in found.items():
                momentum = words["any"] if merged else MOMENTA[name]
                row = (f"{mode}()", words[track], momentum, *shown)
                lines.append(f"| {' | '.join(row)} |")
                if merged:
                    break
    return "\n".join(lines)


def fill(text: str, language: str) -> str:
    """Return the text with the mark replaced by the table."""
    return text.replace(MARK, render(language)) if MARK in text else text
