"""A file of lines, read from its end: what was written last is wanted most."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 16  # bytes read at a time


def end_of_lines(stream: BinaryIO) -> int:
    """Return the position behind the last line break; what follows was never finished."""
    position = stream.seek(0, os.SEEK_END)
    while position > 0:
        begin = max(0, position - BLOCK)
        stream.seek(begin)
        found = stream.read(position - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return 0


def lines_before(stream: BinaryIO, end: int) -> Iterator[bytes]:
    """Yield the lines before `end`, the last one first, without their line breaks.

    `end` is a position behind a line break.
    """
    right: list[bytes] = []  # of the line whose beginning is still to come, from its end
    position = end - 1
    while position > 0:
        begin = max(0, position - BLOCK)
        stream.seek(begin)
        first, *others = stream.read(position - begin).split(b"\n")
        for left in reversed(others):
            yield b"".join((left, *reversed(right)))
            right.clear()
        right.append(first)
        position = begin
    if end > 0:
        yield b"".join(reversed(right))


def lines_from(stream: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """Yield the lines between two positions behind line breaks, without their line breaks."""
    stream.seek(begin)
    while begin < end and (line := stream.readline()):
        begin += len(line)
        yield line.removesuffix(b"\n")


def count_lines(stream: BinaryIO) -> int:
    """Return how many finished lines there are."""
    stream.seek(0)
    return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
