"""multigit approve: review the deployments that wait for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multigit import errors
from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.cli.session import Session
    from multigit.core.deployment import Gate, Order, Run
    from multigit.core.journal import Story


def approve(
    operation: Annotated[
        str | None,
        typer.Argument(metavar="OPERATION", help="Which one; the last if left out."),
    ] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Reject instead of approve.")] = False,
    comment: Annotated[
        str, typer.Option("--comment", metavar="TEXT", help="What the reviewers read.")
    ] = "",
    repos: o.Repos = None,
    yes: o.Yes = False,
    confirm: o.ConfirmName = None,
    json: o.Json = False,
    config: o.Config = None,
    no_color: o.NoColor = False,
) -> int:
    """Approve the deployments of an operation that wait for a review, or reject them.

    Shows what waits, for whom, and asks as a change of the stage does. Only GitHub Environments
    have reviewers.

    Examples:
      multigit approve
      multigit approve -r api --comment "checked on staging"
      multigit approve --reject --comment "wait for the migration"
    """
    from multigit.cli.session import Session
    from multigit.cli.watching import last_deploying
    from multigit.core.report import frame

    session = Session.open(o.Common(config, json, no_color))
    _, story = session.files.read_journal(operation or last_deploying(session))
    chosen = {repo.name for repo in session.select(o.selection(repos, None, None))}
    waiting = [each for each in _waiting(session, story) if each[0].repo in chosen]
    _show(session, waiting)
    mine = [(order, run, gates) for order, run, gates in waiting if any(g.mine for g in gates)]
    if not mine:
        raise errors.RefusedError(
            "Nothing waits for your review.", hint="See: multigit watch", code="nothing_to_approve"
        )
    _ask(session, story, yes=yes, confirm=confirm)
    for order, run, gates in mine:
        own = tuple(gate for gate in gates if gate.mine)
        session.runners().github().review(order, run, own, approve=not reject, comment=comment)
    done = "rejected" if reject else "approved"
    sentence = f"{len(mine)} {done}."
    session.screen.say(sentence, "bold")
    told = [
        {"repo": order.repo, "target": order.target or None, "state": done} for order, *_ in mine
    ]
    session.screen.document(frame("approve", sentence, reviewed=told))
    return errors.OK


def _waiting(session: Session, story: Story) -> list[tuple[Order, Run, tuple[Gate, ...]]]:
    """Return what waits for a review: each order with its run and its gates."""
    from multigit.core.deployment import GithubRunner
    from multigit.core.deploys import begun_orders

    github = session.runners().github
    found = []
    for order, run in begun_orders(story):
        if isinstance(order.runner, GithubRunner) and (gates := github().pending(order, run)):
            found.append((order, run, gates))
    return found


def _show(session: Session, waiting: list[tuple[Order, Run, tuple[Gate, ...]]]) -> None:
    for order, run, gates in waiting:
        for gate in gates:
            who = ", ".join(gate.reviewers) or "a reviewer"
            mine = "" if gate.mine else " (not yours)"
            session.screen.say(f"  {order.repo}  {gate.name}  waits for {who}{mine}")
        session.screen.say(f"  {run.url}", "dim")


def _ask(session: Session, story: Story, *, yes: bool, confirm: str | None) -> None:
    """Ask as the stage wants it; raises RefusedError without a yes."""
    from multigit.core.consent import Consent, agreed_beforehand, missing_consent
    from multigit.core.workspace import Confirm

    consent = Consent(dry_run=False, yes=yes, confirm=confirm)
    missing = missing_consent(story.plan, consent, interactive=session.screen.interactive)
    if missing:
        raise errors.RefusedError(missing.message, hint=missing.hint, code=missing.code)
    if agreed_beforehand(story.plan, consent):
        return
    from multigit.ui import prompts

    plan = story.plan
    by_name = plan.confirm is Confirm.NAME
    if not (prompts.type_word(plan.word, "approve") if by_name else prompts.agree("Go on?")):
        raise errors.RefusedError("Cancelled. Nothing was reviewed.", code="cancelled")
