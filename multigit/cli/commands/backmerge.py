"""multigit backmerge: merge commits back down the stages."""

from __future__ import annotations

from typing import Annotated

from multigit.cli import options as o


def backmerge(
    source: Annotated[
        str | None,
        o.stage_argument("SOURCE", "The stage to start from; default: the last one."),
    ] = None,
    *,
    chosen: o.Chosen,
    confirmation: o.Confirmation,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    roll_forward: o.RollForward = False,
    running: o.RunningLong,
) -> int:
    """Merge commits back down the stages, such as a hotfix from main to stg to dev.

    Plans and checks all merges in all repositories before pushing anything; each merge builds on
    the previous one. Skips repositories with identical content. Creates no tags.
    For a single step down, use multigit promote main stg.

    Examples:
      multigit backmerge
      multigit backmerge main --dry-run
      multigit backmerge stg -r api --yes
    """
    from multigit.cli.showing import show
    from multigit.core.planning.merges import MergeRequest
    from multigit.core.planning.routes import hops_down
    from multigit.operation.merging import merge

    o.require_one_decision(accept_reverts=accept_reverts, roll_forward=roll_forward)
    session = running.session()
    repos = chosen.of(session.workspace)
    request = MergeRequest(
        command="backmerge",
        start_time=session.start_time,
        hops=hops_down(session.workspace, source, repos),
        repos=repos,
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
        roll_forward=roll_forward,
    )
    return show(session, merge(session, request, confirmation.consent(session.workspace, repos)))
