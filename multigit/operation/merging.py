"""Promotions, and back-merges down the stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.core.planning.plan import Plan, Result
from multigit.core.reports.next_steps import NAMED
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import chosen, shortened
from multigit.engine.observe.merges import MergeObservation
from multigit.hints import Hint
from multigit.operation.context import context_of
from multigit.operation.earlier import went_wrong
from multigit.operation.exclusive import new_operation
from multigit.operation.holding import with_holds
from multigit.operation.preflight import with_preflight
from multigit.operation.run import Ended, OperationRun
from multigit.operation.session import Session
from multigit.operation.wording import wording


def merge(session: Session, request: MergeRequest, consent: Consent) -> Ended:
    """Plan the merges of a request, and run them."""
    later = session.workspace.later_than(stage.name for stage in request.moving())
    request = replace(request, later=later)
    with new_operation(session, request.command, dry_run=consent.dry_run):
        seen = session.observe_each(request, MergeObservation)
        plan, held = with_holds(session, plan_merges(request, session.workspace, seen), consent)
        warn_if_not_deployed(session, plan)
        plan, doubts = with_preflight(session, plan, consent)
        words = wording(session, request.target, request.message)
        run = OperationRun(
            context_of(session), plan, consent, wording=words, doubts=doubts, held=held
        )
        return run.carry_out()


def warn_if_not_deployed(session: Session, plan: Plan) -> None:
    """Warn if nothing is to be done, but what the target's branches have was not deployed."""
    if plan.result is Result.NOTHING:
        for problem in _not_deployed(session, plan):
            session.screen.warn(problem)


def _not_deployed(session: Session, plan: Plan) -> Iterator[Problem]:
    """Yield a warning if the last deployments to the target failed."""
    space, names = session.workspace, [repo.repo for repo in plan.repos if not repo.left_out]
    stage = space.planned_stage(plan.target)
    deploys = {name: space.deploy(space.repo(name), stage) for name in names}
    requested = [name for name, each in deploys.items() if each and not each.runner.by_push]
    if requested and (wrong := went_wrong(session, stage.name, requested)[0]):
        bad = tuple(name for name in requested if name in wrong)
        last = f"The last {'deployment' if len(bad) == 1 else 'deployments'} of {shortened(bad)}"
        repos = chosen(bad) if len(bad) <= NAMED else ""
        hint = Hint.DEPLOY_FAILED.format(stage=stage.name, asked="", repos=repos)
        message = f"{last} to {stage.name} failed."
        yield Problem("not_deployed", message, hint, Severity.WARN)
