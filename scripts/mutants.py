"""Every small fault that can be made in a Python file, one at a time.

Operators, numbers, names in strings, booleans, conditions, keyword arguments, swapped
arguments, results, calls, raises, contexts. Docstrings, annotations, f-strings and the
texts of errors stay as they are.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NOTHING = "__import__('contextlib').nullcontext()"
# Swapping their arguments changes nothing.
SYMMETRIC = {"max", "maximum", "min", "minimum", "promote_types", "transpose"}
# Each operator with what stands in for it.
OPERATORS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Lt: ("<", "<=", ">="),
    ast.LtE: ("<=", "<", ">"),
    ast.Gt: (">", ">=", "<="),
    ast.GtE: (">=", ">", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.MatMult: ("@", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}
Edit = tuple[ast.AST, ast.AST, str, str]  # from, to (whole nodes), where, new text


@dataclass(frozen=True)
class Mutant:
    """One fault: the line before and after, and the whole text that has it."""

    line: int
    where: str
    original: str
    mutated: str
    text: bytes


def mutants(text: bytes) -> list[Mutant]:
    """Every fault that this file knows to make in a Python file."""
    starts = [0]
    for row in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))

    def place(node: Any, end: bool = False) -> int:
        if end:
            return starts[node.end_lineno - 1] + node.end_col_offset
        return starts[node.lineno - 1] + node.col_offset

    def shown(whole: bytes, start: int, end: int) -> str:
        start = whole.rfind(b"\n", 0, start) + 1
        end = whole.find(b"\n", end)
        return " ".join(whole[start:end].decode().split())

    found: list[Mutant] = []
    for first, last, where, kind in _edits(ast.parse(text), ""):
        # A gap between two nodes starts where the first ends.
        gap = first is not last
        start, end = place(first, end=gap), place(last, end=not gap)
        if gap:  # only the operator in it changes, or the arguments change places
            old = text[start:end].decode()
            if kind == "swap":
                start, end = place(first), place(last, end=True)
                left = text[start : place(first, end=True)].decode()
                new = text[place(last) : end].decode() + old + left
            else:
                before, after = kind.split("→")
                new = old.replace(before, after, 1)
        elif kind == "negate":
            new = f"not ({text[start:end].decode()})"
        else:
            new = kind
        whole = text[:start] + new.encode() + text[end:]
        line = shown(text, start, end), shown(whole, start, start + len(new.encode()))
        if line[0] != line[1]:
            found.append(Mutant(text.count(b"\n", 0, start) + 1, where, *line, whole))
    return sorted(set(found), key=lambda m: (m.line, m.mutated))


def _edits(node: ast.AST, where: str) -> Iterator[Edit]:
    """Edits of a node and below; not of docstrings, annotations, f-strings, raises."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        where = f"{where}.{node.name}".lstrip(".")
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call):
                yield decorator, decorator, where, "(lambda same: same)"
    yield from ((a, b, where, new) for a, b, new in _own_edits(node))
    if isinstance(node, (ast.Raise, ast.JoinedStr)):
        return
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _edits(child, where)


def _is_text(node: ast.AST) -> bool:
    """Docstrings; what only the type checker reads."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    names = {"cast", "TypeVar"}
    return isinstance(node, ast.Call) and ast.unparse(node.func) in names


def _own_edits(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    operands: list[tuple[ast.AST, ast.AST, ast.AST]] = []
    match node:
        case ast.Compare():
            values = [node.left, *node.comparators]
            operands = list(zip(values, node.ops, values[1:], strict=False))
        case ast.BoolOp():
            operands = [(a, node.op, b) for a, b in zip(node.values, node.values[1:])]  # noqa: B905
        case ast.BinOp():
            operands = [(node.left, node.op, node.right)]
        case ast.AugAssign():
            before, after = OPERATORS[type(node.op)]
            yield node.target, node.value, f"{before}=→{after}="
            yield node, node, "pass"
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node, node, f"({ast.unparse(node.operand)})"
        case ast.Constant():
            yield from ((node, node, new) for new in _other_values(node.value))
        case ast.Call():
            for i, keyword in enumerate(node.keywords):
                rest = node.keywords[:i] + node.keywords[i + 1 :]
                if keyword.arg:
                    call = ast.Call(func=node.func, args=node.args, keywords=rest)
                    yield node, node, ast.unparse(call)
            name = ast.unparse(node.func).split(".")[-1]
            starred = any(isinstance(a, ast.Starred) for a in node.args[:2])
            if len(node.args) > 1 and name not in SYMMETRIC and not starred:
                yield node.args[0], node.args[1], "swap"
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield node, node, "pass"
        case ast.Return(value=ast.expr() as value):
            yield value, value, "None"
        case ast.withitem():
            yield node.context_expr, node.context_expr, NOTHING
        case ast.If() | ast.While() | ast.IfExp() | ast.comprehension():
            tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
            for test in tests:
                if not isinstance(test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                    yield test, test, "negate"
        case _:
            pass
    for left, operator, right in operands:
        before, *others = OPERATORS.get(type(operator), ("",))
        yield from ((left, right, f"{before}→{other}") for other in others)


def _other_values(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield str(value + 1)
    elif isinstance(value, float):
        yield str(2 * value or 1.0)
    elif isinstance(value, str) and value.isidentifier():  # a name, not prose
        yield repr(value + "_")
