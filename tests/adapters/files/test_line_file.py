"""Reading a file of lines from its end."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multigit.adapters.files import line_file
from multigit.adapters.files.line_file import count_lines, end_of_lines, lines_before, lines_from


class Counting(io.BytesIO):
    """A file that counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count the bytes."""
        data = super().read(size)
        self.count += len(data)
        return data


@given(content=st.text(alphabet="ab\n", max_size=40).map(str.encode), block=st.integers(1, 9))
def test_it_holds_the_same_from_either_end(content: bytes, block: int) -> None:
    """The lines are the same in both directions, whatever the content and the block size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_file, "BLOCK", block)
        stream = io.BytesIO(content)
        end = end_of_lines(stream)
        *lines, torn = content.split(b"\n")
        assert end == len(content) - len(torn)
        assert list(lines_before(stream, end)) == lines[::-1]
        assert list(lines_from(stream, 0, end)) == lines
        assert count_lines(stream) == len(lines)
        told = [line for line in lines if b"aa" in line or b"ab" in line]
        assert list(lines_before(stream, end, [b"aa", b"ab"])) == told[::-1]
        assert list(lines_from(stream, 0, end, [b"aa", b"ab"])) == told


def test_no_more_is_read_than_is_wanted() -> None:
    """Reading the last line of a long file takes at most two blocks."""
    stream = Counting(b"x" * 99 + b"\n" + b"y" * 9_999_899 + b"\n" + b"the last\n")
    assert next(lines_before(stream, end_of_lines(stream))) == b"the last"
    assert stream.count <= 2 * line_file.BLOCK
