"""Push: what is committed and published."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.publish_steps import PushStep, RefUpdate
from multigit.core.planning.push import plan_push
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import Hop
from multigit.core.planning.steps import AdvanceStep, CommitStep, TagStep
from multigit.core.values.commits import PendingCommits, PreparedCommit
from multigit.core.values.work_tree import Change
from multigit.core.values.workspace import Confirm
from tests.core.builders import (
    API,
    MAIN,
    MOMENT,
    NEWEST,
    STG,
    UNREADABLE,
    WEB,
    branch,
    clash,
    merge,
    merge_step,
    nothing,
    refs,
    snapshot,
    unreadable,
    work,
    workspace,
)
from tests.core.planning.pushes import (
    AHEAD,
    CODE,
    IN_SYNC,
    commit_step,
    on_dev,
    planned,
    request,
    with_changes,
)

TAG = "stg-deploy-20250115-160130"


def test_a_changed_repository_is_committed_and_an_unchanged_one_left() -> None:
    """The parent is the commit that is checked out, and the lease is the commit on the remote."""
    seen = {"api": with_changes(CODE), "web": snapshot(repo=WEB, refs=IN_SYNC, work=work())}
    assert plan_push(request(API, WEB), workspace(API, WEB), seen) == Plan(
        command="push",
        operation="20250115T150130Z-push-dev-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="",
        target="dev",
        message="feat: x",
        release="",
        confirm=Confirm.NONE,
        word="dev",
        checklist=(),
        skip_blocked=False,
        repos=(
            RepoPlan(
                repo="api",
                path="services/api",
                state=State.PLANNED,
                steps=(
                    CommitStep(
                        stage="dev",
                        branch="develop",
                        parent="dev-2",
                        commit="",
                        message="feat: x",
                        changes=(Change("src/app.py", "modified"),),
                        verify=True,
                    ),
                    PushStep((RefUpdate("refs/heads/develop", "dev-2"),)),
                ),
                problems=(),
                branch="develop",
                before="dev-2",
                source_sha="",
            ),
            RepoPlan(
                repo="web",
                path="frontends/web",
                state=State.UP_TO_DATE,
                steps=(),
                problems=(),
                branch="develop",
                before="dev-2",
                source_sha="",
            ),
        ),
    )


def test_unpushed_commits_are_pushed() -> None:
    """This includes those of a branch that is not checked out."""
    elsewhere = work(on="feature/x")
    seen = snapshot(refs=AHEAD, work=elsewhere, ahead=2)
    step = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST))
    push = PushStep((RefUpdate("refs/heads/develop", "dev-1"),))
    assert planned(seen) == replace(on_dev(State.PLANNED, step, push), before="dev-1")


def test_a_branch_that_the_remote_lacks_is_created() -> None:
    """The lease says that it must not exist."""
    seen = snapshot(refs=refs(develop=branch("", "dev-2")), ahead=1)
    step = AdvanceStep("dev", "develop", "", "dev-2", PendingCommits(1, NEWEST))
    push = PushStep((RefUpdate("refs/heads/develop", ""),))
    assert planned(seen) == replace(on_dev(State.PLANNED, step, push), before="")


def test_a_commit_on_unpushed_ones_is_one_push() -> None:
    """It has one lease, which is the commit on the remote."""
    seen = snapshot(refs=AHEAD, work=work(CODE), ahead=1)
    advance, commit, push = planned(seen).steps
    assert isinstance(advance, AdvanceStep)
    assert commit == commit_step(CODE)
    assert push == PushStep((RefUpdate("refs/heads/develop", "dev-1"),))


def test_a_push_with_a_promotion_is_one_plan() -> None:
    """Unpushed commits, the new commit and the merge are published in one push, with one tag."""
    seen = replace(
        snapshot(merge(theirs="dev-3"), refs=AHEAD, work=work(CODE), ahead=2),
        commit=PreparedCommit("dev-3", "dev-3 tree"),
    )
    assert plan_push(request(promote=True), workspace(API), {"api": seen}) == Plan(
        command="push",
        operation="20250115T150130Z-push-dev-stg-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="dev",
        target="stg",
        message="feat: x",
        release=TAG,
        confirm=Confirm.YES,
        word="stg",
        checklist=(),
        skip_blocked=False,
        repos=(
            RepoPlan(
                repo="api",
                path="services/api",
                state=State.PLANNED,
                steps=(
                    AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST)),
                    commit_step(CODE, commit="dev-3"),
                    merge_step(tips=("dev-3", "stg-1")),
                    TagStep(TAG, "staging", "Merge develop into staging"),
                    PushStep(
                        (
                            RefUpdate("refs/heads/develop", "dev-1"),
                            RefUpdate("refs/heads/staging", "stg-1"),
                            RefUpdate(f"refs/tags/{TAG}", ""),
                        )
                    ),
                ),
                problems=(),
                branch="staging",
                before="stg-1",
                source_sha="dev-1",
            ),
        ),
    )


def test_a_promotion_needs_no_local_changes() -> None:
    """Commits that are already on the remote are promoted."""
    repo = planned(snapshot(merge(), refs=IN_SYNC, work=work()), promote=True)
    assert [step.type for step in repo.steps] == ["merge", "tag", "push"]
    assert [update.ref for update in repo.updates()] == [
        "refs/heads/staging",
        f"refs/tags/{TAG}",
    ]


def test_a_push_may_have_nothing_to_do() -> None:
    """There is no commit, no merge and no tag."""
    seen = snapshot(nothing(), refs=IN_SYNC, work=work())
    plan = plan_push(request(promote=True), workspace(API), {"api": seen})
    assert plan.result is Result.NOTHING


def test_a_promotion_takes_the_next_free_tag() -> None:
    """It does the same as `multigit promote`."""
    seen = {"api": snapshot(merge(), refs=refs(TAG, f"{TAG}-2/x"))}
    assert plan_push(request(promote=True), workspace(API), seen).release == f"{TAG}-3"


def test_a_promotion_to_a_strict_stage_is_confirmed_by_its_name() -> None:
    """The stricter of the two stages decides, and the target's checklist is shown."""
    strict = PushRequest(STG, "fix: x", MOMENT, (API,), Hop(STG, MAIN, "fix: x"))
    plan = plan_push(strict, workspace(API), {"api": unreadable()})
    assert (plan.confirm, plan.word, plan.checklist) == (Confirm.NAME, "main", MAIN.checklist)


def test_a_hotfix_on_production_is_a_push_of_that_stage() -> None:
    """It is confirmed as that stage requires, without a checklist and a tag."""
    hotfix = PushRequest(MAIN, "hotfix: x", MOMENT, (API,))
    plan = plan_push(hotfix, workspace(API), {"api": unreadable()})
    assert (plan.confirm, plan.word, plan.checklist, plan.release) == (Confirm.NAME, "main", (), "")


def test_hooks_are_skipped_on_request_only() -> None:
    """The step says whether they run."""
    unverified = replace(request(), verify=False)
    step = plan_push(unverified, workspace(API), {"api": with_changes(CODE)}).repos[0].steps[0]
    assert isinstance(step, CommitStep)
    assert not step.verify


def test_a_promotion_that_conflicts_blocks_the_push_too() -> None:
    """Nothing is committed if it cannot be promoted."""
    seen = snapshot(clash("a.py"), refs=IN_SYNC, work=work(CODE))
    repo = planned(seen, promote=True)
    assert (repo.state, repo.steps) == (State.BLOCKED, ())
    assert [problem.code for problem in repo.problems] == ["conflict"]


def test_a_promotion_needs_its_target() -> None:
    """The branch of the next stage must exist."""
    seen = snapshot(refs=replace(IN_SYNC, branches={"develop": branch("dev-2", "dev-2")}))
    problems = planned(seen, promote=True).problems
    assert [problem.message for problem in problems] == ["origin has no branch staging."]
    assert planned(seen).state is State.UP_TO_DATE


def test_a_blocked_repository_is_skipped_on_request() -> None:
    """The others are pushed."""
    seen = {"api": with_changes(CODE), "web": unreadable(WEB)}
    skipping = replace(request(API, WEB), skip_blocked=True)
    plan = plan_push(skipping, workspace(API, WEB), seen)
    assert [repo.state for repo in plan.repos] == [State.PLANNED, State.SKIPPED]
    assert plan.repos[1].problems == (UNREADABLE.as_warning(),)
    assert plan.skip_blocked
