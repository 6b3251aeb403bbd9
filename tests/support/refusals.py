"""The reasons that sources give when they refuse, with samples in their blanks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

Reason = tuple[str, str]  # (the text with empty braces, the text with samples)


def blanks(node: ast.expr, samples: Mapping[str, str]) -> Reason | None:
    """The reason in a literal or an f-string. `samples`: part of an expression -> what stands in its blank."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    bare, filled = "", ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            bare, filled = bare + str(part.value), filled + str(part.value)
        else:
            source = ast.unparse(part)
            bare += "{}"
            filled += next((value for name, value in samples.items() if name in source), "x1")
    return bare, filled


def said_in(path: Path, samples: Mapping[str, str]) -> set[Reason]:
    """Every reason of `Refused(...)` in a module, also of one that was given a name a line before."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        found
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in _refusals(function)
        if (found := blanks(node, samples)) is not None
    }


def _refusals(function: ast.FunctionDef) -> Iterator[ast.expr]:
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused" and node.args:
            [given, *_] = node.args
            yield from named.get(given.id, []) if isinstance(given, ast.Name) else [given]
