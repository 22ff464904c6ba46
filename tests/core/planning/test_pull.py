"""Pull: what is brought up to date, and what is reported and left alone."""

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
IN_STEP = branch("dev-3", "dev-3")
CHANGED = change("a.py")
UPDATE = UpdateStep("develop", "dev-1", "dev-3", 2, checked_out=True)


def seen(
    develop: Branch, tree: WorkTree | None = None, *, ahead: int = 0, behind: int = 0
) -> Snapshot:
    """Return what was seen of a clone whose branch develop stands there."""
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


def test_each_repository_is_for_itself() -> None:
    """One that is behind moves although another one cannot be read; nobody is asked."""
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
    """From the url of the configuration, on the stage's branch."""
    plan = planned(Snapshot("api", missing=True), repo=replace(API, url=URL))
    assert plan == on_dev(State.PLANNED, CloneStep(URL, "develop"), before="")


def test_a_missing_repository_without_url_is_reported() -> None:
    """With the line to write and where."""
    problem = Problem(
        "no_url",
        "is not there, and the configuration has no url to clone it from.",
        'Add to multigit.toml below [repos.api]: url = "…"',
    )
    plan = planned(Snapshot("api", missing=True))
    assert plan == on_dev(State.BLOCKED, before="", problems=(problem,))


def test_a_branch_that_the_remote_lacks_is_reported() -> None:
    """There is nothing to bring."""
    problem = Problem(
        "branch_missing",
        "origin has no branch develop.",
        "Create it there.",
    )
    assert planned(seen(branch("", "dev-1"), work())) == on_dev(State.BLOCKED, problems=(problem,))


def test_a_new_branch_is_created_from_the_remote_one() -> None:
    """A dirty tree on another branch does not stand in its way."""
    step = CreateBranchStep("develop", "dev-3")
    plan = planned(seen(branch("dev-3"), work(CHANGED, on="feature/x")))
    assert plan == on_dev(State.PLANNED, step, before="")


@pytest.mark.parametrize("tree", [work(), work(CHANGED)])
def test_in_step_there_is_nothing_to_do(tree: WorkTree) -> None:
    """Local changes are nobody's matter then."""
    assert planned(seen(IN_STEP, tree)) == on_dev(State.UP_TO_DATE, before="dev-3")


def test_local_commits_alone_are_nothing_to_pull() -> None:
    """To be ahead is not to be diverged."""
    plan = planned(seen(branch("dev-1", "dev-2"), work(), ahead=1))
    assert plan == on_dev(State.UP_TO_DATE, before="dev-2")


def test_a_clean_checked_out_branch_is_updated_with_its_files() -> None:
    """The step says so."""
    assert planned(seen(HERE, work(), behind=2)) == on_dev(State.PLANNED, UPDATE)


def test_a_branch_that_is_not_checked_out_is_updated_alone() -> None:
    """The dirty work tree beside it stays as it is."""
    plan = planned(seen(NOT_HERE, work(CHANGED, on="feature/x"), behind=2))
    assert plan == on_dev(State.PLANNED, replace(UPDATE, checked_out=False))


def test_new_files_stand_in_no_way() -> None:
    """Git refuses by itself where an update would overwrite one."""
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
    """The branch stays as it was, with the way out; git stashes nothing in mid merge."""
    problem = Problem("local_changes", f"{what}, so develop was left as it is.", hint)
    assert planned(seen(HERE, tree, behind=2)) == on_dev(State.BLOCKED, problems=(problem,))


@pytest.mark.parametrize("tree", [work(), work(CHANGED), work(on="feature/x"), None])
def test_a_diverged_branch_is_never_touched(tree: WorkTree | None) -> None:
    """Whether it is checked out or not."""
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


def test_a_branch_that_another_work_tree_has_is_left_to_it() -> None:
    """Its files would not follow."""
    elsewhere = replace(NOT_HERE, checked_out="/shop/hotfix")
    problem = Problem(
        "checked_out_elsewhere",
        "develop is checked out in /shop/hotfix, so it was left as it is.",
        "To update it: git -C /shop/hotfix pull --ff-only origin develop",
    )
    plan = planned(seen(elsewhere, work(on="feature/x"), behind=2))
    assert plan == on_dev(State.BLOCKED, problems=(problem,))


def test_a_clone_without_a_work_tree_is_updated_too() -> None:
    """There are no files that could stand in the way."""
    plan = planned(seen(NOT_HERE, None, behind=2), switch=True)
    assert plan == on_dev(State.PLANNED, replace(UPDATE, checked_out=False))


# --- With --switch


@pytest.mark.parametrize(
    ("develop", "behind", "first"),
    [
        (IN_STEP, 0, ()),
        (NOT_HERE, 2, (replace(UPDATE, checked_out=False),)),
        (branch("dev-3"), 0, (CreateBranchStep("develop", "dev-3"),)),
    ],
)
@pytest.mark.parametrize("on", ["feature/x", ""])
def test_a_clean_tree_is_switched(
    develop: Branch, behind: int, first: tuple[Step, ...], on: str
) -> None:
    """Behind what brings the branch up to date; also from a detached HEAD."""
    plan = planned(seen(develop, work(on=on), behind=behind), switch=True)
    assert plan.state is State.PLANNED
    assert plan.steps == (*first, SwitchStep("develop"))


def test_without_being_asked_nothing_is_switched() -> None:
    """The checked-out branch is the user's."""
    assert planned(seen(IN_STEP, work(on="feature/x"))).state is State.UP_TO_DATE


def test_a_tree_on_the_branch_needs_no_switch() -> None:
    """Only what is missing is done."""
    assert planned(seen(IN_STEP, work()), switch=True).steps == ()
    assert planned(seen(HERE, work(), behind=2), switch=True).steps == (UPDATE,)


def test_a_dirty_tree_is_not_switched() -> None:
    """Nor is its branch updated: a repository is done as a whole or not."""
    plan = planned(seen(NOT_HERE, work(CHANGED, on="feature/x"), behind=2), switch=True)
    assert (plan.state, plan.steps) == (State.BLOCKED, ())
    assert [problem.code for problem in plan.problems] == ["local_changes"]


def test_new_files_do_not_keep_a_tree_from_being_switched() -> None:
    """They come along, as with git switch."""
    tree = work(change("notes.txt", "untracked"), on="feature/x")
    assert planned(seen(IN_STEP, tree), switch=True).steps == (SwitchStep("develop"),)


def test_a_diverged_branch_is_not_switched_to() -> None:
    """It is reported first."""
    plan = planned(seen(NOT_HERE, work(on="feature/x"), ahead=1, behind=2), switch=True)
    assert (plan.state, plan.steps) == (State.BLOCKED, ())


def test_a_pull_with_nothing_to_do_says_so() -> None:
    """The result is the plan's."""
    request = PullRequest(DEV, MOMENT, (API,))
    plan = plan_pull(request, workspace(API), {"api": seen(IN_STEP, work())})
    assert plan.result is Result.NOTHING


def test_files_in_the_way_leave_a_branch_as_it_is() -> None:
    """Those in no commit together; those at which git was told not to look each with its mark."""
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
        (seen(IN_STEP, work(head="dev-3")), True, None),
        (seen(HERE, work(head="dev-1"), ahead=1, behind=2), False, None),
        (seen(HERE, work(CHANGED, head="dev-1"), behind=2), False, None),
    ],
)
def test_files_are_looked_at_only_where_some_will_change(
    snapshot: Snapshot, expected: tuple[str, str] | None, *, switch: bool
) -> None:
    """From what is checked out to where the branch will stand."""
    assert checkout(PullRequest(DEV, MOMENT, (API,), switch), snapshot) == expected
