"""Committing, pushing and maybe promoting work."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.push import plan_push
from multigit.core.planning.push_request import PushRequest
from multigit.engine.observe.push import PushObservation
from multigit.engine.observe.superprojects import with_links
from multigit.operation.context import context_of
from multigit.operation.exclusive import new_operation
from multigit.operation.holding import with_holds
from multigit.operation.preflight import with_preflight
from multigit.operation.run import Ended, OperationRun
from multigit.operation.session import Session
from multigit.operation.wording import wording


def push(session: Session, request: PushRequest, consent: Consent) -> Ended:
    """Plan what a request commits and pushes, and run it."""
    space = session.workspace
    later = space.later_than(stage.name for stage in request.moving())
    request = replace(request, later=later)
    with new_operation(session, "push", dry_run=consent.dry_run):
        seen = session.observe_each(request, lambda own: PushObservation(own, space.push))
        seen = with_links(session.git, request, space, seen)
        plan, held = with_holds(session, plan_push(request, space, seen), consent)
        plan, doubts = with_preflight(session, plan, consent)
        words = wording(session, request.strict, request.message)
        run = OperationRun(
            context_of(session), plan, consent, wording=words, doubts=doubts, held=held
        )
        return run.carry_out()
