"""From the source of a lab to the executed notebook of one language.

A number in the text is `{{ expression:format }}`, filled in from the names that the
notebook has when it has run.
"""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from scripts.digest import ROOT, digest
from scripts.figures.parts.svg import finish
from scripts.labs.parts.percent import Cell, LabError, cells

SECONDS = 240  # for one cell, on a busy machine
LANGUAGE = re.compile(r'^LANGUAGE = "\w+"', re.MULTILINE)
HEADING = re.compile(r"^(#+ .*?) \{#([\w-]+)\}$", re.MULTILINE)
NUMBER = re.compile(r"\{\{ (.+?)(?::([-+.,%\w]+))? \}\}")
PAPER = (
    "<style>:root{--paper:#fffefb}"
    "@media(prefers-color-scheme:dark){:root{--paper:#16181d}}"
)
# What a notebook that is not trusted yet shows in the place of a figure.
UNSEEN = {
    "zh": "[图：运行这一格，或选择“信任笔记本”，就会显示] ",
    "en": "[Figure: run this cell, or trust the notebook, to see it] ",
}
VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def source(path: Path, root: Path = ROOT) -> str:
    """Digest of what a notebook is made from."""
    here = root / "scripts/labs/parts"
    ours = [here / "notebook.py", here / "percent.py"]
    return digest(ours, path.read_text(encoding="utf-8"), root=root)


def notebook(path: Path, language: str) -> Any:
    """Make the notebook of a language, not yet executed."""
    made: list[Any] = []
    described = False
    for cell in cells(path):
        if cell.kind == "code":
            text = LANGUAGE.sub(f'LANGUAGE = "{language}"', cell.text)
            made.append(new_code_cell(text))
        elif cell.language == language and cell.kind == "alt":
            made[-1].metadata["alt"] = " ".join(cell.text.split())
        elif cell.language == language:
            # Jupyter knows no {#id}; the site turns the anchor back into one.
            text = HEADING.sub(r'\1 <a id="\2"></a>', cell.text)
            made.append(new_markdown_cell(text))
            described = described or _described(path, cell)
    for index, cell in enumerate(made):
        cell.id = f"cell-{index + 1}"
    about = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return new_notebook(cells=made, metadata=about | {"source": source(path)})


def _described(path: Path, cell: Cell) -> bool:
    if not re.match(r"# .+\n\n\*\*.+\*\*", cell.text):
        raise LabError(f"{path.name}:{cell.line}: expected a title, then a bold line")
    return True


def executed(path: Path, language: str) -> Any:
    """Run a notebook from top to bottom in an empty folder, outside the repository."""
    made = notebook(path, language)
    asked = _numbers(made)
    if asked:
        made.cells.append(new_code_cell(_telling(asked)))
    with tempfile.TemporaryDirectory() as folder:
        # Sockets in a folder: nothing listens on the network.
        manager = AsyncKernelManager(
            kernel_name="python3", transport="ipc", ip=f"{folder}/kernel"
        )
        empty = Path(folder, "empty")
        empty.mkdir()
        client = NotebookClient(
            made,
            km=manager,
            timeout=SECONDS,
            record_timing=False,
            resources={"metadata": {"path": str(empty)}},
        )
        try:
            client.execute(cleanup_kc=True)  # not by default: the manager is ours
        except CellExecutionError as error:
            raise LabError(f"{path.name} ({language}): {error}") from error
    if asked:
        told = json.loads(made.cells.pop().outputs[0].text)
        _fill(made, dict(zip(asked, told, strict=True)))
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = _outputs(path, cell, made.metadata["source"], language)
            cell.metadata = {k: v for k, v in cell.metadata.items() if k == "alt"}
    made.metadata = {
        key: made.metadata[key] for key in ("kernelspec", "language_info", "source")
    }
    made.metadata["language_info"] = {"name": "python"}
    nbformat.validate(made)
    return made


def _numbers(made: Any) -> list[tuple[str, str]]:
    """Return the expressions that the text asks for, each with its format."""
    texts = [
        cell.metadata.get("alt", "") if cell.cell_type == "code" else cell.source
        for cell in made.cells
    ]
    return list(dict.fromkeys(NUMBER.findall("\n".join(texts))))


def _telling(asked: list[tuple[str, str]]) -> str:
    """Return code that prints them all, to be run last."""
    each = ", ".join(f"format({what}, {how!r})" for what, how in asked)
    return f"import json\nprint(json.dumps([{each}]))"


def _fill(made: Any, values: dict[tuple[str, str], str]) -> None:
    """Put the numbers into the text, with the minus sign of print."""

    def one(match: re.Match[str]) -> str:
        return values[match[1], match[2] or ""].replace("-", "−")

    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = NUMBER.sub(one, cell.source)
        elif "alt" in cell.metadata:
            cell.metadata["alt"] = NUMBER.sub(one, cell.metadata["alt"])


def _outputs(path: Path, cell: Any, mark: str, language: str) -> list[Any]:
    """Keep what was printed and drawn; refuse warnings and figures without words.

    A figure brings its own paper: the notebook may be read in an editor whose colours
    differ from the system's. Before it is trusted, the editor shows its words instead.
    """
    kept: list[Any] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise LabError(
                    f"{path.name}: printed an error or warning: {output.text}"
                )
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
                continue
        elif "image/svg+xml" in output.get("data", {}):
            if "alt" not in cell.metadata:
                raise LabError(f"{path.name}: a figure without words: {cell.source}")
            svg = output.data["image/svg+xml"]
            match = VIEW_BOX.search(svg)
            height = round(float(match[2])) if match else 0
            svg = svg.replace("fill: #ffffff", "fill: var(--paper)", 1)
            svg = finish(svg, height, mark).replace("<style>", PAPER, 1)
            words = UNSEEN[language] + cell.metadata["alt"]
            output.data = {"image/svg+xml": svg, "text/plain": words}
            output.metadata = {}
        kept.append(output)
    return kept


def printed(made: Any) -> list[str]:
    """Return what each code cell printed, for comparison."""
    return [
        "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell.outputs
        )
        for cell in made.cells
        if cell.cell_type == "code"
    ]


def written(made: Any) -> list[str]:
    """Return the text cells, whose numbers come from the run."""
    return [cell.source for cell in made.cells if cell.cell_type == "markdown"]
