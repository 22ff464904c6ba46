"""What blocks a push."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, State
from multigit.core.planning.push import plan_push
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Refs
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Confirm
from tests.core.builders import (
    API,
    UNREADABLE,
    snapshot,
    unreadable,
    work,
    workspace,
)
from tests.core.planning.pushes import (
    CODE,
    IN_SYNC,
    on_dev,
    planned,
    request,
)

TO_DEV = Plan(
    command="push",
    operation="20250115T150130Z-push-dev-7f3a",
    time="2025-01-15T15:01:30Z",
    date="1736953290 +0100",
    source="",
    target="dev",
    message="feat: x",
    repos=(),
    release="",
    confirm=Confirm.NONE,
    word="dev",
    checklist=(),
    skip_blocked=False,
)


@pytest.mark.parametrize(
    ("on", "changes", "message", "them"),
    [
        ("feature/x", (CODE,), "1 changed file on branch feature/x stays unpushed.", "it"),
        ("", (CODE, CODE), "2 changed files on a detached HEAD stay unpushed.", "them"),
    ],
)
def test_another_branch_is_left_alone_and_reported(
    on: str, changes: tuple[Change, ...], message: str, them: str
) -> None:
    """It is a warning, and the other repositories are pushed."""
    problem = Problem(
        "other_branch",
        message,
        f"To push {them}, switch first: git -C services/api -c checkout.defaultRemote=origin "
        "switch develop",
        Severity.WARN,
    )
    seen = snapshot(refs=IN_SYNC, work=work(*changes, on=on))
    assert planned(seen) == on_dev(State.UP_TO_DATE, problems=(problem,))


def test_a_clean_tree_on_another_branch_is_not_reported() -> None:
    """No change is left out."""
    seen = snapshot(refs=IN_SYNC, work=work(on="feature/x"))
    assert planned(seen) == on_dev(State.UP_TO_DATE)


PULL = "git -C services/api pull --rebase --autostash origin develop"


@pytest.mark.parametrize(
    ("tree", "ahead", "hint"),
    [
        (work(), 1, f"Run: {PULL}"),
        (work(CODE), 0, f"Run: {PULL}"),
        (work(on="feature/x"), 1, f"Run: git -C services/api switch develop, then {PULL}"),
        (None, 1, f"Run: git -C services/api switch develop, then {PULL}"),
    ],
)
def test_a_diverged_branch_blocks(tree: WorkTree | None, ahead: int, hint: str) -> None:
    """The hint is the command that fixes it, which requires the branch to be checked out."""
    message = "develop is 2 behind origin and has local work."
    problem = Problem("diverged", message, hint)
    seen = snapshot(refs=IN_SYNC, work=tree, ahead=ahead, behind=2)
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("tree", [None, work(), work(CODE, on="feature/x")])
def test_a_branch_that_is_only_behind_is_fine(tree: WorkTree | None) -> None:
    """There is nothing to push."""
    seen = snapshot(refs=IN_SYNC, work=tree, behind=2)
    assert planned(seen).state is State.UP_TO_DATE


def test_an_unborn_branch_blocks() -> None:
    """The first commit of a repository has to be made by hand."""
    seen = snapshot(refs=Refs(), work=work(CODE, head=""))
    problem = Problem(
        "unborn",
        "develop has no commits yet.",
        'Make the first one: git -C services/api commit --allow-empty -m "Begin"; '
        "then run the command again.",
    )
    assert planned(seen) == replace(on_dev(State.BLOCKED, problems=(problem,)), before="")


def test_an_empty_repository_without_files_is_up_to_date() -> None:
    """There is nothing to commit."""
    assert planned(snapshot(refs=Refs(), work=work(head=""))).state is State.UP_TO_DATE


@pytest.mark.parametrize("unfinished", ["merge", "rebase", "cherry-pick", "revert"])
def test_an_operation_under_way_blocks(unfinished: str) -> None:
    """Only a person can finish it."""
    tree = replace(work(CODE), unfinished=unfinished, conflicted=("src/app.py",))
    problem = Problem(
        "operation_in_progress",
        f"a {unfinished} is under way in the work tree.",
        f"Finish it, or run: git -C services/api {unfinished} --abort",
    )
    seen = snapshot(refs=IN_SYNC, work=tree)
    assert planned(seen) == on_dev(State.BLOCKED, problems=(problem,))


def test_an_operation_under_way_on_another_branch_is_left_alone() -> None:
    """During a rebase, HEAD is detached."""
    tree = replace(work(CODE, on=""), unfinished="rebase")
    repo = planned(snapshot(refs=IN_SYNC, work=tree))
    assert repo.state is State.UP_TO_DATE
    assert [problem.code for problem in repo.problems] == ["other_branch"]


def test_unmerged_files_block() -> None:
    """Conflict markers are not committed."""
    tree = replace(work(), conflicted=("a.py",))
    repo = planned(snapshot(refs=IN_SYNC, work=tree))
    assert repo.state is State.BLOCKED
    assert [(problem.code, problem.files) for problem in repo.problems] == [
        ("unmerged_files", ("a.py",))
    ]


def test_an_unreadable_repository_blocks() -> None:
    """No other problem is reported."""
    expected = replace(on_dev(State.BLOCKED, problems=(UNREADABLE,)), before="")
    assert plan_push(request(), workspace(API), {"api": unreadable()}) == replace(
        TO_DEV, repos=(expected,)
    )


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (CloneFacts(shallow=True, identity="Ada"), "shallow"),
        (CloneFacts(push_urls=2, identity="Ada"), "several_push_urls"),
        (CloneFacts(), "no_identity"),
    ],
)
def test_a_clone_that_cannot_publish_blocks(facts: CloneFacts, code: str) -> None:
    """The problems are the same as for a promotion."""
    repo = planned(snapshot(refs=IN_SYNC, work=work(CODE), facts=facts))
    assert [problem.code for problem in repo.problems] == [code]
    assert repo.state is State.BLOCKED
