"""Each record has exactly one line, and no line can change unnoticed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multigit.core.records.chain import (
    NO_LINE,
    BadLine,
    Head,
    canonical,
    content_of,
    next_line,
    verify,
)


def chained(contents: Sequence[dict[str, Any]]) -> tuple[list[bytes], Head]:
    """Return the lines of a log with these records, and its head."""
    lines, head = [], Head()
    for content in contents:
        line, head = next_line(content, head)
        lines.append(line)
    return lines, head


def rechained(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines with new hashes and the old numbers, as a careful forger would."""
    forged, before = [], NO_LINE
    for line in lines:
        forged.append(canonical({**json.loads(line), "prev": before}))
        before = sha256(forged[-1]).hexdigest()
    return forged


LINES, HEAD = chained([{"result": "done", "message": f"release {n} é"} for n in range(1, 6)])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


def test_the_canonical_bytes_are_sorted_ascii_without_spaces() -> None:
    """A record has one line, whatever the order of its keys."""
    content = {"b": ["é", None, 1], "a": {"d": "x\ny", "c": True}}
    assert canonical(content) == b'{"a":{"c":true,"d":"x\\ny"},"b":["\\u00e9",null,1]}'


def test_a_line_carries_its_number_and_the_hash_of_the_one_before() -> None:
    """The first follows sixty-four zeros."""
    first, head = next_line({"x": 1}, Head())
    second, after = next_line({"x": 2}, head)
    assert first == b'{"prev":"%b","seq":1,"x":1}' % (b"0" * 64)
    assert second == b'{"prev":"%b","seq":2,"x":2}' % sha256(first).hexdigest().encode()
    assert after == Head(2, sha256(second).hexdigest())


def test_a_record_cannot_choose_its_own_place() -> None:
    """The log sets its number and hash, whatever the content says."""
    line, _ = next_line({"seq": 9, "prev": "x"}, Head())
    assert line == canonical({"seq": 1, "prev": NO_LINE})


@settings(max_examples=25)
@given(st.dictionaries(st.text(), JSON))
def test_what_is_written_can_be_read(content: dict[str, Any]) -> None:
    """Every record is read as it was written, from one line of ASCII."""
    line, _ = next_line(content, Head())
    assert content_of(line) == {**content, "seq": 1, "prev": NO_LINE}
    assert line.isascii()
    assert b"\n" not in line


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\r',
        b' {"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":"\xc3\xa9"}',
        b'{"a":"\xff"}',
        b'{"a":"\\u00E9"}',
        b'{"a":"\\/"}',
        b'{"a":1e2}',
        b"\xef\xbb\xbf{}",
        b'{"a":1}'.decode().encode("utf-16"),
        b'{"a":' * 20_000,
    ],
)
def test_a_line_that_is_not_canonical_is_not_a_record(line: bytes) -> None:
    """Multigit never writes the same content in other bytes."""
    assert content_of(line) is None


def test_an_empty_log_is_sound() -> None:
    """Its head is the one that the first record follows."""
    assert verify([]) == Head(0, "0" * 64)


def test_a_whole_log_is_sound() -> None:
    """Its head is that of the last line."""
    assert verify(LINES) == HEAD == Head(5, sha256(LINES[-1]).hexdigest())


def test_no_bit_can_flip_unnoticed() -> None:
    """The line or the one before it is named; only a change in the last line shows in the head."""
    log = b"\n".join(LINES[:3])
    _, head = chained([json.loads(line) for line in LINES[:3]])
    for bit in range(8 * len(log)):
        flipped = bytearray(log)
        flipped[bit // 8] ^= 1 << bit % 8
        found, hit = verify(bytes(flipped).split(b"\n")), log[: bit // 8].count(b"\n") + 1
        assert found != head
        assert (isinstance(found, Head) and hit == 3) or (
            isinstance(found, BadLine) and found.line in {hit - 1, hit}
        ), (bit, found)


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_deleted_line_is_noticed(line: int) -> None:
    """The first line after the gap is named, with its number."""
    found = verify([*LINES[: line - 1], *LINES[line:]])
    assert found == BadLine(line, "cut", f"holds record {line + 1}: one is missing")


def test_a_cut_end_shows_in_the_head() -> None:
    """The rest is sound, but its head differs from the one in the deploy tags."""
    assert verify(LINES[:3]) == Head(3, sha256(LINES[2]).hexdigest())


@settings(max_examples=50)
@given(st.permutations(range(5)).filter(lambda order: order != list(range(5))))
def test_lines_in_another_order_are_found(order: list[int]) -> None:
    """The first line that is out of place is named."""
    found = verify([LINES[index] for index in order])
    first = next(place for place, index in enumerate(order) if place != index)
    assert found == BadLine(first + 1, "reordered", f"holds record {order[first] + 1}")


@settings(max_examples=50)
@given(st.sets(st.integers(0, 3), min_size=1))
def test_lines_missing_in_between_are_found(gone: set[int]) -> None:
    """The first gap is named, whatever the number of gaps."""
    found = verify([line for index, line in enumerate(LINES) if index not in gone])
    assert isinstance(found, BadLine)
    assert (found.line, found.code) == (min(gone) + 1, "cut")


def test_swapped_lines_are_found() -> None:
    """The first of the two is named."""
    swapped = [LINES[0], LINES[2], LINES[1], *LINES[3:]]
    assert verify(swapped) == BadLine(2, "reordered", "holds record 3")


def test_a_gap_shows_although_the_hashes_were_recomputed() -> None:
    """A forger who recomputes the hashes still leaves a gap in the numbers."""
    forged = rechained([*LINES[:2], *LINES[3:]])
    assert verify(forged) == BadLine(3, "cut", "holds record 4: one is missing")


def test_a_whole_new_chain_shows_in_the_head() -> None:
    """The head differs from the one in the deploy tags, which a forger cannot rewrite."""
    forged = rechained([LINES[0].replace(b"release 1", b"release x"), *LINES[1:]])
    found = verify(forged)
    assert isinstance(found, Head)
    assert found.seq == HEAD.seq
    assert found != HEAD


def test_an_edited_record_is_named() -> None:
    """An edit that keeps the form does not match the hash in the next line."""
    edited = [LINES[0], LINES[1].replace(b"release 2", b"release 9"), *LINES[2:]]
    message = "is not the line that line 3 was written after"
    assert verify(edited) == BadLine(2, "edited", message)


def test_an_edited_form_is_named() -> None:
    """A line that is not in canonical form is bad, even if its content is the same."""
    edited = [LINES[0], LINES[1].replace(b":", b": ", 1), *LINES[2:]]
    assert verify(edited) == BadLine(2, "edited", "is not a record as multigit writes it")


def test_an_added_line_is_found() -> None:
    """This covers an invented record, a repeated one and an empty line."""
    invented = canonical({"seq": 3, "prev": sha256(LINES[1]).hexdigest(), "result": "done"})
    found = verify([*LINES[:2], invented, *LINES[2:]])
    assert found == BadLine(4, "reordered", "holds record 3")
    assert verify([*LINES[:2], *LINES[1:]]) == BadLine(3, "reordered", "holds record 2")
    message = "is not a record as multigit writes it"
    assert verify([*LINES, b""]) == BadLine(6, "edited", message)


def test_the_first_line_follows_nothing() -> None:
    """A first record that follows another one was cut off from a longer log."""
    first = canonical({"seq": 1, "prev": HEAD.sha256})
    assert verify([first]) == BadLine(1, "edited", "claims that there was a line before it")


def test_a_record_without_a_number_is_out_of_place() -> None:
    """A missing hash is found, too."""
    assert verify([canonical({"prev": NO_LINE})]) == BadLine(
        1, "cut", "holds record 0: one is missing"
    )
    message = "is not a record as multigit writes it"
    assert verify([canonical({"seq": 1})]) == BadLine(1, "edited", message)


def test_only_the_first_bad_line_is_named() -> None:
    """Nothing after it can be trusted anyway."""
    found = verify([LINES[0], b"x", b"y", *LINES[3:]])
    assert isinstance(found, BadLine)
    assert found.line == 2
