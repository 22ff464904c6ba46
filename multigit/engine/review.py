"""Review: find every run that waits for a person, and send each answer once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multigit.core.reports import leaving
from multigit.core.reports.reviews import PendingReview, Review, ReviewResult
from multigit.core.values.deployment import DeploymentSpec, Run
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Reviewers
from multigit.errors import MultigitError, UnknownStartError


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

    def send(key: str, _: ShowActivity) -> Review:
        pending = by_key[key]
        approve = answer is ReviewResult.APPROVED
        reviewers.review(pending.spec, pending.run, pending.mine, approve=approve, comment=comment)
        return Review(pending, answer)

    def failed(key: str, error: MultigitError) -> Review:
        doubt = isinstance(error, UnknownStartError)
        problem = Problem.of(error, about=by_key[key].spec.repo)
        return Review(by_key[key], ReviewResult.UNKNOWN if doubt else ReviewResult.FAILED, problem)

    done = fleet.for_each(
        {key: key for key in by_key},
        send,
        phase="Reviewing",
        doing="sending the review",
        repo_of=lambda key: by_key[key].spec.repo,
        leaving=leaving.reviewing,
    )
    sent = done.completed(failed)
    reviews = (
        sent.get(key, Review(pending, ReviewResult.NOT_SENT)) for key, pending in by_key.items()
    )
    return tuple(reviews), done.interrupted
