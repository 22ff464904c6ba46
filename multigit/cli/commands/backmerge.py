"""multigit backmerge: carry commits back down the stages."""

from __future__ import annotations

from typing import Annotated

from multigit.cli import options as o
from multigit.operation.merging import run_merges


def backmerge(
    source: Annotated[
        str | None,
        o.stage_argument("SOURCE", "The stage to start from; the last one if left out."),
    ] = None,
    repos: o.Repos = None,
    groups: o.Groups = None,
    exclude: o.Exclude = None,
    dry_run: o.DryRun = False,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    skip_blocked: o.SkipBlocked = False,
    accept_reverts: o.AcceptReverts = False,
    jobs: o.Jobs = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Carry commits back down the stages, such as a hotfix from main to stg to dev.

    All merges of all repositories are planned and checked together before anything is pushed;
    each builds on the one before. Where the content is the same already, nothing is done.
    No tags. For a single step down use multigit promote main stg.

    Examples:
      multigit backmerge
      multigit backmerge main --dry-run
      multigit backmerge stg -r api --yes
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.planning.merges import MergeRequest, hops_down
    from multigit.operation.session import Session

    session = Session.open(o.Common(config, json, no_color, jobs))
    request = MergeRequest(
        command="backmerge",
        moment=session.moment,
        hops=hops_down(session.workspace, source),
        repos=session.select(o.selection(repos, groups, exclude)),
        skip_blocked=skip_blocked,
        accept_reverts=accept_reverts,
    )
    return run_merges(session, request, Consent(dry_run, yes, confirm))
