"""Promotions, and back-merges down the stages."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.consent import Consent
from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.engine.observe.merges import MergeObservation
from multigit.operation.context import context_of
from multigit.operation.exclusive import new_operation
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
        plan = plan_merges(request, session.workspace, seen)
        plan, doubts = with_preflight(session, plan, consent)
        words = wording(session, request.target, request.message)
        run = OperationRun(context_of(session), plan, consent, wording=words, doubts=doubts)
        return run.carry_out()
