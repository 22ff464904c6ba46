"""Values from JSON that someone else wrote: what is of another type counts as missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

T = TypeVar("T")
Read = Callable[[list[Any]], tuple[Any, ...]]


def text(value: object) -> str:
    """Return a text; anything else counts as empty. It may hold control characters."""
    return value if isinstance(value, str) else ""


def table(value: object) -> Mapping[str, Any]:
    """Return an object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}


def known(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values of an object for which a dataclass has a field of that name and type.

    Texts and integers are read, and tuples of texts, or of such classes, from lists. Elements of
    another type are left out of a list.
    """
    of_one, of_many = _fields(kind)
    found = {name: value for name, of in of_one if type(value := content.get(name)) is of}
    for name, read in of_many:
        if type(value := content.get(name)) is list:
            found[name] = read(value)
    return found


class _Fields(NamedTuple):
    """The fields of a class that can be read, each with its type, or with a reader of lists."""

    of_one: tuple[tuple[str, type], ...]
    of_many: tuple[tuple[str, Read], ...]


@cache
def _fields(kind: type) -> _Fields:
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    of_one = tuple((name, hints[name]) for name in names if hints[name] in {str, int})
    found = ((name, _reader(hints[name])) for name in names)
    return _Fields(of_one, tuple((name, read) for name, read in found if read))


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


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(each for each in values if isinstance(each, str))


def _all(kind: type[T], values: list[Any]) -> tuple[T, ...]:
    return tuple(kind(**known(kind, each)) for each in values if isinstance(each, dict))
