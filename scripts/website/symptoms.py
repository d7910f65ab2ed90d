"""The pages of symptoms: made from docs/symptoms/GROUP.toml, an address for each entry.

A page holds `<!-- symptoms: GROUP -->`; the index holds `<!-- symptoms-index -->` and
`<!-- symptoms-diagnose -->`. The code of an entry is snippets/symptoms/ID.py (shows the
symptom) and ID_fix.py (shows it gone), with underscores for the hyphens of the id. What
they print lies beside them; docs/symptoms/GROUP.json is written by the run
(`python -m scripts.symptoms GROUP`): the version of torch, and what diagnose found.
"""

import html
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT

GROUP = re.compile(r"<!-- symptoms: ([a-z-]+) -->")
INDEX = "<!-- symptoms-index -->"
DIAGNOSE = "<!-- symptoms-diagnose -->"
FACETS = {
    "see": {
        "error": {"zh": "报错或警告", "en": "An error or a warning"},
        "bad-eval": {"zh": "训练好、评估差", "en": "Good in training, bad in eval"},
        "nan": {"zh": "NaN、无穷大或全零", "en": "NaN, infinity or all zeros"},
        "differs": {
            "zh": "结果对不上，或每次不同",
            "en": "Different results, or random ones",
        },
        "moves": {"zh": "不该变的变了", "en": "Something moves that should not"},
        "no-effect": {"zh": "设了却不起作用", "en": "A setting has no effect"},
        "worse": {"zh": "训练变差", "en": "Training gets worse"},
        "memory": {"zh": "内存或显存上涨", "en": "Memory grows"},
        "slow": {"zh": "变慢或卡住", "en": "Slow, or it hangs"},
    },
    "operation": {
        "train": {"zh": "训练", "en": "Training"},
        "evaluate": {"zh": "评估与推理", "en": "Evaluation and inference"},
        "fine-tune": {"zh": "微调与冻结", "en": "Fine-tuning and freezing"},
        "load": {"zh": "保存与加载", "en": "Saving and loading"},
        "average": {
            "zh": "平均权重（EMA、SWA）",
            "en": "Averaging weights (EMA, SWA)",
        },
        "accumulate": {
            "zh": "梯度累积与重计算",
            "en": "Accumulation and checkpointing",
        },
        "distribute": {"zh": "多卡与多进程", "en": "Several GPUs or processes"},
        "precision": {"zh": "半精度与混合精度", "en": "Half and mixed precision"},
        "export": {"zh": "导出、编译与折叠", "en": "Export, compile and fold"},
        "port": {"zh": "移植别处的模型", "en": "Porting from elsewhere"},
        "write": {"zh": "自己写一层", "en": "Writing a layer"},
        "prepare": {"zh": "准备输入数据", "en": "Preparing the inputs"},
    },
    "layers": {
        "BatchNorm": {"zh": "BatchNorm", "en": "BatchNorm"},
        "SyncBatchNorm": {"zh": "SyncBatchNorm", "en": "SyncBatchNorm"},
        "LayerNorm": {"zh": "LayerNorm", "en": "LayerNorm"},
        "RMSNorm": {"zh": "RMSNorm", "en": "RMSNorm"},
        "GroupNorm": {"zh": "GroupNorm", "en": "GroupNorm"},
        "InstanceNorm": {"zh": "InstanceNorm", "en": "InstanceNorm"},
        "Dropout": {"zh": "Dropout", "en": "Dropout"},
        "Dropout2d": {"zh": "Dropout1d、2d、3d", "en": "Dropout1d, 2d, 3d"},
        "attention": {"zh": "注意力", "en": "Attention"},
        "LSTM": {"zh": "LSTM 与 GRU", "en": "LSTM and GRU"},
        "inputs": {"zh": "输入的归一化", "en": "Input normalization"},
    },
}
WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "see": "看到了什么",
        "operation": "在做什么",
        "layers": "用的是哪一层",
        "cause": "原因",
        "reproduce": "复现",
        "fix": "改法",
        "check": "怎样确认",
        "colon": "：",
        "comma": "、",
        "stop": "。",
        "sources": "出处",
        "verified": "在 torch {} 上运行过",
        "snippet": "用到的文件",
        "explained": "详细讲解",
        "finds": "`diagnose` 查得出：{}",
        "nothing": "`diagnose` 查不出",
        "no model": "没有模型可供 `diagnose` 检查",
        "table": ("症状", "查得出", "另外报告"),
        "blank": "—",
        "none": "否",
        "gap": "　",
        "filter": "粘贴报错，或写几个词",
        "hits": "条",
        "no hits": "没有对得上的条目",
    },
    "en": {
        "see": "What you see",
        "operation": "What you are doing",
        "layers": "Which layer it is",
        "cause": "Cause",
        "reproduce": "Reproduction",
        "fix": "Fix",
        "check": "How to check",
        "colon": ": ",
        "comma": ", ",
        "stop": ".",
        "sources": "Sources",
        "verified": "run on torch {}",
        "snippet": "File used",
        "explained": "Explained in",
        "finds": "`diagnose` finds it: {}",
        "nothing": "`diagnose` cannot see it",
        "no model": "no model for `diagnose` to examine",
        "table": ("Symptom", "Found as", "Also reported"),
        "blank": "—",
        "none": "no",
        "gap": " · ",
        "filter": "Paste the error, or type a few words",
        "hits": "found",
        "no hits": "No entry fits",
    },
}
TEXTS = ("title", "said", "cause", "fix", "check")
KEYS = {
    "id",
    "message",
    "snippet",
    "explained",
    "sources",
    "note",
    "finds",
    *TEXTS,
    *FACETS,
}
LANGUAGES = ("zh", "en")


class SymptomError(PluginError):
    """An entry that is incomplete, or whose files are not there."""


def groups(root: Path = ROOT) -> list[str]:
    """Return the names of the groups."""
    found = sorted(path.stem for path in (root / "docs/symptoms").glob("*.toml"))
    if not found:
        raise SymptomError("no symptoms found in docs/symptoms/")
    return found


def stem(entry: dict[str, Any]) -> str:
    """Return the stem of the entry's files below snippets/symptoms/."""
    return str(entry["id"]).replace("-", "_")


def files(entry: dict[str, Any], root: Path = ROOT) -> list[Path]:
    """Return the entry's programs: the reproduction, then the fix."""
    folder = root / "snippets/symptoms"
    return [folder / f"{stem(entry)}.py", folder / f"{stem(entry)}_fix.py"]


def read(group: str, root: Path = ROOT, *, ran: bool = True) -> list[dict[str, Any]]:
    """Return the entries of a group; one that lacks something is refused by its id.

    Before they ran for the first time (`ran` is false) they have no outputs yet.
    """
    path = root / "docs/symptoms" / f"{group}.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("symptom", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SymptomError(f"docs/symptoms/{group}.toml: {error}") from error
    if not entries:
        raise SymptomError(f"docs/symptoms/{group}.toml: no entries found")
    for entry in entries:
        if problem := wrong(entry, root, ran=ran):
            name = entry.get("id", "an entry without id")
            raise SymptomError(f"docs/symptoms/{group}.toml: {name}: {problem}")
    return entries


def wrong(entry: dict[str, Any], root: Path = ROOT, *, ran: bool = True) -> str:
    """Say what is wrong with an entry; empty where nothing is."""
    if not re.fullmatch(r"[a-z][a-z0-9-]+", str(entry.get("id", ""))):
        return "no id in lower case with hyphens"
    if unknown := set(entry) - KEYS:
        return f"unknown keys {sorted(unknown)}"
    for key in (*TEXTS, *(["note"] if "note" in entry else [])):
        texts = entry.get(key)
        if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
            return f"{key} needs zh and en"
        if not all(str(text).strip() for text in texts.values()):
            return f"{key} is empty in one language"
    for key, kinds in FACETS.items():
        if not entry.get(key) or set(entry[key]) - set(kinds):
            return f"{key} must be some of {sorted(kinds)}"
    if not entry.get("sources"):
        return "no sources"
    for path in files(entry, root):
        for part in (path, *([path.with_suffix(".txt")] if ran else [])):
            if not part.is_file():
                return f"no file snippets/symptoms/{part.name}"
    if (snippet := entry.get("snippet")) and not (
        root / "snippets" / snippet
    ).is_file():
        return f"no file snippets/{snippet}"
    if ran and (message := entry.get("message")):
        shown = files(entry, root)[0].with_suffix(".txt").read_text(encoding="utf-8")
        if message not in shown:
            return f"the reproduction does not print the message: {message}"
    for target in entry.get("explained", []):
        page, _, heading = target.partition("#")
        for language in LANGUAGES:
            text = root / "docs" / language / f"{page}.md"
            if not text.is_file():
                return f"no page {target}"
            if heading and f"{{#{heading}}}" not in text.read_text(encoding="utf-8"):
                return f"no heading {target}"
    return ""


def everything(root: Path = ROOT) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of all groups; an id that stands twice is refused."""
    found = {group: read(group, root) for group in groups(root)}
    names = [entry["id"] for entries in found.values() for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SymptomError(f"docs/symptoms: the ids {twice} stand twice")
    programs = {p.stem for p in (root / "snippets/symptoms").glob("*.py")}
    ours = {p.stem for es in found.values() for e in es for p in files(e, root)}
    if orphans := sorted(programs - ours):
        raise SymptomError(f"snippets/symptoms: no entry for {orphans}")
    return found


def runs(group: str, root: Path = ROOT) -> dict[str, Any]:
    """Return what the run wrote about each entry of a group."""
    path = root / "docs/symptoms" / f"{group}.json"
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        again = f"run `python -m scripts.symptoms {group}`"
        raise SymptomError(f"docs/symptoms/{group}.json: {error}: {again}") from error


def source(name: str) -> str:
    """Return an issue (`owner/name#1`) or a page (`https://…`) as a link."""
    if match := re.fullmatch(r"([\w.-]+/[\w.-]+)#(\d+)", name):
        return f"[{name}](https://github.com/{match[1]}/issues/{match[2]})"
    if match := re.fullmatch(r"https?://([^/]+)(/.*)?", name):
        short = name.partition("//")[2].rstrip("/")
        return f"[{short if len(short) < 48 else match[1]}]({name})"
    return name


def code(kinds: list[str], words: dict[str, Any]) -> str:
    """Return the names as code."""
    return words["comma"].join(f"`{kind}`" for kind in kinds)


def found_by_diagnose(
    entry: dict[str, Any], group: str, root: Path
) -> tuple[list[str] | None, list[str]]:
    """Return what diagnose found: the symptom's own kinds, then the others.

    None where the reproduction has no model.
    """
    run = runs(group, root).get(entry["id"])
    if run is None:
        again = f"run `python -m scripts.symptoms {group}`"
        raise SymptomError(f"docs/symptoms/{group}.json: no {entry['id']}: {again}")
    kinds, own = run["diagnose"], entry.get("finds", [])
    if missing := sorted(set(own) - set(kinds or ())):
        raise SymptomError(f"{entry['id']}: diagnose does not find {missing}")
    if kinds is None:
        return None, []
    return own, [kind for kind in kinds if kind not in own]


def listing(path: Path) -> list[str]:
    """Return a program and what it prints, as the pages show every listing."""
    file = f"symptoms/{path.name}"
    return [
        "```python",
        f'--8<-- "{file}"',
        "```",
        "",
        "<!--pytest-codeblocks:expected-output-->",
        "```text",
        f'--8<-- "{file.removesuffix(".py")}.txt"',
        "```",
        "",
    ]


def render(group: str, language: str, root: Path = ROOT) -> str:
    """Return the entries of a group as Markdown."""
    words, lines = WORDS[language], list[str]()

    def label(key: str) -> str:
        return f"**{words[key]}{words['stop']}**" + " " * (language == "en")

    for entry in read(group, root):
        reproduction, fix = files(entry, root)
        lines += [f"## {entry['title'][language]} {{#{entry['id']}}}", ""]
        if message := entry.get("message"):
            shown = html.escape(message)
            lines += [f'<p class="message"><code>{shown}</code></p>', ""]
        lines += [entry["said"][language].strip(), ""]
        lines += [f"{label('cause')}{entry['cause'][language].strip()}", ""]
        lines += listing(reproduction)
        lines += [f"{label('fix')}{entry['fix'][language].strip()}", ""]
        lines += listing(fix)
        lines += [f"{label('check')}{entry['check'][language].strip()}", ""]
        if note := entry.get("note"):
            lines += [note[language].strip(), ""]
        lines += [facts(entry, group, language, root), "{.fine}", ""]
    return "\n".join(lines)


def facts(entry: dict[str, Any], group: str, language: str, root: Path = ROOT) -> str:
    """Return the line below an entry: file, diagnose, sources, version of torch."""
    words, parts = WORDS[language], list[str]()
    if snippet := entry.get("snippet"):
        place = "@root/snippets/" + snippet
        link = f'<a href="{place}"><code>{snippet}</code></a>'
        parts.append(f"{words['snippet']}{words['colon']}{link}")
    found, _ = found_by_diagnose(entry, group, root)
    if found:
        parts.append(words["finds"].format(code(found, words)))
    else:
        parts.append(words["no model" if found is None else "nothing"])
    if explained := entry.get("explained"):
        links = words["comma"].join(
            f"[{heading(target, language, root)}](../{page(target)})"
            for target in explained
        )
        parts.append(f"{words['explained']}{words['colon']}{links}")
    sources = words["comma"].join(map(source, entry["sources"]))
    parts.append(f"{words['sources']}{words['colon']}{sources}")
    parts.append(words["verified"].format(runs(group, root)[entry["id"]]["torch"]))
    return words["gap"].join(parts)


def page(target: str) -> str:
    """Return `page.md#heading` for `page#heading`."""
    name, hash_, anchor = target.partition("#")
    return f"{name}.md{hash_}{anchor}"


def heading(target: str, language: str, root: Path = ROOT) -> str:
    """Return the words of the heading that a target names."""
    name, _, anchor = target.partition("#")
    text = (root / "docs" / language / f"{name}.md").read_text(encoding="utf-8")
    pattern = rf"^#+ (.*?) \{{#{anchor or name.rpartition('/')[2]}\}}$"
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else name


def plain(markdown: str) -> str:
    """Return a title without the marks of code, escaped."""
    return html.escape(re.sub(r"`([^`]*)`", r"\1", markdown))


def titled(markdown: str) -> str:
    """Return a title as HTML."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(markdown, quote=False))


def index(language: str, root: Path = ROOT) -> str:
    """Return the index: by what one sees, by operation and by layer.

    The lists are HTML that symptoms.js filters; search engines of the site skip them,
    so that a pasted message leads to the entry itself.
    """
    words = WORDS[language]
    entries = [(g, e) for g, es in everything(root).items() for e in es]
    said: set[str] = set()
    lines = [
        f'<div id="symptom-filter" data-label="{words["filter"]}" '
        f'data-hits="{words["hits"]}" data-none="{words["no hits"]}"></div>',
        "",
    ]
    for facet, kinds in FACETS.items():
        lines += [f"## {words[facet]} {{#by-{facet}}}", ""]
        lines += ['<div class="symptoms" data-search-exclude>']
        for kind, names in kinds.items():
            here = [(g, e) for g, e in entries if kind in e[facet]]
            if not here:
                continue
            name = f"{facet}-{kind.lower()}"
            lines += [f'<h3 id="{name}">{names[language]}</h3>', "<ul>"]
            for group, entry in here:
                link = f'<a href="@language/symptoms/{group}.md#{entry["id"]}">'
                link += f"{titled(entry['title'][language])}</a>"
                message = " ".join(entry.get("message", "").split())
                message = html.escape(message, quote=False)
                if facet == "see" and kind == "error" and message:
                    link += f"\n<br><code>{message}</code>"
                data = ""
                if entry["id"] not in said:
                    said.add(entry["id"])
                    text = [entry["id"], entry.get("message", ""), *entry["layers"]]
                    named = FACETS["operation"]
                    text += [named[kind][language] for kind in entry["operation"]]
                    text.append(entry["said"][language])
                    for part in ("cause", "fix", "check"):  # the names they use
                        text += re.findall(r"`([^`]+)`", entry[part][language])
                    data = f' data-words="{plain(" ".join(text))}"'
                lines.append(f"<li{data}>{link}</li>")
            lines.append("</ul>")
        lines += ["</div>", ""]
    lines.append('<script src="@language/assets/symptoms.js" type="module"></script>')
    return "\n".join(lines)


def table(language: str, root: Path = ROOT) -> str:
    """Return the table of what diagnose finds in each reproduction."""
    words = WORDS[language]
    lines = [f"| {' | '.join(words['table'])} |", "|---|---|---|"]
    for group, entries in everything(root).items():
        for entry in entries:
            found, others = found_by_diagnose(entry, group, root)
            says = words["blank"]
            if found is not None:
                says = code(found, words) or words["none"]
            title = f"[{entry['title'][language]}]({group}.md#{entry['id']})"
            lines.append(f"| {title} | {says} | {code(others, words)} |")
    return "\n".join(lines)


def fill(markdown: str, language: str, root: Path = ROOT) -> str:
    """Replace the marks of a page by what they stand for."""
    markdown = GROUP.sub(lambda m: render(m[1], language, root), markdown)
    if INDEX in markdown:
        markdown = markdown.replace(INDEX, index(language, root))
    if DIAGNOSE in markdown:
        markdown = markdown.replace(DIAGNOSE, table(language, root))
    return markdown
