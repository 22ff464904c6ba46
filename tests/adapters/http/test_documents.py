"""JSON from outside: values of the expected type are read, and all others count as empty."""

from __future__ import annotations

from typing import Any

from multigit.adapters.http.documents import mapping, mappings, number, text
from multigit.adapters.http.request import Reply


def test_what_is_expected_is_read() -> None:
    """Objects, lists of objects, numbers and texts are read, and texts are escaped."""
    assert (mapping({"a": 1}), mappings([{"a": 1}, 2])) == ({"a": 1}, ({"a": 1}, {}))
    assert (number(7), text("a\x1b[2J")) == (7, r"a\x1b[2J")


def test_anything_else_is_empty() -> None:
    """This includes True, although it is a number in Python."""
    odd: list[Any] = [None, True, "1", 1.5, ["a"], {"a": 1}]
    assert list(map(mapping, odd[:-1])) == [{}] * 5
    assert list(map(mappings, odd[:-2])) == [()] * 4
    assert list(map(number, odd)) == [0] * 6
    assert list(map(text, [*odd[:2], *odd[3:]])) == [""] * 5


def test_an_answer_that_is_not_json_has_no_document() -> None:
    """It may be nested too deeply, or be the HTML page of a proxy."""
    for body in ("", "<html>", "[" * 100_000):
        assert Reply(200, body).document() is None
    assert Reply(200, "[1]").document() == [1]
