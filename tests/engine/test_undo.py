"""Undoing an operation resets the refs that still have what it wrote, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.planning.publish_steps import MoveBackStep, PushStep, RefUpdate
from tests.engine.operations import DEV, STG, TAG, execute, outcome, plan_promotion, problem, states
from tests.support.fake_git import FakeGit

NAME = TAG.removeprefix("refs/tags/")


def undoing(git: FakeGit, made: dict[str, str], before: str) -> Plan:
    """Return the plan that undoes a promotion of web."""
    steps = (
        RestoreStep("stg", "stg", made[STG], before),
        DeleteTagStep(NAME, made[TAG]),
        PushStep((RefUpdate(STG, made[STG]), RefUpdate(TAG, made[TAG]))),
        MoveBackStep("stg", made[STG], before),
    )
    repo = RepoPlan("web", "web", State.PLANNED, steps, branch="stg", before=made[STG])
    return replace(plan_promotion(git), command="undo", repos=(repo,))


@pytest.fixture
def promoted(git: FakeGit) -> tuple[dict[str, str], str]:
    """Return what was published in web, and the previous commit of stg."""
    before = git["web"].remote.tip("stg")
    git["web"].make_branch("stg", before)
    report = execute(git, plan_promotion(git))
    return dict(outcome(report, "web").made), before


def test_undo_restores_branch_and_tag(git: FakeGit, promoted: tuple[dict[str, str], str]) -> None:
    """Both are reset in one push, and the local branch follows."""
    made, before = promoted
    assert git["web"].local_tip("stg") == made[STG]
    report = execute(git, undoing(git, made, before))
    assert states(report) == {"web": "published"}
    assert git["web"].remote.tip("stg") == git["web"].local_tip("stg") == before
    assert TAG not in git["web"].remote.refs
    assert len(git["web"].remote.pushes) == 2


def test_undo_leaves_a_colleagues_commit(
    git: FakeGit, promoted: tuple[dict[str, str], str]
) -> None:
    """Neither the branch nor the tag is touched."""
    made, before = promoted
    plan = undoing(git, made, before)
    theirs = git["web"].remote.commit("stg", {"theirs": "1"})
    report = execute(git, plan)
    found = problem(report, "web")
    assert found.message.startswith(f"stg moved from {made[STG][:7]} to {theirs[:7]}")
    assert git["web"].remote.tip("stg") == theirs
    assert git["web"].remote.refs[TAG] == made[TAG]
    assert git["web"].local_tip("stg") == made[STG]


def test_undo_leaves_a_checked_out_branch(
    git: FakeGit, promoted: tuple[dict[str, str], str]
) -> None:
    """A warning says how to reset it."""
    made, before = promoted
    git["web"].switch("stg")
    report = execute(git, undoing(git, made, before))
    assert git["web"].remote.tip("stg") == before
    assert git["web"].local_tip("stg") == made[STG]
    assert problem(report, "web").code == "local_branch_left"
    assert before[:7] in problem(report, "web").hint


def test_dev_is_no_part_of_it(git: FakeGit, promoted: tuple[dict[str, str], str]) -> None:
    """Only what the operation wrote is undone."""
    made, before = promoted
    dev = git["web"].remote.refs[DEV]
    execute(git, undoing(git, made, before))
    assert git["web"].remote.refs[DEV] == dev
