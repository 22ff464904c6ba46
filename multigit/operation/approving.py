"""Reviewing deployments that wait for approval: find, show, confirm, send, record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from multigit import errors
from multigit.adapters.system import clock
from multigit.core.planning.consent import Consent, given_by_option, missing_consent
from multigit.core.progress.journal import Operation
from multigit.core.records.record import Record
from multigit.core.reports.reviews import (
    PendingReview,
    Review,
    ReviewResult,
    named,
    reviews_exit_code,
    reviews_record,
    to_review,
)
from multigit.core.values.agreement import ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.text import plural
from multigit.core.values.workspace import Repo
from multigit.engine.review import PendingReviews, find_pending_reviews, review
from multigit.operation.asking import confirmed
from multigit.operation.interrupts import note_interrupts
from multigit.operation.session import Session
from multigit.operation.watching import read_deploying
from multigit.phrase import Phrase
from multigit.ui.screen import Screen

NOT_REVIEWED = "Nothing was reviewed."


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What `multigit approve` was asked to do; the default operation is the last one.

    Without `environments`, all that wait for us are reviewed, or a person chooses.
    """

    operation: str | None
    repos: tuple[Repo, ...]
    answer: ReviewResult
    comment: str = ""
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was waiting, the reviews with their results, and other problems."""

    waiting: tuple[PendingReview, ...]
    reviews: tuple[Review, ...]
    problems: tuple[Problem, ...]
    exit_code: int


NAMED = 3  # deployments that a question names


def approve(session: Session, request: ReviewRequest, consent: Consent) -> Reviewed:
    """Review what waits for us; raises RefusedError if nothing does, or without confirmation."""
    _, operation = read_deploying(session, request.operation)
    runs = to_review(operation, {repo.name for repo in request.repos})
    with session.fleet() as fleet:
        found = find_pending_reviews(runs, session.runners(fleet.listener), fleet)
    session.screen.gates(found.waiting, found.unread)
    chosen = named(found.waiting, request.environments)
    if not chosen:
        raise _nothing(found)
    session.files.require_writable()
    if not request.environments:
        chosen = _chosen(session.screen, operation, chosen, consent)
    verb = "reject" if request.answer is ReviewResult.REJECTED else "approve"
    what = f"{verb} {_deployments(chosen)} to {operation.plan.target}"
    given = _agreed(session.screen, operation, what, consent)
    with session.fleet() as fleet:
        reviewers = session.runners(fleet.listener)
        reviews, interrupted = review(chosen, reviewers, request.answer, request.comment, fleet)
    note_interrupts()  # what was sent must still be recorded and shown
    code = reviews_exit_code(
        reviews, request.answer, interrupted=interrupted, unread=bool(found.unread)
    )
    session.screen.reviews(reviews)
    record = reviews_record(
        operation,
        reviews,
        code,
        comment=request.comment,
        operation=session.start_time.operation("approve", operation.plan.target),
        actor=session.actor(each.waiting.spec.repo for each in reviews),
        at=clock.utc_now(),
        consent=given,
    )
    problems = (*found.unread, *_append(session, record))
    return Reviewed(
        found.waiting, reviews, problems, code or (errors.FAILED if problems else errors.OK)
    )


def _deployments(chosen: Sequence[PendingReview]) -> str:
    """Return what is reviewed in the words of a question: by name, if there are only a few."""
    count = sum(len(each.gates) for each in chosen)
    names = [each.spec.repo for each in chosen]
    if count != len(names) or count > NAMED:
        return plural(count, "deployment")
    return f"the {'deployment' if count == 1 else 'deployments'} of {', '.join(names)}"


def _nothing(found: PendingReviews) -> errors.MultigitError:
    """Return why there is nothing to review: nothing waits, or the host could not be asked."""
    if found.unread:
        first = found.unread[0]
        return errors.MultigitError(first.message, hint=first.hint, code=first.code)
    return errors.RefusedError("Nothing is waiting for your review.", code="nothing_to_approve")


def _chosen(
    screen: Screen, operation: Operation, mine: tuple[PendingReview, ...], consent: Consent
) -> tuple[PendingReview, ...]:
    """Let a person choose, if several environments wait and nothing was confirmed by option."""
    several = sum(len(each.gates) for each in mine) > 1
    asked = screen.interactive and not given_by_option(operation.plan, consent)
    if not (several and asked):
        return mine
    with suppress(EOFError), _asking():  # the terminal went away
        if chosen := screen.choose(mine):
            return chosen
    raise errors.CancelledError(NOT_REVIEWED, interrupted=False)


@contextmanager
def _asking() -> Iterator[None]:
    """Let Ctrl-C cancel the question inside."""
    try:
        yield
    except KeyboardInterrupt:
        raise errors.CancelledError(NOT_REVIEWED, interrupted=True) from None


def _agreed(screen: Screen, operation: Operation, what: str, consent: Consent) -> ConsentState:
    """Ask for the stage's confirmation, and return how it was given.

    The checklist belongs to the promotion, not to reviews. Raises RefusedError if not confirmed.
    """
    plan = replace(operation.plan, checklist=())
    if missing := missing_consent(plan, consent, interactive=screen.interactive):
        raise errors.RefusedError(missing.message, hint=missing.hint, code=missing.code)
    if given := given_by_option(plan, consent):
        return given
    with suppress(EOFError), _asking():  # the terminal went away
        if confirmed(plan, screen, what, f"{what.capitalize()}?"):
            return ConsentState.TERMINAL
    raise errors.CancelledError(NOT_REVIEWED, interrupted=False)


def _append(session: Session, record: Record) -> tuple[Problem, ...]:
    """Append the record of the reviews; return the problem if that is not possible."""
    try:
        session.files.log.append(record)
    except errors.RefusedError as error:
        session.screen.note(Phrase(error.message, " ", error.hint))
        return (Problem.of(error),)
    return ()
