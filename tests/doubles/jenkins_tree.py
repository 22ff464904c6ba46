"""The `tree` parameter of Jenkins: which parts of a value an answer contains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r"[A-Za-z_]\w*|\{\d*,?\d*\}|[\[\],]")

Tree = dict[str, tuple["Tree", slice]]


def chosen(value: Any, tree: str | None) -> Any:
    """The parts of `value` that a tree such as `number,builds[url,actions[id]]{0,10}` names.

    Raises ValueError for a tree that Jenkins would reject.
    """
    if not tree:
        return value
    tokens = _TOKEN.findall(tree)
    if "".join(tokens) != tree:
        raise ValueError(tree)
    if tokens.count("[") != tokens.count("]"):
        raise ValueError(tree)
    return _pick(value, _parsed(iter([*tokens, "]"])))


def _parsed(tokens: Iterator[str]) -> Tree:
    """The names up to the closing bracket, each with its subtree and its range."""
    found: Tree = {}
    name = ""
    for token in tokens:
        if token == "]":
            return found
        if token == "[":
            found[name] = (_parsed(tokens), found[name][1])
        elif token.startswith("{"):
            found[name] = (found[name][0], _range(token))
        elif token != ",":
            name = token
            found[name] = ({}, slice(None))
    raise ValueError(found)


def _range(token: str) -> slice:
    """{M,N}: from M to before N; {,N} and {M,} leave one end open; {N}: only number N."""
    begin, comma, end = token[1:-1].partition(",")
    if not comma:
        return slice(int(begin), int(begin) + 1)
    return slice(int(begin or 0), int(end) if end else None)


def _pick(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_pick(one, tree) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _pick(value[name][part] if isinstance(value[name], list) else value[name], below)
        for name, (below, part) in tree.items()
        if name in value
    }
