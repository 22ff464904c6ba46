"""Reviews: what is waiting for approval on a host, and what became of the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from multigit.core.planning.plan import Result
from multigit.core.progress.deployments import recorded_specs
from multigit.core.progress.journal import Operation
from multigit.core.records.record import Record, ReviewRecord
from multigit.core.records.repo_record import ProblemRecord
from multigit.core.reports.document import frame
from multigit.core.values.agreement import Actor, Agreement, ConsentState
from multigit.core.values.deployment import DeploymentSpec, Gate, Run
from multigit.core.values.problem import Problem
from multigit.core.values.text import plural
from multigit.errors import FAILED, INTERRUPTED, OK


@dataclass(frozen=True, slots=True)
class PendingReview:
    """A run with the environments for which it is waiting for approval."""

    spec: DeploymentSpec
    run: Run
    gates: tuple[Gate, ...]

    @property
    def mine(self) -> tuple[Gate, ...]:
        """Return the environments that the user may review."""
        return tuple(gate for gate in self.gates if gate.mine)


class ReviewResult(StrEnum):
    """The result of a review."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one run; `problem` says why it failed, or why its result is unknown."""

    waiting: PendingReview
    answer: ReviewResult
    problem: Problem | None = None


def to_review(
    operation: Operation, repos: Collection[str]
) -> tuple[tuple[DeploymentSpec, Run], ...]:
    """Return the runs of these repositories that may be waiting for a review: no good end is known.

    One that failed may have been rerun on its page, and be waiting now.
    """
    return tuple(
        (spec, known.run)
        for spec, known in recorded_specs(operation)
        if known.run and not known.state.good
        if spec.repo in repos and spec.runner.host
    )


def reviews_exit_code(reviews: Sequence[Review], *, interrupted: bool, unread: bool) -> int:
    """Return 130 after Ctrl-C, 1 if a review was not accepted or a run could not be read."""
    if interrupted:
        return INTERRUPTED
    sent = all(each.answer in {ReviewResult.APPROVED, ReviewResult.REJECTED} for each in reviews)
    return OK if sent and not unread else FAILED


def reviews_sentence(reviews: Sequence[Review]) -> str:
    """Return how many reviews have which result."""
    counts = [(answer, sum(r.answer is answer for r in reviews)) for answer in ReviewResult]
    results = ", ".join(f"{n} {str(answer).replace('_', ' ')}" for answer, n in counts if n)
    return f"{plural(len(reviews), 'review')}: {results}."


def reviews_document(
    reviews: Sequence[Review], unread: Sequence[Problem], exit_code: int
) -> dict[str, Any]:
    """Return the reviews as the one JSON document."""
    return frame(
        "approve",
        reviews_sentence(reviews),
        result=_result(exit_code),
        exit_code=exit_code,
        problems=[*unread, *(each.problem for each in reviews if each.problem)],
        reviewed=[each.document() for each in _reviewed(reviews)],
    )


def reviews_record(
    of: Operation,
    reviews: Sequence[Review],
    exit_code: int,
    *,
    comment: str,
    operation: str,
    actor: Actor,
    at: str,
    consent: ConsentState,
) -> Record:
    """Return the record of reviews `of` an operation, which is an `operation` of its own.

    It has no `repos`, since it published and deployed nothing.
    """
    return Record(
        at=at,
        operation=operation,
        command="approve",
        result=_result(exit_code),
        actor=actor,
        agreement=Agreement(consent, actor=actor),
        stage=of.plan.target,
        message=comment,
        release=of.plan.release,
        reviews=of.id,
        problems=tuple(ProblemRecord.of(each.problem) for each in reviews if each.problem),
        reviewed=_reviewed(reviews),
    )


def _result(exit_code: int) -> Result:
    return Result.DONE if exit_code == OK else Result.FAILED


def _reviewed(reviews: Sequence[Review]) -> tuple[ReviewRecord, ...]:
    return tuple(
        ReviewRecord(
            repo=each.waiting.spec.repo,
            target=each.waiting.spec.target,
            environments=tuple(gate.name for gate in each.waiting.mine),
            state=str(each.answer),
        )
        for each in reviews
    )
