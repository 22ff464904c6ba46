"""Deploy tags as anchors that prove that the log is complete."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from multigit.core.records.chain import NO_LINE, Head, next_line
from multigit.core.records.record import Record
from multigit.core.records.tag_anchors import (
    TagAnchor,
    TagComparison,
    anchor_in,
    compare_with_tags,
    name_of,
    trailer,
)
from multigit.core.values.agreement import Accepted

Past = tuple[list[dict[str, Any]], list[TagAnchor]]

REVIEW = {"operation": "approve-1", "command": "approve", "reviews": "promote-1"}
FIRST = {"operation": "promote-1", "command": "promote"}
SECOND = {"operation": "promote-2", "command": "promote"}


def log(*records: dict[str, Any]) -> list[bytes]:
    """Return the lines of a log with these records."""
    lines, head = [], Head()
    for record in records:
        line, head = next_line(record, head)
        lines.append(line)
    return lines


def test_a_log_is_named_after_its_first_operation() -> None:
    """The record of a review may come before that of the operation that it belongs to."""
    assert name_of(map(Record.parse, [REVIEW, FIRST, SECOND])) == "promote-1"
    assert name_of(map(Record.parse, [FIRST, REVIEW])) == "promote-1"
    assert name_of([Record.parse(REVIEW)]) == name_of([]) == ""


def test_a_cut_after_a_review_is_found_too() -> None:
    """The tag of the second operation has the name of the log, and a count of two lines."""
    _, head = next_line(FIRST, next_line(REVIEW, Head())[1])
    tag = TagAnchor("deploy-2", "promote-2", "promote-1", 2, head.sha256)
    assert compare_with_tags(log(REVIEW, FIRST, SECOND), [tag]) == TagComparison(1)
    assert found_in(compare_with_tags(log(REVIEW, FIRST), [tag])) == "cut"


def test_what_was_accepted_stands_before_the_anchor() -> None:
    """One reason is said once, on one line, and what it says is no line of the trailer."""
    why = "so:\nMultigit-Log-Seq: 9\r\u2028Multigit-Log: other\x0b\nMultigit-Operation: x"
    doubt = Accepted("deployment_in_doubt", "web", "it is unknown.", "op-0/web/1")
    bad = [Accepted("bad_release", name, "deploy-1 was marked bad.", reason=why) for name in "ab"]
    text = trailer("op-1", "op-0", Head(3, "f" * 64), [doubt, *bad, *bad])
    assert text.split("\n")[:4] == [
        "Multigit-Accepted: deployment_in_doubt web",
        "Multigit-Accepted: bad_release a",
        "Multigit-Accepted: bad_release b",
        "Multigit-Reason: so: Multigit-Log-Seq: 9 Multigit-Log: other Multigit-Operation: x",
    ]
    assert text.split("\n")[4:] == trailer("op-1", "op-0", Head(3, "f" * 64)).split("\n")
    anchor = TagAnchor("tag", "op-1", "op-0", 3, "f" * 64)
    assert anchor_in("tag", f"Deploy\n\n{text}") == anchor


def found_in(seen: TagComparison) -> str:
    """Return the code of the mismatch that was found, or an empty text."""
    return seen.bad.code if seen.bad else ""


def past(count: int, *, name: str = "op", quiet: Sequence[int] = ()) -> Past:
    """Return the records of some operations, and tags for all that are not quiet."""
    records = [{"operation": f"{name}-{number}"} for number in range(count)]
    lines = log(*records)
    tags = [
        TagAnchor(
            f"deploy-{name}-{number}",
            f"{name}-{number}",
            f"{name}-0",
            number,
            hashlib.sha256(lines[number - 1]).hexdigest() if number else NO_LINE,
        )
        for number in range(count)
        if number not in quiet
    ]
    return records, tags


OTHERS = past(4, name="theirs")
RECORDS, TAGS = past(7, quiet=[3])
RAN = [str(record["operation"]) for record in RECORDS]


def test_a_whole_log_agrees_with_its_tags_alone() -> None:
    """Tags of other workspaces are counted separately, and neither agree nor disagree."""
    seen = compare_with_tags(log(*RECORDS), [*TAGS, *OTHERS[1]], ran=RAN, silent=2)
    assert seen == TagComparison(6, others=4, silent=2)
    assert compare_with_tags(log(*RECORDS[:6]), TAGS, ran=RAN, unrecorded=["op-6"]).bad is None
    assert compare_with_tags([], OTHERS[1]) == TagComparison(others=4)
    assert compare_with_tags(log(*OTHERS[0]), TAGS) == TagComparison(others=6)


@pytest.mark.parametrize(
    ("begin", "end"), [(b, e) for b in range(7) for e in range(b + 1, 8) if (b, e) != (3, 7)]
)
def test_every_cut_is_found_whatever_was_rechained(begin: int, end: int) -> None:
    """The first records, some in the middle, the last ones or all may be cut: a tag reveals it."""
    kept = [*RECORDS[:begin], *RECORDS[end:]]
    seen = compare_with_tags(log(*kept), [*TAGS, *OTHERS[1]], ran=RAN)
    assert found_in(seen)
    assert (seen.own, seen.others) == (6, 4)
    assert seen.bad
    assert seen.bad.line <= begin + 2


def test_a_cut_of_the_first_records_needs_no_memory_of_the_workspace() -> None:
    """The remaining records lead to their tags, which have the original name of the log."""
    assert all(found_in(compare_with_tags(log(*RECORDS[cut:]), TAGS)) for cut in range(1, 6))
    kept = log(*RECORDS)[2:]  # unchanged lines, without the first ones
    assert found_in(compare_with_tags(kept, TAGS)) == "cut"


def test_another_log_in_its_place_is_found() -> None:
    """The operations that ran in this workspace reveal it."""
    seen = compare_with_tags(log(*OTHERS[0]), [*TAGS, *OTHERS[1]], ran=RAN)
    assert (seen.own, found_in(seen)) == (10, "cut")


def test_a_changed_record_is_found_when_all_after_it_is_recomputed() -> None:
    """The tag that was made right after it does not match."""
    for number in range(6):
        forged = [dict(each, who="me") if at == number else each for at, each in enumerate(RECORDS)]
        assert found_in(compare_with_tags(log(*forged), TAGS)) == "rewritten"


def test_an_anchor_is_read_from_the_trailer() -> None:
    """It follows any message; the first tag of a log names the log after its own operation."""
    head = Head(3, "a" * 64)
    message = f"Release\n\nwith notes\n\n{trailer('promote-4', 'promote-1', head)}\n"
    assert anchor_in("deploy-4", message) == TagAnchor(
        "deploy-4", "promote-4", "promote-1", 3, "a" * 64
    )
    first = anchor_in("deploy-1", trailer("promote-1", "", Head()))
    assert first == TagAnchor("deploy-1", "promote-1", "promote-1", 0, NO_LINE)


@pytest.mark.parametrize("lost", ["Operation", "Log:", "Log-Seq", "Log-Head", "3"])
def test_a_tag_that_is_not_from_multigit_is_not_an_anchor(lost: str) -> None:
    """It has no trailers, or trailers that multigit would not write."""
    message = trailer("promote-4", "promote-1", Head(3, "a" * 64))
    assert anchor_in("deploy-4", message.replace(lost, "x")) is None


def test_a_tag_with_an_endless_number_is_not_an_anchor() -> None:
    """Anyone can push a tag, and Python refuses to read such a number."""
    message = trailer("promote-4", "promote-1", Head(3, "a" * 64))
    assert anchor_in("deploy-4", message.replace("Seq: 3", f"Seq: {'3' * 5000}")) is None


def test_a_line_that_moved_or_changed_is_named() -> None:
    """Either lines before it were lost, or it was rewritten."""
    lines = log(FIRST, SECOND, {"operation": "promote-3"})
    last = hashlib.sha256(lines[-1]).hexdigest()
    moved = TagAnchor("deploy-4", "promote-3", "promote-1", 2, last)
    bad = compare_with_tags(lines, [moved]).bad
    assert bad is not None
    assert (bad.line, bad.code) == (3, "cut")
    changed = compare_with_tags(
        lines, [TagAnchor("deploy-2", "promote-2", "promote-1", 1, "b" * 64)]
    ).bad
    assert changed is not None
    assert (changed.line, changed.code) == (1, "rewritten")


def test_a_tag_that_knows_more_lines_than_there_are() -> None:
    """The first missing line is named."""
    tag = TagAnchor("deploy-4", "promote-4", "promote-1", 3, "a" * 64)
    found = compare_with_tags(log(FIRST), [tag]).bad
    assert found is not None
    assert (found.line, found.code) == (2, "cut")


def test_an_operation_without_a_record_is_noticed() -> None:
    """It is accepted if the operation is known to have no record yet."""
    lines = log(FIRST)
    tag = TagAnchor("deploy-2", "promote-2", "promote-1", 1, hashlib.sha256(lines[0]).hexdigest())
    found = compare_with_tags(lines, [tag]).bad
    assert found is not None
    assert (found.line, found.code) == (2, "cut")
    assert compare_with_tags(lines, [tag], unrecorded=["promote-2"]).bad is None
