"""multigit approve: review the deployments that wait for somebody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from multigit import errors
from multigit.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multigit.core.progress.journal import Story
    from multigit.core.reports.reviews import Review, Waiting
    from multigit.core.values.agreement import Given
    from multigit.core.values.problem import Problem
    from multigit.engine.review import Found
    from multigit.operation.session import Session


def approve(
    operation: Annotated[
        str | None,
        typer.Argument(
            metavar="OPERATION", help="Its id or its release's tag; the last if left out."
        ),
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
    have reviewers. What was answered is added to the log.

    Examples:
      multigit approve
      multigit approve -r api --comment "checked on staging"
      multigit approve --reject --comment "wait for the migration"
    """
    from multigit.core.reports.report import plural
    from multigit.core.reports.reviews import Answer, reviews_document, reviews_exit_code, to_review
    from multigit.engine.review import look_for_gates, review
    from multigit.operation.interrupts import note_interrupts
    from multigit.operation.session import Session
    from multigit.operation.watch import deploying

    session = Session.open(o.Common(config, json, no_color))
    _, story = session.files.read_journal(deploying(session, operation))
    chosen = {repo.name for repo in session.select(o.selection(repos, None, None))}
    github = session.runners().github()
    with session.screen.progress() as progress:
        runs = to_review(story, chosen)
        found = look_for_gates(runs, github, jobs=session.jobs, listener=progress)
    _show(session, found)
    mine = [each for each in found.waiting if each.mine]
    if not mine:
        raise _nothing(found)
    session.files.require_writable()
    verb = "reject" if reject else "approve"
    what = f"{verb} {plural(len(mine), 'deployment')} to {story.plan.target}"
    consent = _ask(session, story, what, yes=yes, confirm=confirm)
    answer = Answer.REJECTED if reject else Answer.APPROVED
    reviews, interrupted = review(mine, github, answer, comment, jobs=session.jobs)
    note_interrupts()  # what was sent has yet to be recorded and told
    code = reviews_exit_code(reviews, interrupted=interrupted, unread=bool(found.unread))
    _tell(session, reviews)
    problems = (*found.unread, *_unrecorded(session, story, reviews, code, comment, consent))
    code = code or (errors.FAILED if problems else errors.OK)
    session.screen.document(reviews_document(reviews, problems, code))
    return code


def _unrecorded(
    session: Session,
    story: Story,
    reviews: Sequence[Review],
    code: int,
    comment: str,
    consent: Given,
) -> tuple[Problem, ...]:
    """Add the reviews to the log; return why that could not be done."""
    from multigit.adapters.system import clock as moments
    from multigit.core.reports.reviews import reviews_record
    from multigit.core.values.problem import Problem

    identities = (session.git.identity(each.waiting.order.repo) for each in reviews)
    content = reviews_record(
        story,
        reviews,
        code,
        comment=comment,
        operation=session.moment.operation("approve", story.plan.target),
        actor=moments.actor(next(filter(None, identities), "")),
        at=moments.utc_now(),
        consent=consent,
    )
    try:
        session.files.log.append(content)
    except errors.RefusedError as error:
        session.screen.note(f"{error.message} {error.hint}")
        return (Problem.of(error),)
    return ()


def _nothing(found: Found) -> errors.MultigitError:
    """Return why there is nothing to review: nothing waits, or nobody could be asked."""
    if found.unread:
        first = found.unread[0]
        return errors.MultigitError(first.message, hint=first.hint, code=first.code)
    return errors.RefusedError("Nothing waits for your review.", code="nothing_to_approve")


def _show(session: Session, found: Found) -> None:
    for each in found.waiting:
        for gate in each.gates:
            who = ", ".join(gate.reviewers) or "a reviewer"
            mine = "" if gate.mine else " (not yours)"
            session.screen.say(f"  {_name(each)}  {gate.name}  waits for {who}{mine}")
        session.screen.say(f"  {each.run.url}", "dim")
    for problem in found.unread:
        session.screen.note(f"{problem.message} {problem.hint}".rstrip())


def _tell(session: Session, reviews: Sequence[Review]) -> None:
    from multigit.core.reports.reviews import Answer, reviews_sentence

    for each in reviews:
        words = str(each.answer).replace("_", " ")
        style = "" if each.answer in {Answer.APPROVED, Answer.REJECTED} else "red"
        session.screen.say(f"  {_name(each.waiting)}  {words}", style)
        if each.problem:
            session.screen.note(f"{each.problem.message} {each.problem.hint}".rstrip())
    session.screen.say(reviews_sentence(reviews), "bold")


def _name(waiting: Waiting) -> str:
    target = waiting.order.target
    return f"{waiting.order.repo} ({target})" if target else waiting.order.repo


def _ask(session: Session, story: Story, what: str, *, yes: bool, confirm: str | None) -> Given:
    """Ask as the stage wants it, and return how it was agreed to.

    Raises RefusedError without a yes. The checklist is of the promotion, not of its reviews.
    """
    from multigit.core.planning.consent import Consent, given_by_option, missing_consent
    from multigit.core.values.agreement import Given
    from multigit.core.values.workspace import Confirm

    plan, consent = replace(story.plan, checklist=()), Consent(yes=yes, confirm=confirm)
    missing = missing_consent(plan, consent, interactive=session.screen.interactive)
    if missing:
        raise errors.RefusedError(missing.message, hint=missing.hint, code=missing.code)
    if given := given_by_option(plan, consent):
        return given
    from multigit.ui import prompts

    by_name = plan.confirm is Confirm.NAME
    question = f"{what.capitalize()}?"
    try:
        agreed = prompts.type_word(plan.word, what) if by_name else prompts.agree(question)
    except EOFError:  # the terminal went away
        agreed = False
    if not agreed:
        raise errors.RefusedError("Cancelled. Nothing was reviewed.", code="cancelled")
    return Given.TERMINAL
