"""Showing stage locks, and releasing a stale one by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multigit.adapters.system import clock
from multigit.core.planning.checks import check_reason
from multigit.core.planning.plan import Result
from multigit.core.progress.locks import Holder
from multigit.core.records.record import Record
from multigit.errors import RefusedError, UsageError
from multigit.hints import Hint
from multigit.operation.exclusive import exclusive
from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class HeldLock:
    """The lock of a stage at `sha`; `holder` is None if multigit did not write it."""

    stage: str
    sha: str
    holder: Holder | None


def held_locks(session: Session) -> tuple[HeldLock, ...]:
    """Return the held locks; raises UsageError if no lock repository is configured."""
    if not session.workspace.lock_repo:
        raise UsageError(
            "The configuration names no repository for locks.",
            hint='Add two lines at the end of multigit.toml: [lock], and below it repo = "NAME" '
            "with the name of a repository.",
            code="no_lock_repo",
        )
    locks, stages = session.locks(), session.workspace.stages
    return tuple(HeldLock(s.name, *found) for s in stages if (found := locks.read(s.name)))


def release_lock(session: Session, nonce: str, reason: str) -> Sequence[HeldLock]:
    """Release the locks with this id, and record who did it and why; return them."""
    check_reason(reason)
    chosen = [each for each in held_locks(session) if each.holder and each.holder.nonce == nonce]
    if not chosen:
        raise RefusedError(
            f"No stage is locked with the id {nonce}.", hint=Hint.LOCK_STATUS, code="no_such_lock"
        )
    with exclusive(session, "lock release"):
        for each in chosen:
            _release(session, each, reason)
    return chosen


def _release(session: Session, lock: HeldLock, reason: str) -> None:
    why = f"{reason} (was: {lock.holder.sentence(lock.stage)})" if lock.holder else reason
    _record(session, lock.stage, Result.PLANNED, why)  # recorded first: no override goes unrecorded
    released = session.locks().release(lock.stage, lock.sha)
    _record(session, lock.stage, Result.DONE if released else Result.FAILED, why)
    if not released:
        raise RefusedError(
            f"The lock of {lock.stage} has changed meanwhile.",
            hint=Hint.LOCK_STATUS,
            code="lock_changed",
        )


def _record(session: Session, stage: str, result: Result, message: str) -> None:
    record = Record(
        at=clock.utc_now(),
        operation=session.start_time.operation("lock-release", stage),
        command="lock release",
        result=str(result),
        actor=clock.actor(""),
        stage=stage,
        message=message,
    )
    session.files.log.append(record)
