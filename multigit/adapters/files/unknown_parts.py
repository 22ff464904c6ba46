"""What a newer multigit wrote into a file, which this one would otherwise skip or misread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

LONGEST = 60


def unknown_part(content: object, kind: Any, at: str = "") -> str:
    """Return the first place in plain data that does not fit the type `kind`, or empty.

    That is a field that no class has, a step of another type, or a word that no enumeration has:
    `plan.repos[0].steps[2].type = "cherry_pick"`. What is missing, or of another shape altogether,
    is for the code that builds the values to refuse.
    """
    kinds = _alternatives(kind)
    if content is None or not kinds:
        return ""
    if len(kinds) > 1:
        return _of_one_type(content, kinds, at)
    (kind,) = kinds
    if words := _words(kind):
        return "" if content in words else _place(at, content)
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(content, Mapping):
        return _of_fields(content, kind, at)
    return _of_items(content, get_args(kind), at)


def _of_fields(content: Mapping[str, Any], kind: type, at: str) -> str:
    fields = _fields(kind)
    for name, value in content.items():
        inside = f"{at}.{name}" if at else name
        part = unknown_part(value, fields[name], inside) if name in fields else inside[:LONGEST]
        if part:
            return part
    return ""


def _of_items(content: object, kinds: tuple[Any, ...], at: str) -> str:
    if not kinds:
        return ""
    items: list[tuple[object, object]] = []
    if isinstance(content, Mapping):
        items = list(content.items())
    elif isinstance(content, list):
        kinds = kinds[:1]  # of a `tuple[X, ...]`
        items = list(enumerate(content))
    parts = (unknown_part(value, kinds[-1], f"{at}[{key}]") for key, value in items)
    return next(filter(None, parts), "")


def _of_one_type(content: object, kinds: tuple[Any, ...], at: str) -> str:
    """Check data of one of several classes, which their `type` distinguishes."""
    if not isinstance(content, Mapping) or "type" not in content:
        return ""
    for kind in kinds:
        if content["type"] in _words(_fields(kind)["type"]):
            return _of_fields(content, kind, at)
    return _place(f"{at}.type", content["type"])


def _alternatives(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) in {Union, UnionType}:
        return tuple(each for each in get_args(kind) if each is not NoneType)
    return (kind,)


def _words(kind: Any) -> tuple[Any, ...]:
    """Return the words that a type allows; none if it is not a type of words."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(each.value for each in kind)
    return get_args(kind) if get_origin(kind) is Literal else ()


@cache
def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _place(at: str, content: object) -> str:
    return f"{at} = {content!r}"[:LONGEST]
