"""The ports of an operation, connected to a session."""

from __future__ import annotations

from multigit.adapters.system import clock
from multigit.operation.execution import Execution
from multigit.operation.notifications import Messages
from multigit.operation.ports import Workplace
from multigit.operation.session import Session
from multigit.operation.stage_locks import LocksInRemotes


def workplace(session: Session) -> Workplace:
    """Return the surroundings of an operation in this session."""
    messages = Messages(session.workspace, session.screen)
    return Workplace(
        journals=session.files,
        log=session.files.log,
        locks=LocksInRemotes(session.workspace.lock_repo, session.locks),
        notifications=messages,
        screen=session.screen,
        execute=Execution(session, messages),
        actor=lambda plan: session.actor(repo.repo for repo in plan.repos),
        utc_now=clock.utc_now,
        keep_transcripts=lambda operation: session.git.keep_transcripts(
            session.files.operation(operation)
        ),
    )
