"""Local branches follow what was published if that is safe."""

from __future__ import annotations

import pytest

from multigit.core.values.problem import Severity
from multigit.errors import GitError
from tests.engine.operations import execute, messages, outcome, plan_promotion, problem, states
from tests.support.fake_git import FakeGit, never_arrived


def test_a_local_branch_that_is_not_checked_out_follows(git: FakeGit) -> None:
    """No problem is reported."""
    git["api"].make_branch("stg", git["api"].remote.tip("stg"))
    report = execute(git, plan_promotion(git))
    assert git["api"].local_tip("stg") == outcome(report, "api").after
    assert outcome(report, "api").problems == ()


def test_no_local_branch_is_made(git: FakeGit) -> None:
    """A local branch that does not exist is not created."""
    execute(git, plan_promotion(git))
    assert git["api"].local_tip("stg") == ""


def test_a_checked_out_branch_is_left_alone(git: FakeGit) -> None:
    """The warning has a command that updates it."""
    git["api"].create_branch("stg")
    git["api"].switch("stg")
    git["api"].write({"mine": "1"})
    before = (git["api"].local_tip("stg"), dict(git["api"].files))
    report = execute(git, plan_promotion(git))
    assert (git["api"].local_tip("stg"), dict(git["api"].files)) == before
    found = problem(report, "api")
    assert (found.code, found.severity) == ("local_branch_left", Severity.WARN)
    assert found.message == "the local stg was left alone: it is checked out."
    assert found.hint == "To update it: git -C /desk/api pull --ff-only origin stg"
    assert (states(report)["api"], report.exit_code) == ("published", 0)


def test_a_branch_of_another_work_tree_is_left_alone(git: FakeGit) -> None:
    """The command in the hint names that work tree."""
    git["api"].create_branch("stg")
    git["api"].linked["stg"] = "/desk/linked"
    report = execute(git, plan_promotion(git))
    assert "git -C /desk/linked pull" in problem(report, "api").hint


def test_a_local_branch_with_commits_of_its_own_is_left_alone(git: FakeGit) -> None:
    """The message has git's reason."""
    own = git["api"].local_commit({"own": "1"})
    git["api"].make_branch("stg", own)
    report = execute(git, plan_promotion(git))
    assert git["api"].local_tip("stg") == own
    assert "the local stg was left alone: non-fast-forward." in messages(report, "api")


def test_a_failure_to_follow_is_only_a_note(git: FakeGit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repository is published, so the failure is only a warning."""

    def fail(*_: object) -> str:
        raise GitError("the disk is full.")

    git["api"].make_branch("stg", git["api"].remote.tip("stg"))
    monkeypatch.setattr(git["api"], "fast_forward", fail)
    report = execute(git, plan_promotion(git))
    assert states(report)["api"] == "published"
    assert "the disk is full" in problem(report, "api").message


def test_nothing_follows_a_push_that_failed(git: FakeGit) -> None:
    """The local branch stays at the remote's old commit."""
    start = git["api"].remote.tip("stg")
    git["api"].make_branch("stg", start)
    plan = plan_promotion(git)
    git["api"].remote.next_push = never_arrived
    execute(git, plan)
    assert git["api"].local_tip("stg") == start
