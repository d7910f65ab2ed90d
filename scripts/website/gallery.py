"""The gallery of snippets: sentence, signatures and raw file, read from the files.

The two first lines of a snippet's docstring are its sentence in both languages. The
files are parsed, not imported: no torch is needed.
"""

import ast
from pathlib import Path

from mkdocs.exceptions import PluginError

from scripts.digest import ROOT

MARK = "<!-- gallery -->"
TOPICS = {
    "batch_norm": {"zh": "批量归一化", "en": "Batch normalization"},
    "norms": {"zh": "其他归一化", "en": "Other normalizations"},
    "dropout": {"zh": "Dropout", "en": "Dropout"},
    "initialization": {"zh": "初始化与观察", "en": "Initialization and watching"},
    "diagnose": {"zh": "诊断", "en": "Diagnosis"},
}
# Where a file defines more than it is for: the names that its reader calls.
CALLED = {
    "channels_first_layer_norm": ("ChannelsFirstLayerNorm",),
    "diagnose": ("diagnose",),
    "fold": ("fold_batch_norm",),
    "norms": ("LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm"),
    "synchronize": ("SyncBatchNorm",),
}


class GalleryError(PluginError):
    """A snippet that the gallery cannot show."""


def snippets(topic: str, root: Path = ROOT) -> list[Path]:
    """Return the snippets of a topic, without demonstrations."""
    found = sorted((root / "snippets" / topic).glob("[!_]*.py"))
    found = [path for path in found if not path.name.startswith("demo_")]
    if not found:
        raise GalleryError(f"no snippets found in snippets/{topic}")
    return found


def sentence(path: Path, language: str) -> str:
    """Return the first or second line of the docstring."""
    lines = (ast.get_docstring(ast.parse(path.read_bytes())) or "").splitlines()
    if len(lines) < 2 or not lines[1].strip():
        raise GalleryError(f"{path}: the docstring needs one line in each language")
    return lines[1 if language == "zh" else 0].strip()


def signatures(path: Path) -> list[str]:
    """Return `name(arguments)` of what a reader calls, without annotations."""
    found: list[str] = []
    for node in ast.parse(path.read_bytes()).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        if node.name not in CALLED.get(path.stem, (node.name,)):
            continue
        function: ast.stmt | None = node
        if isinstance(node, ast.ClassDef):
            functions = [f for f in node.body if isinstance(f, ast.FunctionDef)]
            function = next((f for f in functions if f.name == "__init__"), None)
        if node.name.startswith("_"):
            continue
        if not isinstance(function, ast.FunctionDef):  # as the class it is made from
            found.append(f"{node.name}(…)")
            continue
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for one in [*every, arguments.vararg, arguments.kwarg]:
            if one is not None:
                one.annotation = None
        arguments.args = [a for a in arguments.args if a.arg != "self"]
        found.append(f"{node.name}({ast.unparse(arguments)})")
    return found


def render(language: str, raw: str) -> str:
    """Return the gallery as Markdown; raw is the word for the raw file."""
    lines: list[str] = []
    for topic, names in TOPICS.items():
        lines += [f"## {names[language]} {{#{topic.replace('_', '-')}}}", ""]
        for path in snippets(topic):
            file = f"{topic}/{path.name}"
            calls = "<br>".join(f"<code>{s}</code>" for s in signatures(path))
            lines += [
                f"### {path.stem} {{#{path.stem.replace('_', '-')}-file}}",
                "",
                sentence(path, language),
                "",
                f"{calls}",
                "{.signature}" if calls else "",
                "",
                f'<a href="@root/snippets/{file}">{raw} <code>{file}</code></a>',
                "{.fine}",
                "",
            ]
    return "\n".join(lines)
