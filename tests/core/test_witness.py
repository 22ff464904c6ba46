"""Deploy tags as witnesses: whose log they know."""

from __future__ import annotations

from typing import Any

from multigit.core.record import Head, next_line
from multigit.core.witness import Witness, cross_examine, name_of

REVIEW = {"operation": "approve-1", "command": "approve", "reviews": "promote-1"}
FIRST = {"operation": "promote-1", "command": "promote"}
SECOND = {"operation": "promote-2", "command": "promote"}


def log(*records: dict[str, Any]) -> list[bytes]:
    """Return the lines of a log that holds these records."""
    lines, head = [], Head()
    for record in records:
        line, head = next_line(record, head)
        lines.append(line)
    return lines


def test_a_log_is_known_by_its_first_operation() -> None:
    """A review may be recorded before the operation that it belongs to."""
    assert name_of([REVIEW, FIRST, SECOND]) == "promote-1"
    assert name_of([FIRST, REVIEW]) == "promote-1"
    assert name_of([REVIEW]) == name_of([]) == ""


def test_a_cut_is_found_behind_a_review_too() -> None:
    """The tag of the second operation knows the log by the first, and that it has two lines."""
    _, head = next_line(FIRST, next_line(REVIEW, Head())[1])
    tag = Witness("deploy-2", "promote-2", "promote-1", 2, head.sha256)
    assert cross_examine(log(REVIEW, FIRST, SECOND), [tag]) is None
    cut = cross_examine(log(REVIEW, FIRST), [tag])
    assert cut
    assert cut.code == "cut"
