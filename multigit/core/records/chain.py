"""The chain of the deployment log: a record's canonical bytes, its number, and the line before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NO_LINE = "0" * 64
MARK = b'"prev":"'  # in every record
DEPLOYMENTS = b'"deployments":[{'  # in every record that has one
MOST = 2**53  # records; multigit writes no greater number


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: how many records there are, and the SHA-256 of the last line."""

    seq: int = 0
    sha256: str = NO_LINE


@dataclass(frozen=True, slots=True)
class BadLine:
    """The first line of a log that does not fit, counted from 1, with the reason."""

    line: int
    code: str
    message: str


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a record: sorted keys, ASCII, no spaces, no line break."""
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def canonical_text(text: str) -> bytes:
    """Return the bytes of a text in a record, as a value or as a key."""
    return json.dumps(text, ensure_ascii=True).encode()


def next_line(content: Mapping[str, Any], head: Head) -> tuple[bytes, Head]:
    """Return the line of a record after `head`, without its line break, and the new head."""
    line = canonical({**content, "seq": head.seq + 1, "prev": head.sha256})
    return line, Head(head.seq + 1, hashlib.sha256(line).hexdigest())


def content_of(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds, or None when it is not exactly a canonical record."""
    content = decoded(line) if MARK in line else None
    try:
        return content if content is not None and canonical(content) == line else None
    except (ValueError, RecursionError):
        return None


def decoded(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a line; None for anything else, however absurd."""
    if not line.startswith(b"{"):  # fast, in case there are millions of such lines
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def verify(lines: Sequence[bytes]) -> BadLine | Head:
    """Return the head of a sound log, or the first line that does not fit, with the reason.

    The reasons: edited (a line is not what was written), cut (lines are missing in between) and
    reordered (no line is missing, but the order is wrong). `lines` have no line breaks. The chain
    alone cannot show lines that are missing at the end, or a chain that was computed again; the
    deploy tags can.
    """
    head = Head()
    for number, line in enumerate(lines, start=1):
        content = content_of(line)
        if content is None:
            return BadLine(number, "edited", "is not a record as multigit writes it")
        found = number_of(content)
        if found != number:
            if any(number_of(content_of(each) or {}) == number for each in lines):
                return BadLine(number, "reordered", f"holds record {found}")
            return BadLine(number, "cut", f"holds record {found}: one is missing")
        if content.get("prev") != head.sha256:
            return _broken(number)
        head = Head(number, hashlib.sha256(line).hexdigest())
    return head


def number_of(record: Mapping[str, Any]) -> int:
    """Return a record's number in the log, or 0 if it has no number that is possible."""
    seq = record.get("seq")
    return seq if type(seq) is int and 0 < seq < MOST else 0


def _broken(number: int) -> BadLine:
    if number == 1:
        return BadLine(1, "edited", "claims that there was a line before it")
    return BadLine(number - 1, "edited", f"is not the line that line {number} was written after")
