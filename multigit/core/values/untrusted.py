"""Values from JSON that someone else wrote: what is of another type counts as missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")
Read = Callable[[Any], Any]


def text(value: object) -> str:
    """Return a text; anything else counts as empty. It may hold control characters."""
    return value if isinstance(value, str) else ""


def table(value: object) -> Mapping[str, Any]:
    """Return an object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}


def known(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values of an object for which a dataclass has a field of that name and type.

    Texts, numbers and truth values are read, such a class that may be None from an object, and
    tuples of texts, or of such classes, from lists. Elements of another type are left out of a
    list.
    """
    return {
        name: read(value) if read else value
        for name, of, read in _fields(kind)
        if type(value := content.get(name)) is of
    }


@cache
def _fields(kind: type) -> tuple[tuple[str, type, Read | None], ...]:
    """Return the fields of a class that can be read: name, type in JSON, and its reader."""
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    plain = [(name, hints[name], None) for name in names if hints[name] in {str, int, bool}]
    lists = [(name, list, read) for name in names if (read := _reader(hints[name]))]
    objects = [(name, dict, read) for name in names if (read := _object_reader(hints[name]))]
    return (*plain, *lists, *objects)


def _reader(hint: Any) -> Read | None:
    """Return a reader of lists for a tuple type; None if it is not one, or of other types."""
    inner = [each for each in get_args(hint) if each not in {NoneType, ...}]
    if len(inner) != 1:
        return None
    (kind,) = inner
    if NoneType in get_args(hint):
        return _reader(kind)
    if kind is str:
        return _texts
    return partial(_all, kind) if isinstance(kind, type) and is_dataclass(kind) else None


def _object_reader(hint: Any) -> Read | None:
    """Return a reader of objects for a class that may be None; None if it is not one."""
    inner = [each for each in get_args(hint) if each is not NoneType]
    if len(inner) != 1 or NoneType not in get_args(hint):
        return None
    (kind,) = inner
    return partial(_one, kind) if isinstance(kind, type) and is_dataclass(kind) else None


def _one(kind: type[T], value: Mapping[str, Any]) -> T:
    return kind(**known(kind, value))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(each for each in values if isinstance(each, str))


def _all(kind: type[T], values: list[Any]) -> tuple[T, ...]:
    return tuple(kind(**known(kind, each)) for each in values if isinstance(each, dict))
