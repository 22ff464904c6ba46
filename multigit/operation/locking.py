"""Showing stage locks, and releasing a stale one by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from multigit.adapters.system import clock
from multigit.core.planning.checks import check_reason
from multigit.core.planning.plan import Result
from multigit.core.progress.locks import Holder
from multigit.core.progress.stage_refs import StageRef
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


def stage_refs(session: Session) -> Mapping[str, StageRef]:
    """Return the locks and holds by stage; UsageError if no lock repository is configured."""
    if not session.workspace.lock_repo:
        raise UsageError(
            "The configuration names no repository for locks.",
            hint='Add two lines at the end of multigit.toml: [lock], and below it repo = "NAME" '
            "with the name of a repository.",
            code="no_lock_repo",
        )
    return session.locks().read([stage.name for stage in session.workspace.stages])


def locks_in(refs: Mapping[str, StageRef]) -> tuple[HeldLock, ...]:
    """Return the locks in the refs of stages; one that cannot be read counts as a lock."""
    locked = {stage: ref for stage, ref in refs.items() if ref.holder or not ref.readable}
    return tuple(HeldLock(stage, ref.sha, ref.holder) for stage, ref in locked.items())


def release_lock(session: Session, nonce: str, reason: str) -> Sequence[HeldLock]:
    """Release the locks with this id, and record who did it and why; return them. Holds stay."""
    check_reason(reason)
    refs = stage_refs(session)
    chosen = [each for each in locks_in(refs) if each.holder and each.holder.nonce == nonce]
    if not chosen:
        raise RefusedError(
            f"No stage is locked with the id {nonce}.", hint=Hint.LOCK_STATUS, code="no_such_lock"
        )
    with exclusive(session, "lock release"):
        for each in chosen:
            _release(session, each, refs[each.stage], reason)
    return chosen


def _release(session: Session, lock: HeldLock, found: StageRef, reason: str) -> None:
    why = f"{reason} (was: {lock.holder.sentence(lock.stage)})" if lock.holder else reason
    _record(session, lock.stage, Result.PLANNED, why)  # recorded first: no override goes unrecorded
    released = session.locks().release(lock.stage, found)
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
