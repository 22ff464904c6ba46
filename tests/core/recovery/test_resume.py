"""What is left of an operation to continue, according to its journal and the remotes."""

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
    continued,
    deploying,
    plan,
    promoted,
    reread,
    stands,
)

# --- Continued


def test_only_what_is_missing_is_planned() -> None:
    """The objects that were already made are kept."""
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
def test_a_moved_branch_blocks_and_both_commits_are_named(
    known: dict[str, Any], expected: State
) -> None:
    """With --skip-blocked, a repository is only skipped if its push cannot have been published."""
    remotes = {"api": stands({STG: "theirs-9"}), "web": stands(MADE)}
    left = resumed(promoted(**known), remotes, {}, skip_blocked=True).plan
    assert left.repos[0].state is expected
    assert left.repos[0].problems[0].message == (
        "staging is at theirs- on the remote, not at merge-1."
    )


def test_a_partly_published_repository_is_not_skipped() -> None:
    """The tag is published and the branch was moved, whatever the journal says about the push."""
    remotes = {"api": stands({**MADE, STG: "theirs-9"}), "web": stands(MADE)}
    left = resumed(promoted(), remotes, {}, skip_blocked=True).plan
    assert left.repos[0].state is State.BLOCKED


def test_a_partly_published_repository_is_not_skipped_if_its_remote_is_unreachable() -> None:
    """An earlier continue recorded that it is partly published."""
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    for begun, expected in ((["api"], State.BLOCKED), ([], State.SKIPPED)):
        known = promoted(begun=begun)
        left = resumed(known, {"api": away, "web": stands(MADE)}, {}, skip_blocked=True)
        assert left.plan.repos[0].state is expected


# --- Continued again


def test_the_remote_decides_at_each_continue_what_is_published() -> None:
    """This holds even if it was published before, and its tag or everything is gone now."""
    again = continued(stands(MADE), stands(HELD))
    assert again.plan.repos[0].state is State.PUBLISHED
    for now in ({STG: "merge-1"}, HELD):
        left = resumed(again, {"api": stands(now), "web": stands(HELD)}, {}, skip_blocked=False)
        api = left.state.of("api")
        assert left.plan.repos[0].state is State.PLANNED
        assert (api.published, api.begun, api.made) == (False, True, MADE)


def test_published_stays_published_if_the_remote_cannot_be_read() -> None:
    """An earlier continue found it published."""
    again = continued(stands(MADE), stands(HELD))
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    left = resumed(again, {"api": away, "web": stands(HELD)}, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PUBLISHED


def test_a_requested_deployment_is_kept_if_its_tag_is_gone() -> None:
    """The repository is published again but not deployed again, also two attempts later."""
    before = deploying(deployments={"api": {"": RUNNING}})
    remotes = {"api": stands({STG: "merge-1"}), "web": stands(HELD)}
    left = resumed(before, remotes, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PLANNED
    assert not left.state.of("api").published
    assert left.state.deployments() == {"api": {"": RUNNING}}
    assert reread(left).state.deployments() == {"api": {"": RUNNING}}


def test_a_deployment_that_never_started_is_dropped_unless_an_earlier_attempt_did() -> None:
    """The next start then gets a new key, and an earlier attempt counts as a deployment."""
    never, once_more = Deployment("fra"), Deployment("nrt", attempt=2)
    before = deploying(deployments={"api": {"fra": never, "nrt": once_more}})
    remotes = {"api": stands(MADE), "web": stands(HELD)}
    left = resumed(before, remotes, {}, skip_blocked=False)
    assert left.state.deployments() == {"api": {"nrt": once_more}}
    assert left.state.of("api").deployed


def test_a_skipped_repository_that_never_began_has_no_deployments() -> None:
    """Otherwise they would stay open forever."""
    before = deploying()
    away = RemoteState(problem=Problem("unreachable", "cannot be reached."))
    left = resumed(before, {"api": stands(MADE), "web": away}, {}, skip_blocked=True)
    web = planned(left.plan, left.state).outcomes[1]
    assert (web.state, web.deployments) == (State.SKIPPED, ())


# --- Planned again


def test_a_moved_repository_is_planned_again_only_if_nothing_of_it_is_left() -> None:
    """A tag of this name or a requested deployment prevents it."""
    moved = stands({STG: "theirs"})
    held = stands(HELD)

    def again(remote: RemoteState, known: Operation) -> list[str]:
        return [repo.repo for repo in to_plan_again(known, {"api": remote, "web": held})]

    assert again(moved, promoted()) == ["api"]
    assert again(held, promoted()) == []
    assert again(stands({**MADE, STG: "theirs"}), promoted()) == []
    assert again(stands({TAG: "tag-9", STG: "theirs"}), promoted()) == []
    assert again(moved, deploying(deployments={"api": {"": RUNNING}})) == []
    assert again(moved, deploying(deployments={"api": {"": Deployment()}})) == ["api"]


def test_what_was_published_is_not_planned_again() -> None:
    """This holds for the second continue, too."""
    again = continued(stands(MADE), stands(HELD))
    assert to_plan_again(again, {"api": stands({STG: "theirs"}), "web": stands(HELD)}) == ()


def test_an_undone_branch_that_moved_is_still_undone() -> None:
    """The undo is recorded as done; a release that someone moved, however, is blocked."""
    back = replace(plan(), undoes="op-1")
    for whole, expected in ((back, State.PUBLISHED), (plan(), State.BLOCKED)):
        known = promoted(whole, settled={"api": State.PUBLISHED})
        there = {"api": stands({STG: "theirs"}), "web": stands(HELD)}
        left = resumed(known, there, {}, skip_blocked=False)
        assert left.plan.repos[0].state is expected


def test_a_published_repository_may_still_have_to_be_deployed() -> None:
    """It is planned without another push, and deployments that succeeded are kept."""
    step = DeployStep("stg", "stg", "staging", "nrt", CommandRunner(("true",)), 60.0)
    whole = plan()
    api = replace(whole.repos[0], steps=(*whole.repos[0].steps, step, replace(step, target="fra")))
    known = {"api": {"nrt": Deployment("nrt", RunState.SUCCEEDED)}}
    begun = promoted(replace(whole, repos=(api, whole.repos[1])), deployments=known)
    remotes = {"api": stands(MADE), "web": stands(MADE)}
    left = resumed(begun, remotes, {}, skip_blocked=False)
    assert left.plan.repos[0].state is State.PLANNED
    assert left.state.of("api").published
    outcome = planned(left.plan, left.state).outcomes[0]
    assert [each.state for each in outcome.deployments] == [
        RunState.SUCCEEDED,
        RunState.NOT_STARTED,
    ]
