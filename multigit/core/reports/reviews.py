"""Reviews: what is waiting for approval on a host, and what became of the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
from multigit.errors import FAILED, INTERRUPTED, OK, RefusedError

ISO = "%Y-%m-%dT%H:%M:%SZ"


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

    def only(self, names: Collection[str]) -> PendingReview:
        """Return it with only the environments that are named and that the user may review."""
        return replace(self, gates=tuple(gate for gate in self.mine if gate.name in names))

    @property
    def name(self) -> str:
        """Return the repository, and the target if it has several."""
        return f"{self.spec.repo} ({self.spec.target})" if self.spec.target else self.spec.repo


class ReviewResult(StrEnum):
    """The result of a review."""

    APPROVED = "approved"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a run's gates; `problem` says why it failed, or why its result is unknown.

    `by` is who has reviewed them before us, and `answer` is their answer.
    """

    waiting: PendingReview
    answer: ReviewResult
    problem: Problem | None = None
    by: str = ""

    @property
    def in_words(self) -> str:
        """Return the result as people read it."""
        words = str(self.answer).replace("_", " ")
        return f"{words} by {self.by}" if self.by else words


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


def named(waiting: Sequence[PendingReview], names: Sequence[str]) -> tuple[PendingReview, ...]:
    """Return what waits at the environments with these names; no names stand for all of ours.

    Raises RefusedError if nothing waits at one of them, or only for others.
    """
    mine = {gate.name for each in waiting for gate in each.mine}
    for name in names:
        if name not in mine:
            raise _not_waiting(waiting, name, mine)
    chosen = (each.only(names or mine) for each in waiting)
    return tuple(each for each in chosen if each.gates)


def _not_waiting(
    waiting: Sequence[PendingReview], name: str, mine: Collection[str]
) -> RefusedError:
    gates = [gate for each in waiting for gate in each.gates if gate.name == name]
    hint = f"These wait for you: {', '.join(sorted(mine))}." if mine else ""
    if not gates:
        message = f"No deployment waits for a review of {name}."
        return RefusedError(message, hint=hint, code="environment_not_waiting")
    people = dict.fromkeys(person for gate in gates for person in gate.reviewers)
    message = f"{name} waits for {', '.join(people) or 'someone else'}, not for you."
    return RefusedError(message, hint=hint, code="not_your_review")


def waiting_document(waiting: Sequence[PendingReview]) -> list[dict[str, Any]]:
    """Return what waits for a review, as the document for scripts has it."""
    return [
        {
            "repo": each.spec.repo,
            "target": each.spec.target or None,
            "environment": gate.name,
            "reviewers": list(gate.reviewers),
            "mine": gate.mine,
            "since": f"{datetime.fromtimestamp(gate.since, UTC):{ISO}}" if gate.since else None,
            "url": each.run.url or None,
        }
        for each in waiting
        for gate in each.gates
    ]


def reviews_exit_code(
    reviews: Sequence[Review], wanted: ReviewResult, *, interrupted: bool, unread: bool
) -> int:
    """Return 130 after Ctrl-C, 1 if a gate has not the wanted answer or a run was not read."""
    if interrupted:
        return INTERRUPTED
    done = all(each.answer is wanted for each in reviews)
    return OK if done and not unread else FAILED


def reviews_sentence(reviews: Sequence[Review]) -> str:
    """Return how many reviews have which result."""
    counts = [(answer, sum(r.answer is answer for r in reviews)) for answer in ReviewResult]
    results = ", ".join(f"{n} {str(answer).replace('_', ' ')}" for answer, n in counts if n)
    return f"{plural(len(reviews), 'review')}: {results}."


def reviews_document(
    reviews: Sequence[Review],
    unread: Sequence[Problem],
    exit_code: int,
    waiting: Sequence[PendingReview],
) -> dict[str, Any]:
    """Return the reviews, and what was waiting before them, as the one JSON document."""
    return frame(
        "approve",
        reviews_sentence(reviews),
        result=_result(exit_code),
        exit_code=exit_code,
        problems=[*unread, *(each.problem for each in reviews if each.problem)],
        waiting=waiting_document(waiting),
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
            by=each.by,
        )
        for each in reviews
    )
