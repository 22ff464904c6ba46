"""Deploy tags as anchors of the deployment log: each says how long the log was, and how it ended.

Anyone who can write the log can cut its end or compute the whole chain again, but cannot change the
tags on the remotes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from multigit.core.records.chain import BadLine, Head
from multigit.core.records.record import Record, record_in
from multigit.core.values.agreement import Accepted

LONGEST_NUMBER = 18  # digits; Python refuses to read thousands of them

_TRAILER = re.compile(r"^Multigit-(Operation|Log|Log-Seq|Log-Head): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TagAnchor:
    """What one tag says: when `operation` published it, the log `log` had `seq` lines.

    A log is named after its first operation, since every workspace has its own; `head` is the
    SHA-256 of line `seq`.
    """

    tag: str
    operation: str
    log: str
    seq: int
    head: str


def name_of(records: Iterable[Record]) -> str:
    """Return the name of a log: the operation of its first record, or empty.

    Not a review: that is recorded while the first operation, whose tags name the log, is running.
    """
    return next((each.operation for each in records if not each.reviews), "")


def trailer(operation: str, log: str, head: Head, accepted: Sequence[Accepted] = ()) -> str:
    """Return the last lines of a deploy tag's message: also what a person accepted, and why."""
    return (
        f"{''.join(_noted(accepted))}"
        f"Multigit-Operation: {operation}\n"
        f"Multigit-Log: {log or operation}\n"
        f"Multigit-Log-Seq: {head.seq}\n"
        f"Multigit-Log-Head: {head.sha256}"
    )


def _noted(accepted: Sequence[Accepted]) -> Iterator[str]:
    """Yield a line for each thing that was accepted, and one for the reason that they share."""
    for reason in dict.fromkeys(each.reason for each in accepted):
        same = (each for each in accepted if each.reason == reason)
        yield from dict.fromkeys(f"Multigit-Accepted: {each.code} {each.repo}\n" for each in same)
        if reason:
            yield f"Multigit-Reason: {' '.join(reason.split())}\n"


def anchor_in(tag: str, message: str) -> TagAnchor | None:
    """Return what a tag's message says about a log, or None if multigit did not write it."""
    found = dict(_TRAILER.findall(message))
    seq = found.get("Log-Seq", "")
    if not seq.isdecimal() or len(seq) > LONGEST_NUMBER:
        return None
    if not {"Operation", "Log", "Log-Head"} <= found.keys():
        return None
    return TagAnchor(tag, found["Operation"], found["Log"], int(seq), found["Log-Head"])


@dataclass(frozen=True, slots=True)
class TagComparison:
    """What the deploy tags say about a log.

    `own` tags were made for it, those of `others` for the logs of other workspaces; `silent` ones
    say nothing about any log. `bad` is the first line that an own tag contradicts.
    """

    own: int = 0
    others: int = 0
    silent: int = 0
    bad: BadLine | None = None


def compare_with_tags(
    lines: Sequence[bytes],
    anchors: Sequence[TagAnchor],
    *,
    ran: Collection[str] = (),
    unrecorded: Collection[str] = (),
    silent: int = 0,
) -> TagComparison:
    """Return what the tags say about a log whose `lines` form a sound chain.

    `ran` are the operations that ran in this workspace, as far as it still knows; `unrecorded` ones
    have no record, since they are unfinished or their journal was moved aside.
    """
    records = list(filter(None, map(record_in, lines)))
    known = {record.operation for record in records}
    heads = [hashlib.sha256(line).hexdigest() for line in lines]
    names = _names(anchors, name_of(records), known | {*ran, *unrecorded}, heads)
    own = sorted((each for each in anchors if each.log in names), key=lambda each: each.seq)
    found = (_contradicted(each, heads, known | {*unrecorded}) for each in own)
    bad = next(filter(None, found), None)
    return TagComparison(len(own), len(anchors) - len(own), silent, bad)


def _names(
    anchors: Iterable[TagAnchor], name: str, operations: Container[str], heads: Sequence[str]
) -> set[str]:
    """Return what tags call this log, including its name before its first lines were lost.

    A tag was made for this log if it names it, if its operation is in the log or ran in this
    workspace, or if it knows a line of this chain.
    """
    return {name} | {
        each.log
        for each in anchors
        if each.operation in operations or (each.seq > 0 and each.head in heads[each.seq - 1 :][:1])
    }


def _contradicted(tag: TagAnchor, heads: Sequence[str], known: Container[str]) -> BadLine | None:
    """Return the line of its log that a tag contradicts, or None."""
    if tag.seq > len(heads):
        lost = f"is missing: the tag {tag.tag} knows of {tag.seq} lines"
        return BadLine(len(heads) + 1, "cut", lost)
    if tag.seq and heads[tag.seq - 1] != tag.head:
        if tag.head in heads:
            was = f"was line {tag.seq} when the tag {tag.tag} was made"
            return BadLine(heads.index(tag.head) + 1, "cut", was)
        was = f"is not the line that the tag {tag.tag} was made after"
        return BadLine(tag.seq, "rewritten", was)
    if tag.operation not in known:
        return BadLine(tag.seq + 1, "cut", f"is missing: the tag {tag.tag} has no record here")
    return None
