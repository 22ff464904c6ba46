"""Gates: who may approve, reviews that are sent only once, and who approved."""

from __future__ import annotations

from typing import Any

import pytest

from multigit.adapters.github.client import GithubClient
from multigit.core.values.deployment import DeploymentSpec, Gate, GateState, Run, RunState
from tests.doubles.github import TOKEN, GitHub, Token, faults
from tests.doubles.github.runs import Review
from tests.doubles.loopback import json_answer
from tests.support.forge import ForgeRepo

from .hubs import refused, runs_at, settled, started

PENDING = "actions/get-pending-deployments-for-run"
REVIEW = "actions/review-pending-deployments-for-run"
APPROVALS = "actions/get-reviews-for-run"


def at_gate(gated: GitHub, api: ForgeRepo) -> tuple[DeploymentSpec, Run]:
    """Start a run, and let it reach its gate."""
    wanted, run = started(gated, api)
    gated.advance(gated.runs()[0])
    return wanted, run


def test_a_gate_shows_who_may_approve(gated: GitHub, api: ForgeRepo) -> None:
    """It names the reviewers, and says whether the user is one."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    status = settled(runs, wanted, run)
    assert (status.state, status.reviewers, status.mine) == (
        RunState.WAITING,
        ("ada", "grace"),
        True,
    )
    assert status.environments == ("production",)
    (gate,) = runs.pending(wanted, run)
    known = {"mine": True, "since": pytest.approx(gated.runs()[0].updated.timestamp(), abs=30)}
    assert gate == Gate(gate.environment, "production", ("ada", "grace"), **known)  # type: ignore[arg-type]
    gated.tokens[TOKEN] = Token("mallory")
    assert not settled(runs_at(gated), wanted, run).mine


def test_a_gate_shows_since_when_it_waits(gated: GitHub, api: ForgeRepo) -> None:
    """By our clock, within the seconds that the clocks' comparison may be wrong by."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    since = settled(runs, wanted, run).since
    there = gated.runs()[0].updated.timestamp()
    assert since == pytest.approx(there, abs=30)
    assert {runs.poll(wanted, run).since for _ in range(4)} == {since}


def test_a_poll_at_a_gate_costs_one_request(gated: GitHub, api: ForgeRepo) -> None:
    """This holds as long as no one reviews it."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    before = gated.count()
    assert {runs.poll(wanted, run).state for _ in range(8)} == {RunState.WAITING}
    assert gated.count() == before + 8


def test_an_approved_gate_opens(gated: GitHub, api: ForgeRepo) -> None:
    """The last status says who approved."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    settled(runs, wanted, run)
    runs.review(wanted, run, runs.pending(wanted, run), approve=True, comment="go")
    assert runs.poll(wanted, run).state is RunState.RUNNING
    gated.finish(gated.runs()[0], "success")
    seen = settled(runs, wanted, run)
    assert (seen.state, seen.approved_by) == (RunState.SUCCEEDED, ("ada",))
    assert gated.runs()[0].reviews[0].comment == "go"
    assert runs.pending(wanted, run) == ()


def test_a_gate_that_opens_between_two_polls_is_seen_soon(gated: GitHub, api: ForgeRepo) -> None:
    """The second poll shows it at the latest."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    runs.poll(wanted, run)
    gates = runs.pending(wanted, run)
    runs_at(gated).review(wanted, run, gates, approve=True, comment="")
    seen = [runs.poll(wanted, run) for _ in range(2)]
    assert [status.state for status in seen] == [RunState.WAITING, RunState.RUNNING]


@pytest.mark.parametrize("end", ["success", "failure", "cancelled"])
def test_an_end_right_after_the_gate_is_seen(gated: GitHub, api: ForgeRepo, end: str) -> None:
    """The run was approved, rejected or cancelled, and ended, all between two polls."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    for _ in range(3):
        runs.poll(wanted, run)
    gates = runs.pending(wanted, run)
    runs_at(gated).review(wanted, run, gates, approve=end == "success", comment="")
    gated.finish(gated.runs()[0], end)
    seen = [runs.poll(wanted, run) for _ in range(4)]
    assert seen[-1].state.over


def test_gates_are_asked_for_after_a_change(gated: GitHub, api: ForgeRepo) -> None:
    """A hundred waiting runs would otherwise use up the hourly limit."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    for _ in range(20):
        seen = runs.poll(wanted, run)
    assert seen.reviewers
    assert gated.count("actions/get-pending-deployments-for-run") == 1


def test_a_rejected_gate_is_a_failure(gated: GitHub, api: ForgeRepo) -> None:
    """The detail says who rejected it."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    runs.review(wanted, run, runs.pending(wanted, run), approve=False, comment="not today")
    status = settled(runs, wanted, run)
    assert (status.state, status.detail) == (RunState.FAILED, "it was rejected by ada.")
    assert status.rejected
    assert status.approved_by == ()


def test_a_rejection_of_an_earlier_attempt_is_not_the_reason(gated: GitHub, api: ForgeRepo) -> None:
    """The run was run again and approved, and failed; GitHub lists the reviews of both attempts."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    runs.review(wanted, run, runs.pending(wanted, run), approve=False, comment="not today")
    gated.put(gated.rerun(gated.runs()[0]), "waiting")
    runs.review(wanted, run, runs.pending(wanted, run), approve=True, comment="")
    gated.finish(gated.runs()[0], "failure")
    status = settled(runs_at(gated), wanted, run)
    assert (status.state, status.approved_by) == (RunState.FAILED, ("ada",))
    assert status.detail.startswith("it failed in deploy at ")


def test_a_rejection_after_a_rerun_may_be_an_earlier_one(gated: GitHub, api: ForgeRepo) -> None:
    """GitHub does not say to which attempt a review belongs, and the job never began."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    runs.review(wanted, run, runs.pending(wanted, run), approve=False, comment="not today")
    gated.put(gated.rerun(gated.runs()[0]), "waiting")
    runs.review(wanted, run, runs.pending(wanted, run), approve=False, comment="nor today")
    assert settled(runs_at(gated), wanted, run).detail == (
        "it failed in deploy. In this attempt or an earlier one, ada rejected it."
    )


def test_a_first_poll_at_the_end_shows_who_approved(gated: GitHub, api: ForgeRepo) -> None:
    """A process that did not see the gate asks for the approvals then."""
    wanted, run = at_gate(gated, api)
    runs_at(gated).review(
        wanted, run, runs_at(gated).pending(wanted, run), approve=True, comment=""
    )
    gated.advance(gated.runs()[0])
    assert settled(runs_at(gated), wanted, run).approved_by == ("ada",)


def test_a_run_without_a_gate_is_not_asked_for_approvals(hub: GitHub, api: ForgeRepo) -> None:
    """It was polled from the queue to the end, and never waited."""
    wanted, run = started(hub, api, "queued", "in_progress", "success")
    runs = runs_at(hub)
    assert {runs.poll(wanted, run).state for _ in range(5)} >= {RunState.SUCCEEDED}
    assert hub.count(APPROVALS) == 0


def test_a_review_that_may_not_be_given_is_refused(gated: GitHub, api: ForgeRepo) -> None:
    """The error says why, and the run is still waiting."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    gates = runs.pending(wanted, run)
    gated.tokens[TOKEN] = Token("mallory")
    error = refused(lambda: runs.review(wanted, run, gates, approve=True, comment=""))
    assert "mallory may not review production" in error.message
    assert gated.runs()[0].gates == ("production",)


def test_a_refused_review_stays_refused_if_a_limit_follows(gated: GitHub, api: ForgeRepo) -> None:
    """The look for a colleague's review may meet a limit, which is not the reason."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    gates = runs.pending(wanted, run)
    gated.tokens[TOKEN] = Token("mallory")
    gated.inject(faults.secondary_limit(3600), operation=PENDING, times=None)
    error = refused(lambda: runs.review(wanted, run, gates, approve=True, comment=""))
    assert "mallory may not review production" in error.message


def reviewed(
    gated: GitHub, wanted: DeploymentSpec, run: Run, *, approve: bool = True
) -> list[tuple[GateState, str]]:
    """Review the gates; return what became of each, and who was faster."""
    runs = runs_at(gated)
    gates = runs.pending(wanted, run)
    verdicts = runs.review(wanted, run, gates, approve=approve, comment="")
    assert gated.count(REVIEW) == 1
    return [(each.state, each.by) for each in verdicts]


@pytest.mark.parametrize(
    ("effect", "state"), [(True, GateState.APPROVED), (False, GateState.WAITING)]
)
def test_a_review_without_an_answer_is_looked_up(
    gated: GitHub, api: ForgeRepo, state: GateState, *, effect: bool
) -> None:
    """It is not sent again; the run's gates and its history say whether it was received."""
    wanted, run = at_gate(gated, api)
    gated.inject(faults.dropped(effect=effect), operation=REVIEW)
    assert reviewed(gated, wanted, run) == [(state, "")]
    assert len(gated.runs()[0].reviews) == effect


def test_a_review_that_cannot_be_looked_up_is_unknown(gated: GitHub, api: ForgeRepo) -> None:
    """The reason is that its answer was lost."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    gates = runs.pending(wanted, run)
    gated.inject(faults.dropped(effect=True), operation=REVIEW)
    gated.inject(faults.error(500), operation=PENDING, times=None)
    (verdict,) = runs.review(wanted, run, gates, approve=True, comment="")
    assert verdict.state is GateState.UNKNOWN
    assert "did not answer" in verdict.detail


def test_a_run_that_ended_meanwhile_says_nothing_about_a_lost_review(
    gated: GitHub, api: ForgeRepo
) -> None:
    """No one has decided, and the gate is gone: someone cancelled it."""
    wanted, run = at_gate(gated, api)
    runs = runs_at(gated)
    gates = runs.pending(wanted, run)
    gated.finish(gated.runs()[0], "cancelled")
    gated.inject(faults.dropped(effect=False), operation=REVIEW)
    (verdict,) = runs.review(wanted, run, gates, approve=True, comment="")
    assert verdict.state is GateState.UNKNOWN


@pytest.mark.parametrize("lost", [True, False])
def test_a_colleague_who_is_faster_is_named(
    gated: GitHub, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    """GitHub refuses the second review, or no one knows what it did with it."""
    wanted, run = at_gate(gated, api)
    send = GithubClient.post
    if lost:
        gated.inject(faults.dropped(effect=False), operation=REVIEW)

    def after_grace(client: GithubClient, *arguments: Any) -> Any:
        decision = Review("grace", ("production",), "rejected", "no")
        gated.world.review(gated.runs()[0], decision)
        return send(client, *arguments)

    monkeypatch.setattr(GithubClient, "post", after_grace)
    assert reviewed(gated, wanted, run) == [(GateState.REJECTED, "grace")]


def test_reviews_of_an_earlier_attempt_do_not_count(gated: GitHub, api: ForgeRepo) -> None:
    """The history spans all attempts: it already has an approval, which was not this one."""
    wanted, run = at_gate(gated, api)
    assert reviewed(gated, wanted, run) == [(GateState.APPROVED, "")]
    gated.finish(gated.runs()[0], "failure")
    gated.advance(gated.world.rerun(gated.runs()[0], "ada"))
    gated.inject(faults.dropped(effect=False), operation=REVIEW)
    runs = runs_at(gated)
    (verdict,) = runs.review(wanted, run, runs.pending(wanted, run), approve=True, comment="")
    assert verdict.state is GateState.WAITING


def test_gates_that_cannot_be_read_are_an_error(gated: GitHub, api: ForgeRepo) -> None:
    """An unreadable answer does not mean that there are no gates."""
    wanted, run = at_gate(gated, api)
    gated.inject(faults.Fault(effect=False, reaction=json_answer(200, {"a": 1})), operation=PENDING)
    assert refused(lambda: runs_at(gated).pending(wanted, run)).code == "github_no_json"
