"""Bringing clones up to date. Publishes nothing and asks nothing."""

from __future__ import annotations

from contextlib import nullcontext

from multigit.core.planning.pull import PullRequest, plan_pull
from multigit.core.progress.outcome import Report, planned
from multigit.engine.observe.pull import PullObservation
from multigit.engine.update import update_everywhere
from multigit.operation.exclusive import exclusive
from multigit.operation.session import Session


def pull(session: Session, request: PullRequest, *, dry_run: bool) -> Report:
    """Plan what a request clones and fast-forwards, and do it unless it is a dry run."""
    with nullcontext() if dry_run else exclusive(session, "pull"):
        seen = session.observe_each(request, PullObservation)
        plan = plan_pull(request, session.workspace, seen)
        if dry_run or not plan.planned():
            return planned(plan)
        with session.fleet() as fleet:
            return update_everywhere(session.git, session.workspace, plan, fleet)
