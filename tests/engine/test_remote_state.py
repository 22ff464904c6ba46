"""What later stages have of an operation, however it got there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan
from multigit.engine.fleet import Fleet
from multigit.engine.remote_state import read_remote_states
from tests.core.builders import operation, state
from tests.engine.operations import MAIN, STG, Listening, execute, outcome, plan_promotion
from tests.support.fake_git import FakeGit

SQUASHED = {"a": "1"}  # the promoted content, in a different commit


def onward(git: FakeGit, plan: Plan, made: dict[str, str]) -> tuple[str, ...]:
    """Return the later stages that have what was promoted."""
    known = operation(plan, state(made={"web": made}))
    seen = read_remote_states(git, git.workspace, known, Fleet(Listening(), 1), onward=True)
    return seen["web"].onward


@pytest.fixture
def git() -> FakeGit:
    """Return a repository with something to promote."""
    git = FakeGit("web")
    git["web"].remote.commit("dev", SQUASHED)
    return git


def promote(git: FakeGit) -> tuple[Plan, dict[str, str]]:
    """Promote to stg; return the plan and what was made."""
    plan = plan_promotion(git)
    return plan, dict(outcome(execute(git, plan), "web").made)


def test_what_a_later_stage_held_comes_with_the_fetch_of_the_plan(git: FakeGit) -> None:
    """The plan records the tip of the later stage, even if the branch is missing."""
    before = git["web"].remote.tip("main")
    assert plan_promotion(git).repos[0].later == {MAIN: before}
    git["web"].remote.delete("main")
    assert plan_promotion(git).repos[0].later == {MAIN: ""}


def test_what_was_published_there_since_counts_whatever_its_dates_say(git: FakeGit) -> None:
    """A squash merge is a different commit, and may be dated long before its push."""
    squashed = git["web"].remote.commit("main", SQUASHED)
    old = git["web"].remote.refs.pop(MAIN)
    git["web"].remote.refs[MAIN] = git["web"].objects.commits[old].parents[0]
    plan, made = promote(git)
    assert onward(git, plan, made) == ()
    git["web"].remote.refs[MAIN] = squashed
    assert onward(git, plan, made) == ("main",)


def test_what_was_there_before_does_not_count(git: FakeGit) -> None:
    """A hotfix on main with the same content is not a promotion."""
    git["web"].remote.commit("main", SQUASHED)
    plan, made = promote(git)
    assert onward(git, plan, made) == ()


def test_a_plan_that_did_not_note_it_goes_by_the_dates(git: FakeGit) -> None:
    """Plans of older versions did not record the later stages."""
    plan, made = promote(git)
    older = replace(plan, repos=tuple(replace(repo, later={}) for repo in plan.repos))
    git["web"].remote.commit("main", SQUASHED)
    assert onward(git, older, made) == ()  # the fake's clock is far in the past
    git["web"].remote.refs[MAIN] = made[STG]
    assert onward(git, older, made) == ("main",)
