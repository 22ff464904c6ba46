"""What a person can type next: every hint that names a command, by its id.

A hint is printed only where its command will be accepted. tests/hints holds each of them to that:
for every id some test brings about the situation, reads the hint, and types it as it stands.
`{names}` are filled in with `str.format`, quoted where a shell needs it.
"""

from __future__ import annotations

from enum import StrEnum


class Hint(StrEnum):
    """The hints, grouped by what they are about."""

    # An operation that is not finished
    FINISH = "To finish it, run multigit continue; to leave it as it is, multigit abandon."
    FINISH_OR_UNDO = (
        "To finish it, run multigit continue; to take it back, multigit undo; "
        "to leave it as it is, multigit abandon."
    )
    FINISH_WAVES = "To continue with the rest, run multigit continue."
    CONTINUE_SOON = "Wait a moment, then run multigit continue: it asks the remotes first."
    ABANDON_SOON = "Wait a moment, then run multigit abandon."
    CONTINUE_REACHABLE = "When the remote answers again, run multigit continue."
    CONTINUE_FIXED = "Fix that, then run multigit continue."
    CONTINUE_WITH_ROOM = "Make room, then run multigit continue: it asks the remotes first."
    BEGIN_AGAIN = "Look at it, then run multigit abandon and start again."
    NOT_FINISHED = "The operation is not finished; to finish it, run multigit continue."

    # What an undo leaves
    UNDO_FIRST = "Undo that first: multigit undo {operation}"
    DEPLOY_BEFORE = "To deploy the release before it: multigit deploy {stage} {release} -r {repo}"

    # Deployments
    WATCH = "To watch the deployments, run multigit watch."
    WATCH_OPERATION = "To see how it ends, run multigit watch {operation}"
    STILL_RUNNING = "What was started is still running. To watch it, run {again}."
    APPROVE = "To review it, run multigit approve; to watch it, multigit watch."
    LOOK_AGAIN = (
        "Look where it runs whether it began. To look again, run multigit continue; "
        "to leave it as it is, multigit abandon."
    )
    WATCH_AGAIN = "Look where it runs whether it began. To look again, run multigit watch."
    DEPLOY_FAILED = (
        "Fix it, then run multigit deploy {stage} --failed. "
        "If the fix is a commit: push it, and promote again."
    )
    DEPLOY_CONTINUE = (
        "Fix it, then run multigit continue. "
        "If the fix is a commit: run multigit abandon, push it, and promote again."
    )
    RERUN = (
        "Fix it, run it again at GitHub, and watch it with multigit watch. "
        "If the fix is a commit: push it, and promote again."
    )
    DEPLOY_ANYWAY = "To deploy it again all the same, run multigit deploy {stage}"
    DEPLOY_ALONE = "See multigit log; to deploy it first, run multigit deploy {stage} -r {repo}"
    STATUS = "To see what it has, run multigit status."

    # The log
    LOG = "To see what was done, run multigit log."
    LOG_IDS = "multigit log shows releases, multigit log --json the ids of operations."

    # Locks across machines
    LOCK_STATUS = "To see who holds it, run multigit lock status"
    LOCK_TRY_AGAIN = "Nothing was changed. Try again, or see multigit lock status"
    LOCK_RELEASE = 'When it answers again, run multigit lock release --id {nonce} --reason "why"'
    LOCK_DEAD = (
        "Wait for it. If that process is dead, run "
        'multigit lock release --id {nonce} --reason "why"'
    )
