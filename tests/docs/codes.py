"""The package's output as found in its source: codes of problems and errors, and texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.docs.stories import ROOT

# Codes that are composed at run time: f"unknown_{kind}", and how an operation was closed.
UNKNOWN = {"unknown_stage", "unknown_repository", "unknown_group"}
CLOSED = {"undone", "abandoned"}


def codes() -> set[str]:
    """Return every code in the package."""
    found = UNKNOWN | CLOSED
    files = (ROOT / "multigit").rglob("*.py")
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    imported = dict(constant for module in modules for constant in _constants(module))
    for module in modules:
        constants = {**imported, **dict(_constants(module))}
        for node in ast.walk(module):
            for expression in _expressions(node):
                found |= _texts(expression, constants)
    return found


def messages() -> Iterator[str]:
    """Yield every text in the package, with `…` for the values in it."""
    for file in (ROOT / "multigit").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str() as text):
                    yield text
                case ast.JoinedStr(values=values):
                    yield "".join(
                        str(v.value) if isinstance(v, ast.Constant) else "…" for v in values
                    )


def _constants(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the constants of a module that are strings."""
    for line in module.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str()) as value):
                yield name, value


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that are used as codes."""
    match node:
        case ast.Call(func=ast.Name(id="Problem"), args=[first, *_]):
            yield first
        case ast.Call(func=ast.Name(id="Finding"), args=[_, _, ast.Constant() as third, *_]):
            yield third
        case ast.Call(func=ast.Name(id="BadLine"), args=[_, ast.Constant(value=str(kind)), *_]):
            yield ast.Constant(f"log_{kind}")
        case ast.Call(keywords=keywords):
            yield from (each.value for each in keywords if each.arg == "code")
        case ast.ClassDef(body=body):
            for line in body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="code")], value=value):
                        yield value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            pairs = zip(names, values, strict=True)
            yield from (v for n, v in pairs if isinstance(n, ast.Name) and n.id == "code")
        case ast.Assign(targets=[ast.Name(id="_REASONS")], value=ast.Tuple(elts=rows)):
            yield from (row.elts[1] for row in rows if isinstance(row, ast.Tuple))
        case _:
            return


def _texts(expression: ast.expr, constants: Mapping[str, ast.expr]) -> set[str]:
    """Return the codes that an expression can be; a variable gets its value elsewhere."""
    match expression:
        case ast.Name(id=name) if name in constants:
            return _texts(constants[name], {})
        case ast.Constant(value=str(text)):
            return {text} - {""}
        case ast.IfExp(body=one, orelse=other):
            return _texts(one, constants) | _texts(other, constants)
        case _:
            return set()
