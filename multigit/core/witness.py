"""Deploy tags as witnesses of the deployment log: each says how long it was, and how it ended.

Whoever can write the log can cut its end or compute the whole chain anew; the tags on the remotes
are out of that person's reach.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multigit.core.record import BadLine, Head, parse

_TRAILER = re.compile(r"^Multigit-(Operation|Log|Log-Seq|Log-Head): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Witness:
    """What one tag says: when `operation` published it, the log `log` had `seq` lines.

    A log is known by its first operation, since every workspace has its own; `head` is the SHA-256
    of line `seq`.
    """

    tag: str
    operation: str
    log: str
    seq: int
    head: str


def name_of(records: Iterable[Mapping[str, Any]]) -> str:
    """Return what a log is known by: the operation of its first record, or empty.

    Not a review: that is recorded while the first operation, whose tags name the log, goes on.
    """
    first = next((each for each in records if not each.get("reviews")), {})
    return str(first.get("operation", ""))


def trailer(operation: str, log: str, head: Head) -> str:
    """Return the last lines of a deploy tag's message."""
    return (
        f"Multigit-Operation: {operation}\n"
        f"Multigit-Log: {log or operation}\n"
        f"Multigit-Log-Seq: {head.seq}\n"
        f"Multigit-Log-Head: {head.sha256}"
    )


def witness(tag: str, message: str) -> Witness | None:
    """Return what a tag's message testifies, or None when multigit did not write it."""
    found = dict(_TRAILER.findall(message))
    if not {"Operation", "Log", "Log-Seq", "Log-Head"} <= found.keys():
        return None
    seq = found["Log-Seq"]
    if not seq.isdecimal():
        return None
    return Witness(tag, found["Operation"], found["Log"], int(seq), found["Log-Head"])


def cross_examine(
    lines: Sequence[bytes], witnesses: Iterable[Witness], unfinished: Sequence[str] = ()
) -> BadLine | None:
    """Return the first line that a tag contradicts, or None. `lines` form a sound chain.

    Tags of other workspaces' logs say nothing about this one. An operation whose tag exists must
    have its record, unless it is unfinished.
    """
    records = [parse(line) or {} for line in lines]
    own = name_of(records)
    known = {record.get("operation") for record in records} | set(unfinished)
    for each in sorted(witnesses, key=lambda each: each.seq):
        if each.log != own and not (own == "" and each.log == each.operation):
            continue
        if each.seq > len(lines):
            return BadLine(
                len(lines) + 1, "cut", f"is missing: the tag {each.tag} knows of {each.seq} lines"
            )
        if each.seq and hashlib.sha256(lines[each.seq - 1]).hexdigest() != each.head:
            return BadLine(
                each.seq, "rewritten", f"is not the line that the tag {each.tag} was made after"
            )
        if each.operation not in known:
            return BadLine(
                len(lines) + 1, "cut", f"is missing: the tag {each.tag} has no record here"
            )
    return None
