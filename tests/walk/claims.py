"""What the oracle deals in: a statement of multigit yields claims, each of which holds or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.walk.annals import Annals, Step
from tests.walk.commands import Row, Said

Claim = tuple[bool, str]  # whether it holds, and what is wrong where it does not
Claims = Iterator[Claim]
Statement = Callable[[Step, Annals], Claims]

DONE, FAILED, USAGE, REFUSED, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130
UNCHANGING = {"planned", "nothing", "blocked", "cancelled", "error"}


def finished(step: Step, *but: str) -> Said | None:
    """Return what was said by a command that ended by itself, but for those about these.

    None for any other step, and for one that did not wait for what it began and says so.
    """
    said = step.said
    if said is None or said.document is None or {said.command, said.about} & set(but):
        return None
    return None if said.gave_up_waiting else said


def moving(row: Row) -> Iterator[Row]:
    """Yield the steps of a repository that move a branch of its remote."""
    return (each for each in row.get("steps") or () if "before" in each and "branch" in each)


def codes(row: Row) -> set[str]:
    """Return the codes of a repository's problems."""
    return {str(each["code"]) for each in row.get("problems") or ()}
