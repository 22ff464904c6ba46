"""Pull: what is updated, and what is reported and left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.pull import PullRequest, checkout, plan_pull
from multigit.core.planning.pull_steps import CloneStep, CreateBranchStep, SwitchStep, UpdateStep
from multigit.core.planning.steps import Step
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Branch
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import Obstacle, WorkTree
from multigit.core.values.workspace import Confirm, Repo
from tests.core.builders import (
    API,
    DEV,
    MOMENT,
    UNREADABLE,
    WEB,
    branch,
    change,
    refs,
    snapshot,
    unreadable,
    work,
    workspace,
)

URL = "git@github.com:acme/api.git"
HERE = branch("dev-3", "dev-1", "/shop/services/api", behind=2)
NOT_HERE = branch("dev-3", "dev-1", behind=2)
IN_SYNC = branch("dev-3", "dev-3")
CHANGED = change("a.py")
UPDATE = UpdateStep("develop", "dev-1", "dev-3", 2, checked_out=True)


def seen(
    develop: Branch, tree: WorkTree | None = None, *, ahead: int = 0, behind: int = 0
) -> Snapshot:
    """Return the snapshot of a clone with this branch develop."""
    return snapshot(refs=refs(develop=develop), work=tree, ahead=ahead, behind=behind)


def planned(snapshot: Snapshot, *, switch: bool = False, repo: Repo = API) -> RepoPlan:
    """Return the plan of one repository for a pull of dev."""
    request = PullRequest(DEV, MOMENT, (repo,), switch)
    return plan_pull(request, workspace(repo), {repo.name: snapshot}).repos[0]


def on_dev(
    state: State, *steps: Step, before: str = "dev-1", problems: tuple[Problem, ...] = ()
) -> RepoPlan:
    """Return the plan of api for a pull of dev."""
    return RepoPlan("api", "services/api", state, steps, problems, "develop", before, "")


def test_repositories_do_not_depend_on_each_other() -> None:
    """One is updated even if another one cannot be read, and no confirmation is needed."""
    request = PullRequest(DEV, MOMENT, (API, WEB))
    both = {"api": seen(HERE, work(head="dev-1"), behind=2), "web": unreadable(WEB)}
    assert plan_pull(request, workspace(API, WEB), both) == Plan(
        command="pull",
        operation="20250115T150130Z-pull-dev-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="",
        target="dev",
        message="",
        release="",
        confirm=Confirm.NONE,
        word="",
        checklist=(),
        skip_blocked=False,
        repos=(
            RepoPlan(
                repo="api",
                path="services/api",
                state=State.PLANNED,
                steps=(UpdateStep("develop", "dev-1", "dev-3", 2, checked_out=True),),
                problems=(),
                branch="develop",
                before="dev-1",
            ),
            RepoPlan(
                repo="web",
                path="frontends/web",
                state=State.FAILED,
                steps=(),
                problems=(UNREADABLE,),
                branch="develop",
            ),
        ),
    )


def test_a_missing_repository_is_cloned() -> None:
    """It is cloned from the configured URL, on the stage's branch."""
    plan = planned(Snapshot("api", missing=True), repo=replace(API, url=URL))
    assert plan == on_dev(State.PLANNED, CloneStep(URL, "develop"), before="")


def test_a_missing_repository_without_url_is_reported() -> None:
    """The hint has the line to add and its place."""
    problem = Problem(
        "no_url",
        "is missing, and the configuration has no url to clone from.",
        'Add to multigit.toml below [repos.api]: url = "…"',
    )
    plan = planned(Snapshot("api", missing=True))
    assert plan == on_dev(State.BLOCKED, before="", problems=(problem,))


def test_a_branch_that_the_remote_lacks_is_reported() -> None:
    """There is nothing to pull."""
    problem = Problem(
        "branch_missing",
        "origin has no branch develop.",
        "Create it there.",
    )
    assert planned(seen(branch("", "dev-1"), work())) == on_dev(State.BLOCKED, problems=(problem,))


def test_a_new_branch_is_created_from_the_remote_one() -> None:
    """Local changes on another branch do not matter."""
    step = CreateBranchStep("develop", "dev-3")
    plan = planned(seen(branch("dev-3"), work(CHANGED, on="feature/x")))
    assert plan == on_dev(State.PLANNED, step, before="")


@pytest.mark.parametrize("tree", [work(), work(CHANGED)])
def test_a_branch_that_is_not_behind_needs_nothing(tree: WorkTree) -> None:
    """Local changes do not matter then."""
    assert planned(seen(IN_SYNC, tree)) == on_dev(State.UP_TO_DATE, before="dev-3")


def test_local_commits_alone_are_nothing_to_pull() -> None:
    """A branch that is only ahead has not diverged."""
    plan = planned(seen(branch("dev-1", "dev-2"), work(), ahead=1))
    assert plan == on_dev(State.UP_TO_DATE, before="dev-2")


def test_a_clean_checked_out_branch_is_updated_with_its_files() -> None:
    """The step updates the files, too."""
    assert planned(seen(HERE, work(), behind=2)) == on_dev(State.PLANNED, UPDATE)


def test_a_branch_that_is_not_checked_out_is_updated_alone() -> None:
    """Changed files on another branch stay as they are."""
    plan = planned(seen(NOT_HERE, work(CHANGED, on="feature/x"), behind=2))
    assert plan == on_dev(State.PLANNED, replace(UPDATE, checked_out=False))


def test_new_files_do_not_block() -> None:
    """Git itself refuses to overwrite such a file."""
    plan = planned(seen(HERE, work(change("notes.txt", "untracked")), behind=2))
    assert plan == on_dev(State.PLANNED, UPDATE)


STASH = "Commit or stash them: git -C services/api stash; then run multigit pull dev again."


@pytest.mark.parametrize(
    ("tree", "what", "hint"),
    [
        (work(CHANGED), "there are local changes", STASH),
        (work(replace(change("a.py", "added"), staged=True)), "there are local changes", STASH),
        (work(change("a.py", "deleted")), "there are local changes", STASH),
        (
            replace(work(), conflicted=("a.py",)),
            "there are local changes",
            "Resolve them, then run: git -C services/api add a.py",
        ),
        (
            replace(work(), unfinished="merge"),
            "a merge is under way",
            "Finish it, or run: git -C services/api merge --abort",
        ),
    ],
)
def test_local_changes_are_never_touched(tree: WorkTree, what: str, hint: str) -> None:
    """The branch stays as it is, and the hint during a merge is not to stash."""
    problem = Problem("local_changes", f"{what}, so develop was left as it is.", hint)
    assert planned(seen(HERE, tree, behind=2)) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("tree", [work(), work(CHANGED), work(on="feature/x"), None])
def test_a_diverged_branch_is_never_touched(tree: WorkTree | None) -> None:
    """It does not matter whether it is checked out."""
    problem = Problem(
        "diverged",
        "develop is 1 ahead of origin and 2 behind.",
        "Run: git -C services/api pull --rebase --autostash origin develop"
        if tree and tree.branch == "develop"
        else "Run: git -C services/api switch develop, "
        "then git -C services/api pull --rebase --autostash origin develop",
    )
    plan = planned(seen(HERE, tree, ahead=1, behind=2))
    assert plan == on_dev(State.BLOCKED, problems=(problem,))


def test_a_branch_of_another_work_tree_is_left_alone() -> None:
    """The files of that work tree would not be updated."""
    elsewhere = replace(NOT_HERE, checked_out="/shop/hotfix")
    problem = Problem(
        "checked_out_elsewhere",
        "develop is checked out in /shop/hotfix, so it was left as it is.",
        "To update it: git -C /shop/hotfix pull --ff-only origin develop",
    )
    plan = planned(seen(elsewhere, work(on="feature/x"), behind=2))
    assert plan == on_dev(State.BLOCKED, problems=(problem,))


def test_a_clone_without_a_work_tree_is_updated_too() -> None:
    """It has no files that could block the update."""
    plan = planned(seen(NOT_HERE, None, behind=2), switch=True)
    assert plan == on_dev(State.PLANNED, replace(UPDATE, checked_out=False))


# --- With --switch


@pytest.mark.parametrize(
    ("develop", "behind", "first"),
    [
        (IN_SYNC, 0, ()),
        (NOT_HERE, 2, (replace(UPDATE, checked_out=False),)),
        (branch("dev-3"), 0, (CreateBranchStep("develop", "dev-3"),)),
    ],
)
@pytest.mark.parametrize("on", ["feature/x", ""])
def test_a_clean_tree_is_switched(
    develop: Branch, behind: int, first: tuple[Step, ...], on: str
) -> None:
    """The branch is updated first, and HEAD may be detached."""
    plan = planned(seen(develop, work(on=on), behind=behind), switch=True)
    assert plan.state is State.PLANNED
    assert plan.steps == (*first, SwitchStep("develop"))


def test_nothing_is_switched_without_the_option() -> None:
    """The branch that the user checked out stays checked out."""
    assert planned(seen(IN_SYNC, work(on="feature/x"))).state is State.UP_TO_DATE


def test_a_tree_on_the_branch_needs_no_switch() -> None:
    """The branch is only updated."""
    assert planned(seen(IN_SYNC, work()), switch=True).steps == ()
    assert planned(seen(HERE, work(), behind=2), switch=True).steps == (UPDATE,)


def test_a_dirty_tree_is_not_switched() -> None:
    """Its branch is not updated, either."""
    plan = planned(seen(NOT_HERE, work(CHANGED, on="feature/x"), behind=2), switch=True)
    assert (plan.state, plan.steps) == (State.BLOCKED, ())
    assert [problem.code for problem in plan.problems] == ["local_changes"]


def test_new_files_do_not_keep_a_tree_from_being_switched() -> None:
    """They are kept, as with `git switch`."""
    tree = work(change("notes.txt", "untracked"), on="feature/x")
    assert planned(seen(IN_SYNC, tree), switch=True).steps == (SwitchStep("develop"),)


def test_a_diverged_branch_is_not_switched_to() -> None:
    """The branch is reported instead."""
    plan = planned(seen(NOT_HERE, work(on="feature/x"), ahead=1, behind=2), switch=True)
    assert (plan.state, plan.steps) == (State.BLOCKED, ())


def test_a_pull_may_have_nothing_to_do() -> None:
    """The plan's result says so."""
    request = PullRequest(DEV, MOMENT, (API,))
    plan = plan_pull(request, workspace(API), {"api": seen(IN_SYNC, work())})
    assert plan.result is Result.NOTHING


def test_files_that_would_be_overwritten_block() -> None:
    """Untracked files are one problem, and those hidden from git by a mark are another."""
    found = replace(
        seen(HERE, work(head="dev-1"), behind=2),
        obstacles=(Obstacle("a"), Obstacle("b c", "skip-worktree"), Obstacle("d")),
    )
    assert planned(found).problems == (
        Problem(
            "in_the_way",
            "a, d would be overwritten, so develop was left as it is.",
            "Move or rename them, then run multigit pull dev again.",
            files=("a", "d"),
        ),
        Problem(
            "local_changes",
            "b c has changes and is marked skip-worktree, so develop was left as it is.",
            "Let git see them: git -C services/api update-index --no-skip-worktree 'b c'; "
            "then commit or stash them.",
            files=("b c",),
        ),
    )
    assert planned(found).state is State.BLOCKED


@pytest.mark.parametrize(
    ("snapshot", "switch", "expected"),
    [
        (seen(HERE, work(head="dev-1"), behind=2), False, ("dev-1", "dev-3")),
        (seen(NOT_HERE, work(on="other", head="x"), behind=2), False, None),
        (seen(NOT_HERE, work(on="other", head="x"), behind=2), True, ("x", "dev-3")),
        (seen(NOT_HERE, work(on="other", head="x"), ahead=1), True, ("x", "dev-1")),
        (seen(IN_SYNC, work(head="dev-3")), True, None),
        (seen(HERE, work(head="dev-1"), ahead=1, behind=2), False, None),
        (seen(HERE, work(CHANGED, head="dev-1"), behind=2), False, None),
    ],
)
def test_files_are_checked_only_if_some_will_change(
    snapshot: Snapshot, expected: tuple[str, str] | None, *, switch: bool
) -> None:
    """The check compares what is checked out with the new tip of the branch."""
    assert checkout(PullRequest(DEV, MOMENT, (API,), switch), snapshot) == expected
