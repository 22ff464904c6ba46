"""Where a merge conflicts, as far as the merged file says so."""

from __future__ import annotations

OURS, BASE, END = "<<<<<<< ", "||||||| ", ">>>>>>> "  # each with a name after it
THEIRS = "======="  # alone: a longer one underlines a title


def conflict_lines(merged: str) -> tuple[tuple[int, int], ...]:
    """Return the first and last line of each conflict, as numbered in the merged-in version.

    `merged` is a file with git's conflict markers. Where that version has no lines, it is the line
    before the conflict. None if there are no markers, as in a file that is not a text.
    """
    found, line, start, side = list[tuple[int, int]](), 0, 0, ""
    for text in merged.split("\n"):  # git knows no other ends of lines
        if not side and text.startswith(OURS):
            side, start = OURS, line + 1
        elif side == OURS and text.startswith(BASE):
            side = BASE
        elif side in {OURS, BASE} and text.removesuffix("\r") == THEIRS:
            side = THEIRS
        elif side == THEIRS and text.startswith(END):
            found.append((min(start, line), line))
            side = ""
        elif side in {"", THEIRS}:
            line += 1
    return tuple(found)
