"""Why an operation cannot have a stage: someone else has its lock, or a hold came since."""

from __future__ import annotations

from multigit.core.progress.locks import PREFIX, Holder
from multigit.core.progress.stage_refs import StageRef
from multigit.core.values.hold import Hold, SeenHold
from multigit.errors import LockedError
from multigit.hints import Hint
from multigit.phrase import Phrase


def refusal(
    stage: str,
    found: StageRef,
    seen: SeenHold | None,
    *,
    operation: str,
    also: str,
    after: str = "",
) -> LockedError | None:
    """Return why an operation cannot take a stage whose ref, or file, was found; None if it can.

    It may take over what it left behind itself, or what the operation `also` did, which it undoes,
    or the lock of the operation `after` which it begins by itself. A hold must be its own, or the
    one that its plan has `seen`; an undo deploys nothing.
    """
    if not found.readable:
        return _unreadable(stage, found)
    if holder := found.holder:
        return None if holder.operation in {operation, also, after} else _locked(stage, holder)
    known = {operation, seen.operation if seen else operation}
    hold = found.hold
    return _held_since(hold) if hold and not also and hold.operation not in known else None


def hold_changed(
    stage: str, found: StageRef | None, seen: SeenHold | None, *, operation: str
) -> LockedError | None:
    """Return why an operation cannot take a stage whose hold it will change; None if it can.

    Its plan goes from the hold that it has `seen`: if that has ended or changed since, it would
    hold again what someone has let go out. Its own hold, and one in a lock that it may take over,
    are as it left them.
    """
    hold = found.hold if found else None
    if seen is None or (hold and hold.operation == operation) or (found and found.holder):
        return None
    same = hold is not None and hold.operation == seen.operation
    if same and found and (found.file or found.sha == seen.sha):
        return None
    return LockedError(
        f"The hold on {stage} is not what it was when the plan was made. Nothing was changed.",
        hint="Run the command again: its plan shows what is deployed now.",
        code="held_since",
    )


def _locked(stage: str, holder: Holder) -> LockedError:
    return LockedError(
        holder.sentence(stage),
        hint=Hint.LOCK_HELD.format(nonce=holder.nonce),
        code="locked_remotely",
    )


def _unreadable(stage: str, found: StageRef) -> LockedError:
    place = found.file or f"{PREFIX}{stage}"
    where = "exists, but is not a hold" if found.file else "exists on the remote, but is not a lock"
    return LockedError(
        f"{place} {where} of multigit.",
        hint="Check it, and delete it by hand if it is not needed.",
        code="lock_unreadable",
    )


def _held_since(hold: Hold) -> LockedError:
    return LockedError(
        Phrase(hold.sentence(), " The plan was made before that. Nothing was changed."),
        hint="Run the command again: its plan shows the hold.",
        code="held_since",
    )
