"""JSON from outside, whatever it contains: what is not as expected counts as empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from multigit.core.values.text import visible

Document = Mapping[str, Any]


def mapping(value: Any) -> Document:
    """Return a JSON object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> tuple[Document, ...]:
    """Return the objects of a JSON list; anything else counts as an empty one."""
    return tuple(map(mapping, value)) if isinstance(value, list) else ()


def text(value: Any) -> str:
    """Return a text, safe to print; anything else counts as empty."""
    return visible(value) if isinstance(value, str) else ""


def number(value: Any) -> int:
    """Return a whole number, which true is not; anything else counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
