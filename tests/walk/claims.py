"""What the oracle checks: a statement yields claims, each of which holds or does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.walk.annals import Annals, Step
from tests.walk.commands import Row, Said, redeploys

Claim = tuple[bool, str]  # whether it holds, and what is wrong if it does not
Claims = Iterator[Claim]
Statement = Callable[[Step, Annals], Claims]

DONE, FAILED, USAGE, REFUSED, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130
UNCHANGING = {"planned", "nothing", "blocked", "cancelled", "error"}


def finished(step: Step, *but: str) -> Said | None:
    """Return what a command said that ended by itself and is not, or is not about, one of `but`.

    None for any other step, and for a command that says it did not wait for what it started.
    """
    said = step.said
    if said is None or said.document is None or {said.command, said.about} & set(but):
        return None
    return None if said.gave_up_waiting else said


def moving(row: Row) -> Iterator[Row]:
    """Yield the steps of a repository that move a branch of its remote."""
    steps = row.get("steps") or ()
    return (each for each in steps if {"before", "branch"} <= {*each} and not redeploys(each))


def codes(row: Row) -> set[str]:
    """Return the codes of a repository's problems."""
    return {str(each["code"]) for each in row.get("problems") or ()}
