"""multigit approve: review deployments that are waiting for approval."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def approve(
    operation: o.Operation = None,
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Reject instead of approving.")] = False,
    comment: Annotated[
        str, typer.Option("--comment", metavar="TEXT", help="A comment for the review.")
    ] = "",
    environments: Annotated[
        list[str] | None,
        typer.Option("--environment", metavar="NAME", help="Only this environment (repeatable)."),
    ] = None,
    chosen: o.Chosen,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    running: o.Running,
) -> int:
    """Approve or reject the deployments of an operation that are waiting for review.

    Shows what is waiting, for whom and since when; if several environments wait, you choose. Asks
    for the same confirmation as a promotion to the stage. Only GitHub Environments have reviewers.
    The log records the review.

    Examples:
      multigit approve
      multigit approve -r api --comment "checked on staging"
      multigit approve --environment production-eu
      multigit approve --reject --comment "wait for the migration"
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.reports.reviews import ReviewResult, reviews_document
    from multigit.core.values.stage_names import stage_confirmed
    from multigit.operation import approving

    session = running.session()
    answer = ReviewResult.REJECTED if reject else ReviewResult.APPROVED
    repos = chosen.of(session.workspace)
    request = approving.ReviewRequest(operation, repos, answer, comment, tuple(environments or ()))
    stage = confirm and stage_confirmed(confirm, session.workspace, repos)
    ended = approving.approve(session, request, Consent(yes=yes, confirm=stage))
    document = reviews_document(ended.reviews, ended.problems, ended.exit_code, ended.waiting)
    session.screen.document(document)
    return ended.exit_code
