"""The ports of an operation, connected to a session."""

from __future__ import annotations

from multigit.adapters.system import clock
from multigit.core.planning.plan import Plan
from multigit.core.values.agreement import Actor
from multigit.operation.execution import Execution
from multigit.operation.notifications import Messages
from multigit.operation.ports import Workplace
from multigit.operation.session import Session


def workplace(session: Session) -> Workplace:
    """Return the surroundings of an operation in this session."""
    messages = Messages(session.workspace, session.screen)
    return Workplace(
        journals=session.files,
        log=session.files.log,
        locks=session.stage_locks(),
        notifications=messages,
        screen=session.screen,
        execute=Execution(session, messages),
        actor=lambda plan: actor(session, plan),
        utc_now=clock.utc_now,
        keep_transcripts=lambda operation: session.git.keep_transcripts(
            session.files.operation(operation)
        ),
    )


def actor(session: Session, plan: Plan) -> Actor:
    """Return who runs the operation: the committer configured in its repositories."""
    identities = (session.git.identity(repo.repo) for repo in plan.repos)
    return clock.actor(next(filter(None, identities), ""))
