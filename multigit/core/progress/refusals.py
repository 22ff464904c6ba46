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


def hold_ended(
    stage: str, found: StageRef | None, seen: SeenHold | None, *, operation: str
) -> LockedError | None:
    """Return why a roll-back cannot take a stage whose hold ended since its plan; None if it can.

    Its plan goes from what was deployed then, and would hold again what someone has let go out.
    """
    hold = found.hold if found else None
    if seen is None or (hold and hold.operation in {operation, seen.operation}):
        return None
    return LockedError(
        f"The hold on {stage} ended after the plan was made. Nothing was changed.",
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
