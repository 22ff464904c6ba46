"""The oracle on deployments that may be running, with a ledger and an answer written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.walk.annals import Annals, Step
from tests.walk.claims import Statement
from tests.walk.commands import Said
from tests.walk.seen import Seen, runs_of
from tests.walk.statements.doubts import (
    a_doubt_is_decided_by_a_person,
    nothing_starts_beside_another,
    only_what_may_run_blocks,
    what_is_noted_of_an_end_is_true,
)
from tests.walk.town import OURS, THEIRS

OLD, NEW = "20250115T150130Z-promote-dev-stg-0001", "20250115T150140Z-deploy-stg-0002"
FIRST, AGAIN, NEXT = f"{OLD}/api/1", f"{OLD}/api/2", f"{NEW}/api/1"
DEPLOY = ("deploy", "stg", "--yes")
RUNNING, ENDED = (f"begin {FIRST} api stg 1 ours",), f"end {FIRST} 0"
FAILED, RERUN, LOST = f"end {FIRST} 1", f"again {FIRST}", f"lost {FIRST}"
GONE, DELETED = (*RUNNING, LOST), f"deleted {FIRST}"
STARTS, RETRIES = f"begin {NEXT} api stg 1 ours", f"begin {AGAIN} api stg 1 ours"


def seen(ledger: Sequence[str], noted: Mapping[str, str]) -> Seen:
    """Return a state of which only the ledger and what multigit noted matter."""
    runs = runs_of("\n".join(ledger))
    return Seen(
        refs={},
        moved={},
        runs=runs,
        begun=tuple(run.key for run in runs),
        records={OURS: (), THEIRS: ()},
        files={},
        unfinished={OURS: (), THEIRS: ()},
        noted={OURS: noted, THEIRS: {}},
    )


def step(
    before: Sequence[str],
    new: Sequence[str] = (),
    *words: str,
    code: str = "",
    accepted: Sequence[str] = (),
    noted: Mapping[str, str] | None = None,
    then: Mapping[str, str] | None = None,
) -> Step:
    """Return the step of a command; `noted` is what multigit knew before, `then` since."""
    words, known = words or DEPLOY, noted or {}
    document = {
        "operation": OLD if words[0] == "continue" else NEW,
        "repos": [{"repo": "api", "problems": [{"code": code}] if code else []}],
        "accepted": [{"about": key} for key in accepted],
    }
    said = Said(OURS, words, 0, document, "", "")
    after = seen((*before, *new), {**known, **(then or {})})
    return Step(1, " ".join(words), said, seen(before, known), after)


def holds(statement: Statement, of: Step) -> bool:
    """Return whether every claim of a statement holds."""
    claims = list(statement(of, Annals(graphs=None)))  # type: ignore[arg-type]
    return all(holds for holds, _ in claims)


@pytest.mark.parametrize("ledger", [RUNNING, (*RUNNING, FAILED, RERUN)])
def test_what_starts_beside_a_running_deployment_is_seen(ledger: Sequence[str]) -> None:
    """Whatever was accepted; not if it has ended, nor elsewhere."""
    accepting = (*DEPLOY, "--accept-doubt")
    assert not holds(nothing_starts_beside_another, step(ledger, [STARTS], *accepting))
    assert holds(nothing_starts_beside_another, step(ledger, [ENDED, STARTS]))
    for place in ("web stg 1 ours", "api main 1 ours", "api stg 1 theirs"):
        assert holds(nothing_starts_beside_another, step(ledger, [f"begin {NEXT} {place}"]))


@pytest.mark.parametrize(
    ("begins", "command"), [(STARTS, DEPLOY), (RETRIES, ("continue", "--yes"))]
)
def test_a_start_beside_an_unknown_one_is_seen(begins: str, command: Sequence[str]) -> None:
    """A person must have accepted it, now and by its key."""
    statement = a_doubt_is_decided_by_a_person
    accepting = (*command, "--accept-doubt")
    assert not holds(statement, step(GONE, [begins], *command, accepted=[FIRST]))
    assert not holds(statement, step(GONE, [begins], *accepting))
    assert holds(statement, step(GONE, [begins], *accepting, accepted=[FIRST]))
    assert holds(statement, step(GONE, [begins], *command, noted={FIRST: "failed"}))
    assert not holds(statement, step(GONE, [begins], *command, noted={FIRST: "unknown"}))


def test_what_was_replaced_is_in_doubt_no_more() -> None:
    """The last deployment of each target counts, also one that a colleague's start hides."""
    last = f"begin {AGAIN} api stg 1"
    for by, replaced in (("ours", True), ("theirs", False)):
        ledger = (*GONE, f"{last} {by}", f"end {AGAIN} 0")
        assert holds(a_doubt_is_decided_by_a_person, step(ledger, [STARTS])) is replaced


@pytest.mark.parametrize(
    ("code", "rightly", "wrongly"),
    [
        ("deployment_in_doubt", [GONE, (*RUNNING, FAILED, DELETED)], [RUNNING, (*RUNNING, ENDED)]),
        ("still_deploying", [RUNNING, (*RUNNING, FAILED, RERUN)], [GONE, (*RUNNING, ENDED)]),
    ],
)
def test_what_blocks_without_reason_is_seen(
    code: str, rightly: Sequence[Sequence[str]], wrongly: Sequence[Sequence[str]]
) -> None:
    """What has ended must not be called running or unknown."""
    for ledger in rightly:
        assert holds(only_what_may_run_blocks, step(ledger, code=code))
    for ledger in wrongly:
        assert not holds(only_what_may_run_blocks, step(ledger, code=code))
    requested = {NEXT: "starting"}
    assert holds(only_what_may_run_blocks, step((), code=code, noted=requested))


def test_an_end_that_was_noted_and_never_came_is_seen() -> None:
    """In a journal or the log."""
    statement = what_is_noted_of_an_end_is_true
    assert holds(statement, step(RUNNING, [ENDED], then={FIRST: "succeeded"}))
    assert not holds(statement, step(RUNNING, [ENDED], then={FIRST: "failed"}))
    assert not holds(statement, step(RUNNING, [FAILED], then={FIRST: "succeeded"}))
    assert not holds(statement, step(RUNNING, then={FIRST: "failed"}))
