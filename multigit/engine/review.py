"""Review: find every run that waits for a person, and send each answer once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from multigit.core.reports import leaving
from multigit.core.reports.reviews import PendingReview, Review, ReviewResult
from multigit.core.values.deployment import DeploymentSpec, Gate, GateState, Run, Verdict
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Reviewers
from multigit.errors import MultigitError

SEE_THE_RUN = "See the page of the run before you try again."


@dataclass(frozen=True, slots=True)
class PendingReviews:
    """The runs that wait for a person, and the problems of those that could not be read."""

    waiting: tuple[PendingReview, ...]
    unread: tuple[Problem, ...]


def find_pending_reviews(
    runs: Sequence[tuple[DeploymentSpec, Run]], reviewers: Reviewers, fleet: Fleet
) -> PendingReviews:
    """Read of each run whether it waits; one that cannot be read does not stop the others."""
    by_key = {spec.key: (spec, run) for spec, run in runs}

    def check(asked: tuple[DeploymentSpec, Run], _: ShowActivity) -> PendingReview:
        return PendingReview(*asked, reviewers.pending(*asked))

    results = fleet.for_each(
        by_key,
        check,
        phase="Searching for reviews",
        doing="reading who has to review",
        repo_of=lambda key: by_key[key][0].repo,
    )
    return PendingReviews(
        tuple(each for each in results.results.values() if each.gates),
        tuple(Problem.of(e, about=by_key[key][0].repo) for key, e in results.errors.items()),
    )


def review(
    waiting: Sequence[PendingReview],
    reviewers: Reviewers,
    answer: ReviewResult,
    comment: str,
    fleet: Fleet,
) -> tuple[tuple[Review, ...], bool]:
    """Send the answer to what waits for us; also return whether Ctrl-C left some unsent."""
    by_key = {each.spec.key: each for each in waiting}

    def send(pending: PendingReview, _: ShowActivity) -> tuple[Review, ...]:
        verdicts = reviewers.review(
            pending.spec,
            pending.run,
            pending.mine,
            approve=answer is ReviewResult.APPROVED,
            comment=comment,
        )
        return tuple(_reviews(pending, verdicts))

    def failed(key: str, error: MultigitError) -> tuple[Review, ...]:
        problem = Problem.of(error, about=by_key[key].spec.repo)
        return (Review(by_key[key], ReviewResult.FAILED, problem),)

    done = fleet.for_each(
        by_key,
        send,
        phase="Reviewing",
        doing="sending the review",
        repo_of=lambda key: by_key[key].spec.repo,
        leaving=leaving.reviewing,
    )
    sent = done.completed(failed)
    reviews = (
        sent.get(key, (Review(pending, ReviewResult.NOT_SENT),)) for key, pending in by_key.items()
    )
    return tuple(chain.from_iterable(reviews)), done.interrupted


def _reviews(pending: PendingReview, verdicts: Sequence[Verdict]) -> Iterator[Review]:
    """Yield a review for the gates of one run with the same result: mostly there is only one."""
    alike: dict[tuple[GateState, str, str], list[Gate]] = {}
    for one in verdicts:
        alike.setdefault((one.state, one.by, one.detail), []).append(one.gate)
    for (state, by, detail), gates in alike.items():
        part, repo = replace(pending, gates=tuple(gates)), pending.spec.repo
        names = ", ".join(gate.name for gate in gates)
        match state:
            case GateState.APPROVED | GateState.REJECTED:
                yield Review(part, ReviewResult(state), by=by)
            case GateState.WAITING:
                message = f"{repo}: GitHub did not answer, and {names} still waits for a review."
                problem = Problem("review_not_received", message, "Run the command again.")
                yield Review(part, ReviewResult.FAILED, problem)
            case GateState.UNKNOWN:
                reason = detail or "GitHub did not answer"
                message = f"{repo}: it is unknown whether {names} was reviewed: {reason}"
                problem = Problem("review_unclear", f"{message.rstrip('.')}.", SEE_THE_RUN)
                yield Review(part, ReviewResult.UNKNOWN, problem)
