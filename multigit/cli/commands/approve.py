"""multigit approve: review the deployments that wait for somebody."""

from __future__ import annotations

from typing import Annotated

import typer

from multigit.cli import options as o


def approve(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION", help="Its id or its release's tag; the last if left out."
        ),
    ] = None,
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Reject instead of approve.")] = False,
    comment: Annotated[
        str, typer.Option("--comment", metavar="TEXT", help="What the reviewers read.")
    ] = "",
    chosen: o.Chosen,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    running: o.Running,
) -> int:
    """Approve the deployments of an operation that wait for a review, or reject them.

    Shows what waits, for whom, and asks as a change of the stage does. Only GitHub Environments
    have reviewers. What was answered is added to the log.

    Examples:
      multigit approve
      multigit approve -r api --comment "checked on staging"
      multigit approve --reject --comment "wait for the migration"
    """
    from multigit.core.planning.consent import Consent
    from multigit.core.reports.reviews import Answer, reviews_document
    from multigit.operation import approving

    session = running.session()
    answer = Answer.REJECTED if reject else Answer.APPROVED
    repos = chosen.of(session.workspace)
    request = approving.ReviewRequest(operation, repos, answer, comment)
    ended = approving.approve(session, request, Consent(yes=yes, confirm=confirm))
    session.screen.document(reviews_document(ended.reviews, ended.problems, ended.exit_code))
    return ended.exit_code
