"""The deployer of an operation, connected to a session; imported only if something is deployed."""

from __future__ import annotations

from multigit.adapters.http.health_probe import HttpProbe
from multigit.adapters.system.clock import SystemClock
from multigit.core.planning.plan import Plan
from multigit.core.progress.state import OperationState
from multigit.core.values.listener import Listener
from multigit.engine.deploy import Deployer
from multigit.engine.deploy_context import DeployContext, OnWaiting
from multigit.engine.ports import JournalWriter
from multigit.operation.earlier import that_may_run
from multigit.operation.session import Session


def deployer(
    session: Session,
    plan: Plan,
    state: OperationState,
    journal: JournalWriter,
    listener: Listener,
    *,
    starts: bool = True,
    on_waiting: OnWaiting = lambda _: None,
) -> Deployer:
    """Return what deploys a plan from where earlier attempts left it; see `DeployContext`."""
    names = [repo.repo for repo in plan.repos if repo.deploys()] if starts else ()
    last = session.files.history.last_deployed() if starts else {}
    runners = session.runners()
    context = DeployContext(
        plan,
        runners,
        HttpProbe(),
        SystemClock(),
        journal,
        listener,
        runners.leave,
        starts=starts,
        jobs=session.jobs,
        on_waiting=on_waiting,
        earlier=that_may_run(session, plan.target, names, last),
    )
    return Deployer(context, state)
