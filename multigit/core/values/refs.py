"""The full names of branches and tags, and the short ones that people say."""

from __future__ import annotations

from collections.abc import Mapping

Objects = Mapping[str, str]  # what refs shall point at: object ids by full name; empty: deleted

HEADS = "refs/heads/"
TAGS = "refs/tags/"


def branch_ref(branch: str) -> str:
    """Return the full name of a branch's ref."""
    return f"{HEADS}{branch}"


def tag_ref(tag: str) -> str:
    """Return the full name of a tag's ref."""
    return f"{TAGS}{tag}"


def short(ref: str) -> str:
    """Return a ref's name as people say it."""
    return ref.removeprefix(HEADS).removeprefix(TAGS)
