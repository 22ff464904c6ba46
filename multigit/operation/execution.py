"""Executing a plan with git, runners and a live view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from multigit.core.planning.plan import Plan
from multigit.core.progress.outcome import Report
from multigit.core.progress.state import OperationState
from multigit.core.records.tag_anchors import trailer
from multigit.engine.execute import Executor
from multigit.operation.notifications import Messages, WaitingMessages
from multigit.operation.ports import OperationJournal

if TYPE_CHECKING:
    from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class Execution:
    """Executes plans in a session; see the port `Execute`."""

    session: Session
    messages: Messages

    def __call__(
        self, plan: Plan, journal: OperationJournal, *, resuming: bool, state: OperationState
    ) -> Report:
        """Prepare, publish and deploy; return the report."""
        session, log = self.session, self.session.files.log
        waiting = WaitingMessages(self.messages, plan, state)
        with session.fleet() as fleet:
            deploys = None
            if any(repo.deploys() for repo in plan.repos):
                from multigit.operation.deployer import deployer

                deploys = deployer(
                    session, plan, state, journal, fleet.listener, on_waiting=waiting.send
                )
            report = Executor(
                git=session.git,
                workspace=session.workspace,
                plan=plan,
                fleet=fleet,
                trailer=trailer(plan.operation, log.name(), log.head(), plan.accepted),
                journal=journal,
                again=resuming,
                deployer=deploys,
                state=state,
            ).run()
        waiting.warn()
        return report
