"""A file of lines, read from its end: the last lines are needed most."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

BLOCK = 1 << 16  # bytes read at a time
ANYTHING = (b"",)


def end_of_lines(stream: BinaryIO) -> int:
    """Return the position after the last line break; what follows is a torn line."""
    position = stream.seek(0, os.SEEK_END)
    while position > 0:
        begin = max(0, position - BLOCK)
        stream.seek(begin)
        offset = stream.read(position - begin).rfind(b"\n")
        if offset >= 0:
            return begin + offset + 1
        position = begin
    return 0


def lines_before(
    stream: BinaryIO, end: int, mentioning: Sequence[bytes] = ANYTHING
) -> Iterator[bytes]:
    """Yield the lines before `end`, the last one first, without their line breaks.

    `end` is a position after a line break. Only lines with one of the texts are yielded; others
    cost next to nothing, even if there are millions of them.
    """
    right: list[bytes] = []  # the parts of a line whose beginning is still to be read, last first
    position = end - 1
    while position > 0:
        begin = max(0, position - BLOCK)
        stream.seek(begin)
        first, broken, others = stream.read(position - begin).partition(b"\n")
        if broken:
            whole, _, last = others.rpartition(b"\n")
            yield from _with_any(mentioning, [b"".join((last, *reversed(right)))])
            right.clear()
            if len(whole) < len(others) - len(last):
                yield from reversed(_lines_with(mentioning, whole))
        right.append(first)
        position = begin
    if end > 0:
        yield from _with_any(mentioning, [b"".join(reversed(right))])


def lines_from(
    stream: BinaryIO, begin: int, end: int, mentioning: Sequence[bytes] = ANYTHING
) -> Iterator[bytes]:
    """Yield the lines between two positions after line breaks, in order, like `lines_before`."""
    stream.seek(begin)
    left: list[bytes] = []  # the parts of a line whose end is still to be read
    while begin < end and (block := stream.read(min(BLOCK, end - begin))):
        begin += len(block)
        whole, broken, last = block.rpartition(b"\n")
        if broken:
            first, more, others = whole.partition(b"\n")
            yield from _with_any(mentioning, [b"".join((*left, first))])
            left.clear()
            if more:
                yield from _lines_with(mentioning, others)
        left.append(last)


def _lines_with(words: Sequence[bytes], text: bytes) -> list[bytes]:
    if not any(word in text for word in words):
        return []
    return _with_any(words, text.split(b"\n"))


def _with_any(words: Sequence[bytes], lines: list[bytes]) -> list[bytes]:
    if words == ANYTHING:
        return lines
    return [line for line in lines if any(word in line for word in words)]


def count_lines(stream: BinaryIO) -> int:
    """Return how many complete lines there are."""
    stream.seek(0)
    return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
