"""From a journal and what the remotes hold: what is left of an operation, or to take back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.merges import plan_merges
from multigit.core.planning.plan import Plan, Result, State
from multigit.core.planning.steps import DeployStep
from multigit.core.progress.journal import Entry, Kind, Operation
from multigit.core.progress.outcome import Outcome, ended, planned
from multigit.core.progress.remote_state import RemoteState, compared, state_of
from multigit.core.recovery.resume import after_undo, as_it_stands, resumed, to_plan_again
from multigit.core.recovery.undo import undone
from multigit.core.reports.summary import summary
from multigit.core.values.deploy_spec import CommandRunner
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem, Severity
from multigit.hints import Hint
from tests.core.builders import (
    ADA,
    API,
    MOMENT,
    WEB,
    branch,
    merge,
    operation,
    past,
    promotion,
    refs,
    snapshot,
    state,
    workspace,
)

SHOP = workspace(API, WEB)
STG, TAG = "refs/heads/staging", "refs/tags/stg-deploy-20250115-160130"
MADE = {STG: "merge-1", TAG: "tag-1"}
LOCAL = refs(staging=branch("stg-1", "stg-1"))
HELD = {STG: "stg-1"}


def plan() -> Plan:
    """Return a promotion of two repositories."""
    seen = {repo.name: snapshot(merge(), repo=repo, refs=LOCAL) for repo in (API, WEB)}
    return plan_merges(promotion(API, WEB), SHOP, seen)


def promoted(whole: Plan | None = None, **known: Any) -> Operation:
    """Return it after its pushes may have begun, with what else is known."""
    return operation(whole or plan(), state(made={"api": MADE, "web": MADE}, **known))


def stands(now: dict[str, str]) -> RemoteState:
    """Compare a remote with the plan."""
    return compared(plan().repos[0], MADE, now)


# --- The journal


def test_a_journal_is_folded_into_the_operation() -> None:
    """The last that was noted of a deployment counts."""
    deployment = Deployment("", RunState.QUEUED)
    told = Operation.from_entries(
        [
            Entry(Kind.BEGUN, plan=plan(), actor=ADA),
            Entry(Kind.PUBLISHING, made={"api": MADE}),
            Entry(Kind.SETTLED, repos=("api",), state=State.PUBLISHED),
            Entry(Kind.DEPLOYMENT, repos=("api",), deployment=deployment),
            Entry(
                Kind.DEPLOYMENT,
                repos=("api",),
                deployment=replace(deployment, state=RunState.FAILED),
            ),
        ]
    )
    assert told
    assert [*told.state.repos] == ["api"]
    api = told.state.of("api")
    assert (api.made, api.settled) == (MADE, State.PUBLISHED)
    assert api.deployments[""].state is RunState.FAILED


def test_a_hint_is_not_kept_for_later() -> None:
    """It names folders as they were seen from where somebody stood, and what has changed since."""
    warning = Problem("a", "is so.", "Run: git -C . status", Severity.WARN, files=("b",))
    begun = replace(plan(), repos=(replace(plan().repos[0], problems=(warning,)),))
    told = Operation.from_entries([Entry(Kind.BEGUN, plan=begun, actor=ADA)])
    assert told
    assert told.plan.repos[0].problems == (replace(warning, hint=""),)


def test_a_journal_without_its_beginning_tells_nothing() -> None:
    """It broke off before the plan was whole."""
    assert Operation.from_entries([Entry(Kind.PUBLISHING, made={"api": MADE})]) is None


# --- Where a repository stands


def test_the_remote_decides_what_is_published() -> None:
    """Whatever the journal says."""
    repo = plan().repos[0]
    assert state_of(repo, stands(MADE)) is State.PUBLISHED
    assert state_of(repo, stands(HELD)) is State.NOT_PUBLISHED
    assert state_of(repo, stands({STG: "merge-1"})) is State.NOT_PUBLISHED  # to be completed
    assert state_of(repo, stands({STG: "theirs"})) is State.FAILED
    unreachable = RemoteState(problem=Problem("unreachable", "is out of reach."))
    assert state_of(repo, unreachable) is State.UNKNOWN


# --- Going on


def test_only_what_is_missing_is_planned() -> None:
    """With what was made for it."""
    left = resumed(promoted(), {"api": stands(MADE), "web": stands(HELD)}, {}, skip_blocked=False)
    assert [repo.state for repo in left.plan.repos] == [State.PUBLISHED, State.PLANNED]
    assert left.state.of("web").made == MADE


PUSHED = Flight(0.0, 1.0, "here", "1:2")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, State.SKIPPED),
        ({"settled": {"api": State.FAILED}}, State.SKIPPED),
        ({"settled": {"api": State.UNKNOWN}}, State.BLOCKED),
        ({"settled": {"api": State.PUBLISHED}}, State.BLOCKED),
        ({"flights": {"api": PUSHED}}, State.BLOCKED),
    ],
)
def test_a_moved_branch_blocks_with_both_commits(known: dict[str, Any], expected: State) -> None:
    """A person has to look; it is not left out where its push was begun, and may have arrived."""
    standings = {"api": stands({STG: "theirs-9"}), "web": stands(MADE)}
    left = resumed(promoted(**known), standings, {}, skip_blocked=True).plan
    assert left.repos[0].state is expected
    assert left.repos[0].problems[0].message == (
        "staging is at theirs- on the remote, not at merge-1."
    )


def test_what_the_remote_has_some_of_is_not_left_out() -> None:
    """Whatever is noted of its push: the tag is there, and the branch was moved."""
    standings = {"api": stands({**MADE, STG: "theirs-9"}), "web": stands(MADE)}
    left = resumed(promoted(), standings, {}, skip_blocked=True).plan
    assert left.repos[0].state is State.BLOCKED


def test_what_a_remote_has_some_of_is_not_left_out_when_it_cannot_be_asked() -> None:
    """It was known when the operation was continued before, which noted it."""
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    for begun, expected in ((["api"], State.BLOCKED), ([], State.SKIPPED)):
        known = promoted(begun=begun)
        left = resumed(known, {"api": away, "web": stands(MADE)}, {}, skip_blocked=True)
        assert left.plan.repos[0].state is expected


# --- Continued once more


def begun_again(left: Operation) -> Operation:
    """Return an operation as the journal knows it when it goes on."""
    entry = Entry(Kind.BEGUN, plan=left.plan, actor=ADA, progress=left.state.repos)
    known = Operation.from_entries([entry])
    assert known
    return known


def continued(*remotes: RemoteState, **known: Any) -> Operation:
    """Return an operation that is continued, where the remotes stand so."""
    there = dict(zip(("api", "web"), remotes, strict=True))
    return begun_again(resumed(promoted(**known), there, {}, skip_blocked=False))


def test_the_remote_decides_at_each_continue_what_is_published() -> None:
    """Also of what was published at the one before: its tag is gone, or all of it."""
    again = continued(stands(MADE), stands(HELD))
    assert again.plan.repos[0].state is State.PUBLISHED
    for now in ({STG: "merge-1"}, HELD):
        left = resumed(again, {"api": stands(now), "web": stands(HELD)}, {}, skip_blocked=False)
        api = left.state.of("api")
        assert left.plan.repos[0].state is State.PLANNED
        assert (api.published, api.begun, api.made) == (False, True, MADE)


def test_a_remote_that_does_not_answer_takes_nothing_back_at_any_continue() -> None:
    """What was published stays so."""
    again = continued(stands(MADE), stands(HELD))
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    left = resumed(again, {"api": away, "web": stands(HELD)}, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PUBLISHED


def deploying(**known: Any) -> Operation:
    """Return an operation that also deploys."""
    step = DeployStep("stg", "stg", "staging", "", CommandRunner(("true",)), 60.0)
    whole = plan()
    repos = tuple(replace(repo, steps=(*repo.steps, step)) for repo in whole.repos)
    return promoted(replace(whole, repos=repos), **known)


RUNNING = Deployment(state=RunState.RUNNING, run=Run("1"))


def test_a_deployment_that_was_begun_is_known_where_the_tag_is_gone() -> None:
    """It is published once more, and not deployed once more; also two attempts later."""
    before = deploying(deployments={"api": {"": RUNNING}})
    standings = {"api": stands({STG: "merge-1"}), "web": stands(HELD)}
    left = resumed(before, standings, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PLANNED
    assert not left.state.of("api").published
    assert left.state.deployments() == {"api": {"": RUNNING}}
    assert begun_again(left).state.deployments() == {"api": {"": RUNNING}}


def test_a_deployment_that_never_began_is_forgotten_but_for_those_before_it() -> None:
    """The next one gets a name that no other had; and what failed before was deployed."""
    never, once_more = Deployment("fra"), Deployment("nrt", attempt=2)
    before = deploying(deployments={"api": {"fra": never, "nrt": once_more}})
    standings = {"api": stands(MADE), "web": stands(HELD)}
    left = resumed(before, standings, {}, skip_blocked=False)
    assert left.state.deployments() == {"api": {"nrt": once_more}}
    assert left.state.of("api").deployed


def test_what_never_began_has_no_deployments_where_it_is_left_out() -> None:
    """They would be missed for ever."""
    before = deploying()
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    left = resumed(before, {"api": stands(MADE), "web": away}, {}, skip_blocked=True)
    web = planned(left.plan, left.state).outcomes[1]
    assert (web.state, web.deployments) == (State.SKIPPED, ())


# --- Planned anew


def test_only_what_nothing_is_left_of_is_planned_anew() -> None:
    """Not beside its own tag or somebody's, and not where a deployment was begun."""
    moved = stands({STG: "theirs"})
    held = stands(HELD)

    def again(there: RemoteState, known: Operation) -> list[str]:
        return [repo.repo for repo in to_plan_again(known, {"api": there, "web": held})]

    assert again(moved, promoted()) == ["api"]
    assert again(held, promoted()) == []
    assert again(stands({**MADE, STG: "theirs"}), promoted()) == []
    assert again(stands({TAG: "tag-9", STG: "theirs"}), promoted()) == []
    assert again(moved, deploying(deployments={"api": {"": RUNNING}})) == []
    assert again(moved, deploying(deployments={"api": {"": Deployment()}})) == ["api"]


def test_what_was_published_is_not_planned_anew() -> None:
    """At the second continue a person has to look, too."""
    again = continued(stands(MADE), stands(HELD))
    assert to_plan_again(again, {"api": stands({STG: "theirs"}), "web": stands(HELD)}) == ()


def test_a_branch_that_moved_after_it_went_back_is_still_taken_back() -> None:
    """By what was settled; a release that somebody moved is no release any more."""
    back = replace(plan(), undoes="op-1")
    for told, expected in ((back, State.PUBLISHED), (plan(), State.BLOCKED)):
        known = promoted(told, settled={"api": State.PUBLISHED})
        there = {"api": stands({STG: "theirs"}), "web": stands(HELD)}
        left = resumed(known, there, {}, skip_blocked=False)
        assert left.plan.repos[0].state is expected


def test_a_published_repository_may_still_have_to_be_deployed() -> None:
    """Then it is planned, without another push; what succeeded is known."""
    step = DeployStep("stg", "stg", "staging", "nrt", CommandRunner(("true",)), 60.0)
    whole = plan()
    api = replace(whole.repos[0], steps=(*whole.repos[0].steps, step, replace(step, target="fra")))
    known = {"api": {"nrt": Deployment("nrt", RunState.SUCCEEDED)}}
    begun = promoted(replace(whole, repos=(api, whole.repos[1])), deployments=known)
    standings = {"api": stands(MADE), "web": stands(MADE)}
    left = resumed(begun, standings, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PLANNED
    assert left.state.of("api").published
    told = planned(left.plan, left.state).outcomes[0]
    assert [each.state for each in told.deployments] == [RunState.SUCCEEDED, RunState.NOT_STARTED]


# --- Closing


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Deployment(state=RunState.STARTING), RunState.UNKNOWN),
        (Deployment(state=RunState.RUNNING, run=Run("1")), RunState.RUNNING),
        (Deployment(state=RunState.FAILED), RunState.FAILED),
    ],
)
def test_a_start_without_a_run_is_left_as_unknown(known: Deployment, expected: RunState) -> None:
    """Nobody will learn more of it; a run can still be asked."""
    left = deploying(deployments={"api": {"": known}})
    report = as_it_stands(left, {"api": stands(MADE)}, "abandoned")
    (deployment,) = report.outcomes[0].deployments
    assert deployment.state is expected


def test_what_was_deployed_is_kept_where_its_tag_is_gone() -> None:
    """A deployment that still runs is told, also of what is only half published by now."""
    left = deploying(deployments={"api": {"": RUNNING}})
    report = as_it_stands(left, {"api": stands({STG: "merge-1"})}, "abandoned")
    api = report.outcomes[0]
    assert (api.state, api.partial, api.deployments) == (State.FAILED, True, (RUNNING,))
    assert report.problems[0].hint == Hint.RUNS_ON


@pytest.mark.parametrize(
    ("deployment", "wait", "is_open"),
    [
        (Deployment(state=RunState.STARTING), False, True),
        (Deployment(state=RunState.QUEUED, run=Run("1")), False, False),
        (Deployment(state=RunState.QUEUED, run=Run("1")), True, True),
        (Deployment(state=RunState.TIMED_OUT, run=Run("1")), True, True),
        (Deployment(state=RunState.UNKNOWN), False, True),
        (Deployment(state=RunState.FAILED, run=Run("1")), True, False),
    ],
)
def test_an_operation_stays_open_for_what_may_still_change(
    deployment: Deployment, *, wait: bool, is_open: bool
) -> None:
    """Also without waiting, while nobody knows whether it began."""
    whole = replace(plan(), wait=wait)
    outcomes = [
        Outcome(repo, State.PUBLISHED, MADE, deployments=(deployment,)) for repo in whole.repos
    ]
    assert ended(whole, outcomes).unfinished == is_open


def test_what_is_abandoned_is_recorded_as_it_stands() -> None:
    """Published where it is published."""
    report = as_it_stands(promoted(), {"api": stands(MADE), "web": stands(HELD)}, "abandoned")
    assert [o.state for o in report.outcomes] == [State.PUBLISHED, State.NOT_PUBLISHED]


@pytest.mark.parametrize(
    ("api", "web", "result"),
    [
        (MADE, MADE, Result.DONE),
        (MADE, HELD, Result.FAILED),
        (HELD, HELD, Result.NOTHING),
    ],
)
def test_what_is_abandoned_ends_as_far_as_it_came(
    api: dict[str, str], web: dict[str, str], result: Result
) -> None:
    """Done where all of it arrived after all, nothing where nothing of it is there."""
    report = as_it_stands(promoted(), {"api": stands(api), "web": stands(web)}, "abandoned")
    assert report.result is result


def test_what_was_published_and_taken_back_is_recorded_as_that() -> None:
    """Not as nothing: for a while it was there."""
    back = undone(promoted(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past())
    undo = ended(back, [Outcome(back.repos[0], State.PUBLISHED, {STG: "stg-1", TAG: ""})])
    report = after_undo(promoted(), undo)
    assert report.result is Result.FAILED
    api, web = report.outcomes
    assert (api.state, [problem.code for problem in api.problems]) == (
        State.NOT_PUBLISHED, ["taken_back"],
    )  # fmt: skip
    assert (web.state, web.problems) == (State.NOT_PUBLISHED, ())
    assert summary(report)[0].endswith("1 taken back, 1 not published.")
