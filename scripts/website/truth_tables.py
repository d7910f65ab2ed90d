"""Tables whose cells were measured: marks in the pages, filled from docs/results/.

`<!-- table: norm-axes -->` and the like. The words stand here, the facts in the result.
"""

import re
from collections.abc import Callable
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.results import load

MARK = re.compile(r"<!-- table: ([\w-]+) -->")
WORDS = {
    "zh": {
        "layer": "层",
        "input": "输入",
        "over": "共用统计量的轴",
        "neighbours": "与同批其他样本有关",
        "mode": "训练与评估不同",
        "parameters": "参数",
        "buffers": "缓冲区",
        "one": "一个样本",
        "point": "一个位置",
        "yes": "是",
        "no": "否",
        "none": "无",
        "training": "仅训练时",
        "always": "训练、评估都是",
        "window": "{} 个通道的滑动窗口",
        "part": "每组 C/G 个通道",
        "works": "可以",
        "fixed": "尺寸固定",
        "error": "报错",
        "comma": "、",
        "class": "类",
        "warning": "（警告）",
        "arguments": "参数与默认值",
        "function": "函数",
        "page": "页面",
        "phone": "手机",
        "desktop": "桌面",
        "blocked": "手机 TBT（毫秒）",
        "first": "首次（kB）",
        "next": "再次（kB）",
        "what": "做什么",
        "seconds": "秒",
        "fresh": "新克隆之后第一次 `scripts/serve`，到第一页出现",
        "warm": "再次 `scripts/serve`，到第一页出现",
        "edit page": "改一句正文，到页面更新",
        "edit snippet": "改一个片段，到页面更新",
        "edit result": "改一个结果，到页面更新",
        "build": "生成两种语言（{} 页）",
        "plain": "单用 Material 生成同样的 Markdown",
        "grown": "生成 {} 页（各页复制成 {} 份）",
    },
    "en": {
        "layer": "Layer",
        "input": "Input",
        "over": "Statistics over",
        "neighbours": "Depends on the other samples",
        "mode": "Training and evaluation differ",
        "parameters": "Parameters",
        "buffers": "Buffers",
        "one": "One sample",
        "point": "One position",
        "yes": "yes",
        "no": "no",
        "none": "none",
        "training": "in training",
        "always": "in both modes",
        "window": "a sliding window of {} channels",
        "part": "the C/G channels of a group",
        "works": "works",
        "fixed": "size is fixed",
        "error": "error",
        "comma": ", ",
        "class": "Class",
        "warning": " (warns)",
        "arguments": "Arguments and defaults",
        "function": "Function",
        "page": "Page",
        "phone": "Phone",
        "desktop": "Desktop",
        "blocked": "Phone TBT (ms)",
        "first": "First (kB)",
        "next": "Next (kB)",
        "what": "What",
        "seconds": "Seconds",
        "fresh": "`scripts/serve` after a fresh clone, until the first page",
        "warm": "`scripts/serve` again, until the first page",
        "edit page": "Edit a sentence, until the page shows it",
        "edit snippet": "Edit a snippet, until the page shows it",
        "edit result": "Edit a result, until the page shows it",
        "build": "Build both languages ({} pages)",
        "plain": "Build the same Markdown with Material alone",
        "grown": "Build {} pages (each page {} times)",
    },
}
Rows = list[list[str]]
Words = dict[str, str]


class TableError(PluginError):
    """A mark that names no table."""


def markdown(rows: Rows) -> str:
    """Return a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def called(layer: dict[str, Any]) -> str:
    """Return how the layer is written, and below it the input's shape."""
    return f"`{layer['call']}`<br>({', '.join(layer['axes'])})"


def over(layer: dict[str, Any], sizes: dict[str, int], words: Words) -> str:
    """Say over which axes the statistics are shared."""
    sides = dict(zip(layer["axes"], layer["train"]["sides"], strict=True))
    if not layer["train"]["partition"]:
        return words["window"].format(max(sides.values()))
    return words["comma"].join(
        axis if side == sizes[axis] else words["part"]
        for axis, side in sides.items()
        if side > 1
    )


def norm_axes(words: Words) -> Rows:
    """Over which axes, and what an output depends on."""
    result = load("norm_axes")
    rows = [[words[key] for key in ("layer", "over", "neighbours", "mode")]]
    for layer in (result["layers"][name] for name in result["order"]):
        depends = words["no"]
        if layer["train"]["neighbours"]:
            depends = words["always" if layer["eval"]["neighbours"] else "training"]
        rows.append(
            [
                called(layer),
                over(layer, result["sizes"], words),
                depends,
                words["yes" if layer["mode_matters"] else "no"],
            ]
        )
    return rows


def norm_state(words: Words) -> Rows:
    """What a layer keeps, and whether it works with a single sample."""
    result = load("norm_axes")
    names = {result["sizes"]["C"]: "C"}

    def kept(tensors: dict[str, list[int]]) -> str:
        shapes: dict[str, list[str]] = {}
        for name in sorted(tensors, key=lambda name: (name == "bias", name)):
            axes = [names[size] for size in tensors[name][:1]]
            axes += ["H", "W"] if len(tensors[name]) == 3 else []
            shapes.setdefault(f" ({', '.join(axes)})" if axes else "", []).append(name)
        parts = [
            words["comma"].join(f"`{name}`" for name in sorted(group, reverse=reverse))
            + axes
            for axes, group in sorted(shapes.items(), reverse=True)
            for reverse in ["weight" in group]
        ]
        return "<br>".join(parts) or words["none"]

    def tried(outcome: str) -> str:
        return words["error" if outcome.startswith("ValueError") else outcome]

    columns = ("layer", "parameters", "buffers", "one", "point")
    rows = [
        [
            called(layer),
            kept(layer["parameters"]),
            kept(layer["buffers"]),
            tried(layer["batch_of_one"]),
            tried(layer["one_position"]),
        ]
        for layer in (result["layers"][name] for name in result["order"])
    ]
    return [[words[key] for key in columns], *rows]


def dropout_classes(words: Words) -> Rows:
    """What is dropped together, by class and number of dimensions."""
    result = load("dropout_classes")
    ranks = [key for key in result["shapes"] if key != "rank_6"]

    def mask(one: dict[str, Any], rank: int) -> str:
        if one["outcome"] == "error":
            return words["error"]
        sides = ["1" if a in one["together"] else "abcde"[a] for a in range(rank)]
        warns = words["warning"] if one["outcome"] == "warning" else ""
        return f"({', '.join(sides)}){warns}"

    whole = [
        f"{words['input']} ({', '.join('abcde'[: int(key[5:])])})" for key in ranks
    ]
    rows = [[words["class"], *whole]]
    for name in result["order"]:
        cells = [mask(result["classes"][name][key], int(key[5:])) for key in ranks]
        rows.append([f"`{name}`", *cells])
    return rows


def signatures(prefix: str, ones: dict[str, Any], order: list[str]) -> Rows:
    """Arguments and defaults; names with the same arguments share a row."""
    rows: dict[str, list[str]] = {}
    for name in order:
        if name in ones:
            rows.setdefault(ones[name]["arguments"], []).append(f"`{prefix}{name}`")
    return [["<br>".join(names), f"`{call}`"] for call, names in rows.items()]


def torch_layers(words: Words) -> Rows:
    """Arguments and defaults of the layers."""
    result = load("torch_defaults")
    rows = signatures("nn.", result["layers"], result["order"])
    return [[words["layer"], words["arguments"]], *rows]


def torch_functions(words: Words) -> Rows:
    """Arguments and defaults of the functions and parametrizations."""
    result = load("torch_defaults")
    rows = signatures("F.", result["functions"], result["order"])
    ours = result["parametrizations"]
    rows += signatures("parametrizations.", ours, sorted(ours))
    return [[words["function"], words["arguments"]], *rows]


def lighthouse(words: Words) -> Rows:
    """Score and weight of pages, both languages in one row."""
    pages = load("lighthouse")["pages"]
    columns = [
        ("phone", "mobile", "performance", 1),
        ("blocked", "mobile", "tbt", 1),
        ("first", "mobile", "first", 1000),
        ("next", "mobile", "next", 1000),
        ("desktop", "desktop", "performance", 1),
    ]
    rows = [[words["page"], *(words[name] for name, *_ in columns)]]
    for page, chinese in pages.items():
        if page.startswith("en/"):
            continue
        english = pages[f"en/{page.removeprefix('/')}"]
        cells = [
            " / ".join(f"{one[device][key] / unit:.0f}" for one in (chinese, english))
            for _, device, key, unit in columns
        ]
        rows.append([f"`{page}`", *cells])
    return rows


def site_speed(words: Words) -> Rows:
    """How long one waits for what."""
    result = load("site_speed")
    small, *_, large = result["growth"]

    def taken(one: dict[str, float]) -> str:
        return f"{one['median']:.1f} [{one['min']:.1f}, {one['max']:.1f}]"

    rows = [[words["what"], words["seconds"]]]
    rows.append([words["fresh"], f"{result['fresh']:.0f}"])
    rows.append([words["warm"], taken(result["warm"])])
    rows += [
        [words[f"edit {what}"], taken(result["reload"][what])]
        for what in ("page", "snippet", "result")
    ]
    rows.append([words["build"].format(small["pages"]), taken(result["build"])])
    rows.append([words["plain"], taken(result["plain"])])
    grown = words["grown"].format(large["pages"], large["factor"])
    return [*rows, [grown, f"{large['seconds']:.0f}"]]


TABLES: dict[str, Callable[[Words], Rows]] = {
    "norm-axes": norm_axes,
    "norm-state": norm_state,
    "dropout-classes": dropout_classes,
    "torch-layers": torch_layers,
    "torch-functions": torch_functions,
    "lighthouse": lighthouse,
    "site-speed": site_speed,
}


def fill(text: str, language: str) -> str:
    """Return the text with every mark replaced by its table."""

    def one(match: re.Match[str]) -> str:
        if match[1] not in TABLES:
            raise TableError(f"no table {match[1]!r}; there are: {', '.join(TABLES)}")
        return markdown(TABLES[match[1]](WORDS[language]))

    return MARK.sub(one, text)
