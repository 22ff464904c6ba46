"""Any text in a workflow file is read back unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from multigit.adapters.github.yaml import written

AWKWARD = [
    "", " ", "- a", "-", "*", "*-a", "&a", "!a", "yes", "No", "on", "Off", "true", "null", "~", "y",
    "1", "1.5", "0x1f", "1e3", "2025-01-15", "a: b", "a:", "a #b", "#a", "a ", " a", "a\nb", "a\tb",
    '"', "'", "\\", "%a", "@a", "`a", "{a}", "[a]", "a, b", "? a", "| a", "> a", "\x7f", "\x85",
    "\u2028", "\ufeff", "\U0001f600", "production EU: 1", "${{ inputs.a }}", "=", "<<",
]  # fmt: skip


def read(text: str, *, version: tuple[int, int] = (1, 2)) -> Any:
    """Return the content of a document."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return yaml.load(text)


def check(text: str) -> None:
    """Check that a text is read back as a value, key and list item, in both versions of YAML."""
    for version in ((1, 1), (1, 2)):
        for document in ({"a": text}, {text: {"b": "c"}}, {"a": [text]}):
            assert read(written(document), version=version) == document


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_stays_a_text(text: str) -> None:
    """It is not read as a number, a date, true, a comment or a mapping."""
    check(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_stays_a_text(text: str) -> None:
    """The configuration may contain anything."""
    check(text)


@pytest.mark.parametrize("text", ["production", "deploy-stg", "release/2.x", "Deploy to a (b)"])
def test_a_plain_text_is_not_quoted(text: str) -> None:
    """This keeps the file easy to read."""
    assert written({"a": text}) == f"a: {text}\n"
