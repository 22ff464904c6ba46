"""Reviews: which runs may be waiting for one, and how the answers are reported."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Operation
from multigit.core.reports.reviews import (
    PendingReview,
    Review,
    ReviewResult,
    reviews_document,
    reviews_exit_code,
    reviews_record,
    reviews_sentence,
    to_review,
)
from multigit.core.values.agreement import Actor, ConsentState
from multigit.core.values.deploy_config import CommandRunner, GithubRunner, Runner
from multigit.core.values.deployment import Deployment, DeploymentSpec, Gate, Run, RunState
from multigit.core.values.problem import Problem
from multigit.errors import FAILED, INTERRUPTED, OK
from tests.core.builders import ADA, operation, state
from tests.core.recovery.scene import plan, promoted

GITHUB = GithubRunner("deploy.yml")
RUN = Run("7", "https://host/7")
LOST = Problem("review_unknown", "the answer was lost.")


def deploying(runner: Runner, **targets: Deployment) -> Operation:
    """Return an operation that deploys to these targets, with the state of each."""
    whole = plan()
    steps = tuple(DeployStep("stg", "stg", "staging", target, runner, 60.0) for target in targets)
    repos = tuple(
        replace(repo, steps=(*repo.steps, *steps)) if repo.repo == "api" else repo
        for repo in whole.repos
    )
    known = {"api": targets} if targets else {}
    return operation(replace(whole, repos=repos), state(deployments=known))


def deployment(target: str, state: RunState, run: Run | None = RUN) -> Deployment:
    """Return a deployment to a target."""
    return Deployment(target, state, run=run)


def review(answer: ReviewResult, problem: Problem | None = None) -> Review:
    """Return the review of a run that waits at two gates, one of which the user may not approve."""
    spec = DeploymentSpec(
        "key", "api", "stg", "stg", "staging", "merge-1", "", "r", "eu", 0.0, GITHUB
    )
    gates = (Gate(1, "stg-eu", ("ada",), mine=True), Gate(2, "legal", ("max",)))
    return Review(PendingReview(spec, RUN, gates), answer, problem)


def test_what_may_wait_for_a_review() -> None:
    """It is each run on GitHub that has not succeeded, since a failed one may be rerun there."""
    operation = deploying(
        GITHUB,
        eu=deployment("eu", RunState.WAITING),
        us=deployment("us", RunState.SUCCEEDED),
        asia=deployment("asia", RunState.FAILED),
        africa=deployment("africa", RunState.STARTING, None),
    )
    found = to_review(operation, {"api"})
    assert [(spec.target, run) for spec, run in found] == [("eu", RUN), ("asia", RUN)]
    assert to_review(operation, {"web"}) == ()


def test_other_runners_have_no_reviews() -> None:
    """A command never waits for a review."""
    operation = deploying(CommandRunner(("true",)), eu=deployment("eu", RunState.WAITING))
    assert to_review(operation, {"api"}) == ()


@pytest.mark.parametrize(
    ("answers", "interrupted", "unread", "code"),
    [
        ([ReviewResult.APPROVED, ReviewResult.APPROVED], False, False, OK),
        ([ReviewResult.APPROVED, ReviewResult.REJECTED], False, False, FAILED),
        ([], False, False, OK),
        ([ReviewResult.APPROVED], False, True, FAILED),
        ([ReviewResult.APPROVED, ReviewResult.NOT_SENT], False, False, FAILED),
        ([ReviewResult.FAILED], False, False, FAILED),
        ([ReviewResult.UNKNOWN], False, False, FAILED),
        ([ReviewResult.APPROVED], True, False, INTERRUPTED),
    ],
)
def test_the_exit_code(
    answers: list[ReviewResult], *, interrupted: bool, unread: bool, code: int
) -> None:
    """It is 0 only if everything has the wanted answer and every run could be read."""
    reviews, wanted = [review(answer) for answer in answers], ReviewResult.APPROVED
    assert reviews_exit_code(reviews, wanted, interrupted=interrupted, unread=unread) == code


def test_the_sentence_counts_the_answers() -> None:
    """They are in the order of the results."""
    answers = (ReviewResult.NOT_SENT, ReviewResult.APPROVED, ReviewResult.APPROVED)
    said = reviews_sentence([review(answer) for answer in answers])
    assert said == "3 reviews: 2 approved, 1 not sent."


def test_the_document_names_own_gates_and_all_problems() -> None:
    """The problems include those of runs that could not be read."""
    unread = Problem("unreachable", "GitHub does not answer.")
    lost = review(ReviewResult.UNKNOWN, LOST)
    document = reviews_document([lost], [unread], FAILED, [lost.waiting])
    target = {"repo": "api", "target": "eu"}
    assert document["reviewed"] == [
        {**target, "environments": ["stg-eu"], "state": "unknown", "by": None}
    ]
    assert {each["environment"] for each in document["waiting"]} > {"stg-eu"}
    assert {each["mine"] for each in document["waiting"]} == {True, False}
    assert [each["code"] for each in document["problems"]] == ["unreachable", "review_unknown"]
    assert (document["result"], document["exit_code"]) == ("failed", FAILED)


def test_the_log_keeps_a_record_of_its_own() -> None:
    """It says which operation was reviewed by whom, and that nothing was published."""
    operation = promoted()
    record = reviews_record(
        operation,
        [review(ReviewResult.APPROVED)],
        OK,
        comment="looks good",
        operation="approve-1",
        actor=Actor("Max <max@example.com>", "max", "desk"),
        at="2025-01-15T16:00:00Z",
        consent=ConsentState.YES,
    )
    assert record.reviews == operation.plan.operation
    assert (record.operation, record.result) == ("approve-1", "done")
    assert record.message == "looks good"
    assert record.actor.identity == "Max <max@example.com>"
    assert ADA.identity not in str(record.document())
    assert record.repos == ()
    assert [each.state for each in record.reviewed] == ["approved"]
