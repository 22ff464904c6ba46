"""The ports of an operation, connected to a session."""

from __future__ import annotations

from multigit.adapters.system import clock
from multigit.operation.automatic import AutomaticRollBacks
from multigit.operation.execution import Execution
from multigit.operation.notifications import Messages
from multigit.operation.ports import OperationContext
from multigit.operation.session import Session
from multigit.operation.stage_locks import LocksInRemotes


def context_of(session: Session) -> OperationContext:
    """Return what an operation needs from outside, in this session."""
    messages = Messages(session.workspace, session.screen)
    return OperationContext(
        journals=session.files,
        log=session.files.log,
        locks=LocksInRemotes(session.workspace.lock_repo, session.locks, session.files.holds),
        notifications=messages,
        screen=session.screen,
        execute=Execution(session, messages),
        answer_failure=AutomaticRollBacks(session),
        actor=lambda plan: session.actor(repo.repo for repo in plan.repos),
        utc_now=clock.utc_now,
        keep_transcripts=lambda operation: session.git.keep_transcripts(
            session.files.operation(operation)
        ),
    )
