"""From a journal and what the remotes hold: what is left of an operation, or to take back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.plan import State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Operation
from multigit.core.progress.outcome import planned
from multigit.core.progress.remote_state import RemoteState
from multigit.core.recovery.resume import resumed, to_plan_again
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem
from tests.core.recovery.scene import (
    HELD,
    MADE,
    RUNNING,
    STG,
    TAG,
    begun_again,
    continued,
    deploying,
    plan,
    promoted,
    stands,
)

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
