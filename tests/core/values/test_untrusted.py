"""JSON from outside becomes values of the right types, and all else is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from multigit.core.values.untrusted import known, table, text


@dataclass(frozen=True)
class Part:
    """A part of a thing."""

    name: str = ""


@dataclass(frozen=True)
class Thing:
    """A class with a field of each supported type, and two that are not supported."""

    name: str = ""
    count: int = 7
    words: tuple[str, ...] = ()
    parts: tuple[Part, ...] | None = None
    whole: Part = Part()
    inner: Part | None = None
    flag: bool = False
    rest: Mapping[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("content", "thing"),
    [
        ({}, Thing()),
        ({"name": "x", "count": 3, "other": 1}, Thing("x", 3)),
        ({"name": None, "count": True}, Thing()),
        ({"name": ["x"], "count": 3.0}, Thing()),
        ({"inner": {"name": "x", "other": 1}, "flag": True}, Thing(inner=Part("x"), flag=True)),
        ({"inner": ["x"], "flag": 1}, Thing()),
        ({"words": ["a", 1, None, "b"]}, Thing(words=("a", "b"))),
        ({"words": "ab", "parts": {"name": "x"}}, Thing()),
        ({"parts": []}, Thing(parts=())),
        ({"parts": [{"name": "x"}, "y", {"name": 1}]}, Thing(parts=(Part("x"), Part()))),
        ({"whole": {"name": "x"}, "rest": {"a": 1}}, Thing()),
    ],
)
def test_what_has_another_type_counts_as_missing(content: dict[str, Any], thing: Thing) -> None:
    """Wrong elements of a list are left out, and fields of other types are not read."""
    assert Thing(**known(Thing, content)) == thing


@pytest.mark.parametrize("value", [None, 1, ["x"], b"x"])
def test_anything_but_a_text_or_an_object_is_empty(value: object) -> None:
    """Callers therefore do not have to check it."""
    assert (text(value), table(value)) == ("", {})
    assert (text("x"), table({"a": 1})) == ("x", {"a": 1})
