"""Formulas as MathML, made when the site is built: no script, real text.

pymdownx.arithmatex finds `$…$` and `$$…$$`; math-core turns the LaTeX into MathML Core
and refuses what does not parse.
"""

import html
from pathlib import Path
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML
from mkdocs.exceptions import PluginError

from scripts.website.place import place


class FormulaError(PluginError):
    """LaTeX that does not parse; the message says where it stands."""


class FormulaProcessor(Treeprocessor):
    """Replace the text that arithmatex has marked by MathML."""

    def __init__(self, md: Markdown, extension: "FormulaExtension") -> None:
        super().__init__(md)
        self.extension = extension
        self.converter = LatexToMathML()

    def run(self, root: ElementTree.Element) -> None:
        """Convert every element of the class arithmatex."""
        for element in root.iter():
            if element.get("class") != "arithmatex":
                continue
            block = element.tag == "div"
            latex = html.unescape(element.text or "").strip()[
                2:-2
            ]  # without \( \) or \[ \]
            try:
                mathml = self.converter.convert_with_local_state(
                    latex, displaystyle=block
                )
            except LatexError as error:
                where = place(self.extension.page, latex) if self.extension.page else ""
                raise FormulaError(f"{where}: LaTeX: {error}") from error
            element.set("class", "formula")
            if block:  # a wide formula scrolls by itself, also with the keyboard
                element.set("tabindex", "0")
                element.set("role", "group")
                element.set("aria-label", self.extension.label())
            element.text = self.md.htmlStash.store(mathml)


class FormulaExtension(Extension):
    """Register the processor behind arithmatex; `page` is set for each page."""

    page: Path | None = None

    def label(self) -> str:
        """Name a formula that scrolls; the formula itself is read from its MathML."""
        return "公式" if self.page and "zh" in self.page.parts else "formula"

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Run after the inline patterns have marked the formulas."""
        md.treeprocessors.register(FormulaProcessor(md, self), "formulas", 5)
