"""Merges of stages, from the request to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import MergeRequest
    from multigit.operation.session import Session


def run_merges(session: Session, request: MergeRequest, consent: Consent) -> int:
    """Plan the merges of a request, and take them to their end; return the exit code."""
    from multigit.core.planning.merges import plan_merges
    from multigit.engine.observe import look_at_merges, observe
    from multigit.operation.run import conduct

    with session.operation(request.command, dry_run=consent.dry_run):
        with session.screen.progress() as progress:
            look = look_at_merges(request)
            seen = observe(session.git, request.repos, look, jobs=session.jobs, listener=progress)
        return conduct(session, plan_merges(request, session.workspace, seen), consent)
