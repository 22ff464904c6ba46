"""Marks of releases, as refs on the remote that all machines share."""

from __future__ import annotations

import json
from dataclasses import asdict

from multigit.core.values.mark import QUALITIES, Mark
from multigit.core.values.untrusted import known, table, text

MARKS = "refs/multigit/marks/"


def mark_ref(release: str) -> str:
    """Return the full name of the ref that marks a release."""
    return f"{MARKS}{release}"


def mark_bytes(mark: Mark) -> bytes:
    """Return the content of a mark's object."""
    return json.dumps(asdict(mark), sort_keys=True, indent=1).encode() + b"\n"


def read_mark(release: str, content: bytes) -> Mark | None:
    """Return the mark in the object at a release's ref, or None if multigit did not write it."""
    try:
        read = table(json.loads(content))
        mark = Mark(**known(Mark, read), quality=QUALITIES[text(read.get("quality"))])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return mark if mark.release == release else None
