"""Where a merge conflicts, as far as the merged file says so."""

from __future__ import annotations

import pytest

from multigit.core.lineage.conflicts import conflict_lines


@pytest.mark.parametrize(
    ("merged", "lines"),
    [
        ("1\n2\n", ()),
        ("1\n<<<<<<< a\ntwo\n=======\nhot\n>>>>>>> b\n3\n", ((2, 2),)),
        ("<<<<<<< a\ntwo\n=======\nhot\nhotter\n>>>>>>> b\n3\n", ((1, 2),)),
        ("1\n<<<<<<< a\n2\n||||||| c\n0\n=======\nhot\n>>>>>>> b\n", ((2, 2),)),
        ("1\n2\n<<<<<<< a\ntwo\n=======\n>>>>>>> b\n3\n", ((2, 2),)),
        (
            "<<<<<<< a\n1\n=======\none\n>>>>>>> b\n2\n<<<<<<< a\n3\n=======\nthree\n>>>>>>> b\n",
            ((1, 1), (3, 3)),
        ),
        ("Title\n=======\n\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", ((4, 4),)),
        ("<<<<<<< a\nA title\n========\nx\n=======\ny\n>>>>>>> b\n", ((1, 1),)),
        ("<<<<<<< a\r\nx\r\n=======\r\ny\r\n>>>>>>> b\r\n", ((1, 1),)),
        ("1\f2\x85\u2028\r3\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", ((2, 2),)),
    ],
    ids=[
        *("none", "one", "first", "with-base", "deleted", "two", "other-marks"),
        *("title", "crlf", "other-ends"),
    ],
)
def test_lines_are_those_of_the_version_that_is_merged_in(
    merged: str, lines: tuple[tuple[int, int], ...]
) -> None:
    """What only the other side has, and the markers, are not counted."""
    assert conflict_lines(merged) == lines
