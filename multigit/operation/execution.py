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
    from multigit.core.values.listener import Listener
    from multigit.engine.deploy import Deployer
    from multigit.operation.session import Session


@dataclass(frozen=True, slots=True)
class Execution:
    """Executes plans in a session; see the port `Execute`."""

    session: Session
    messages: Messages

    def __call__(
        self,
        plan: Plan,
        journal: OperationJournal,
        *,
        resuming: bool,
        state: OperationState,
    ) -> Report:
        """Prepare, publish and deploy; return the report."""
        session, waiting = self.session, WaitingMessages(self.messages, plan, state)
        with session.fleet() as fleet:
            report = Executor(
                git=session.git,
                workspace=session.workspace,
                plan=plan,
                fleet=fleet,
                trailer=self._trailer(plan),
                journal=journal,
                again=resuming,
                deployer=self._deployer(plan, journal, fleet.listener, waiting, state),
                state=state,
            ).run()
        waiting.warn()
        return report

    def _trailer(self, plan: Plan) -> str:
        """Return the trailer of each tag message: the operation, and the head of the log."""
        log = self.session.files.log
        return trailer(plan.operation, log.name(), log.head())

    def _deployer(
        self,
        plan: Plan,
        journal: OperationJournal,
        listener: Listener,
        waiting: WaitingMessages,
        state: OperationState,
    ) -> Deployer | None:
        """Return the deployer if the plan deploys; otherwise nothing of it is imported."""
        if not any(repo.deploys() for repo in plan.repos):
            return None
        from multigit.adapters.http.health_probe import HttpProbe
        from multigit.adapters.system.clock import SystemClock
        from multigit.engine.deploy import Deployer
        from multigit.engine.deploy_context import DeployContext

        runners = self.session.runners()
        context = DeployContext(
            plan,
            runners,
            HttpProbe(),
            SystemClock(),
            journal,
            listener,
            runners.leave,
            jobs=self.session.jobs,
            on_waiting=waiting.send,
        )
        return Deployer(context, state)
