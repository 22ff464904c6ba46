"""Promotion and back-merge: whole plans for whole snapshots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.merges import MergeRequest, plan_merges, plan_repository
from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.publish_steps import FastForwardStep, PushStep, RefUpdate
from multigit.core.planning.routes import hop
from multigit.core.planning.steps import MergeStep, Step, TagStep
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Confirm
from multigit.hints import Hint
from tests.core.builders import (
    API,
    DEV,
    MAIN,
    MOMENT,
    ROOT,
    STG,
    UNREADABLE,
    WEB,
    backmerge,
    branch,
    clash,
    merge,
    merge_step,
    nothing,
    promotion,
    refs,
    snapshot,
    to_publish,
    unreadable,
    without_steps,
    workspace,
)

SHOP = workspace(API, WEB)


TAG = "stg-deploy-20250115-160130"


DEV_TO_STG = Plan(
    command="promote",
    operation="20250115T150130Z-promote-dev-stg-7f3a",
    time="2025-01-15T15:01:30Z",
    date="1736953290 +0100",
    source="dev",
    target="stg",
    message="Merge dev into stg",
    repos=(),
    release=TAG,
    confirm=Confirm.YES,
    word="stg",
    checklist=(),
    skip_blocked=False,
)


MAIN_TO_DEV = Plan(
    command="backmerge",
    operation="20250115T150130Z-backmerge-main-dev-7f3a",
    time="2025-01-15T15:01:30Z",
    date="1736953290 +0100",
    source="main",
    target="dev",
    message="Merge main into dev",
    repos=(),
    release="",
    confirm=Confirm.YES,
    word="stg",
    checklist=(),
    skip_blocked=False,
)


# --- Promotion


def release_beside(*tags: str) -> str:
    """Return the release of a promotion of api and web if web already has these tags."""
    seen = {"api": snapshot(merge()), "web": snapshot(nothing(), repo=WEB, refs=refs(*tags))}
    return plan_merges(promotion(API, WEB), SHOP, seen).release


def test_one_repository_is_merged_and_one_is_up_to_date() -> None:
    """One is merged, tagged and pushed with exactly these two refs; the other has equal content."""
    seen = {"api": snapshot(merge()), "web": snapshot(nothing(), repo=WEB)}
    assert plan_merges(promotion(API, WEB), SHOP, seen) == Plan(
        command="promote",
        operation="20250115T150130Z-promote-dev-stg-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="dev",
        target="stg",
        message="Merge dev into stg",
        release="stg-deploy-20250115-160130",
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
                    merge_step(),
                    TagStep("stg-deploy-20250115-160130", "staging", "Merge develop into staging"),
                    PushStep(
                        (
                            RefUpdate("refs/heads/staging", "stg-1"),
                            RefUpdate("refs/tags/stg-deploy-20250115-160130", ""),
                        )
                    ),
                ),
                problems=(),
                branch="staging",
                before="stg-1",
                source_sha="dev-2",
            ),
            RepoPlan(
                repo="web",
                path="frontends/web",
                state=State.UP_TO_DATE,
                steps=(),
                problems=(),
                branch="staging",
                before="stg-1",
                source_sha="dev-2",
            ),
        ),
    )


def test_a_promotion_to_production_has_the_rules_of_that_stage() -> None:
    """It has that stage's tag, checklist and confirmation, and the given message."""
    message = "release: v2.3.0"
    step = merge("stg", "main", ours="main-1", theirs="stg-1")
    request = MergeRequest(
        "promote", MOMENT, (hop(SHOP, STG, MAIN, message, forward=True),), (API,)
    )
    plan = plan_merges(request, SHOP, {"api": snapshot(step)})
    assert replace(plan, repos=()) == Plan(
        command="promote",
        operation="20250115T150130Z-promote-stg-main-7f3a",
        time="2025-01-15T15:01:30Z",
        date="1736953290 +0100",
        source="stg",
        target="main",
        message="release: v2.3.0",
        repos=(),
        release="deploy-20250115-160130",
        confirm=Confirm.NAME,
        word="main",
        checklist=("Staging is verified", "A roll-back plan exists"),
    )
    assert plan.repos[0].steps[1] == TagStep("deploy-20250115-160130", "master", message)


@pytest.mark.parametrize("checked_out", ["", "/shop/services/api"])
def test_the_local_branch_follows(checked_out: str) -> None:
    """It does so after the push, and the step names the work tree in which it is checked out."""
    here = refs(staging=branch("stg-1", "stg-1", checked_out))
    plan = plan_merges(promotion(), SHOP, {"api": snapshot(merge(), refs=here)})
    push, last = plan.repos[0].steps[-2:]
    assert isinstance(push, PushStep)
    assert last == FastForwardStep("staging", checked_out)


def test_a_stage_without_tag_publishes_the_branch_alone() -> None:
    """Without a tag template, there is no release."""
    bare = replace(STG, tag="")
    request = MergeRequest("promote", MOMENT, (hop(SHOP, DEV, bare, None, forward=True),), (API,))
    plan = plan_merges(request, SHOP, {"api": snapshot(merge())})
    assert plan.release == plan.repos[0].tag == ""
    assert plan.repos[0].updates() == (RefUpdate("refs/heads/staging", "stg-1"),)


@pytest.mark.parametrize(
    ("tags", "release"),
    [
        ((), TAG),
        ((TAG,), f"{TAG}-2"),
        ((TAG, f"{TAG}-2"), f"{TAG}-3"),
        ((f"{TAG}/x",), f"{TAG}-2"),
        (("deploy-20250115-160130",), TAG),
    ],
)
def test_a_tag_that_any_repository_has_is_taken(tags: tuple[str, ...], release: str) -> None:
    """The release has the same name everywhere, so repositories that are up to date count, too."""
    assert release_beside(*tags) == release


def test_local_commits_of_the_source_are_a_warning() -> None:
    """The promotion uses what the remote has."""
    seen = snapshot(merge(), refs=refs(develop=branch("dev-2", "dev-3")), ahead=1)
    plan = plan_merges(promotion(), SHOP, {"api": seen})
    problem = Problem(
        "unpushed_commits",
        "develop has 1 unpushed commit, not included here.",
        "To include them, run multigit push dev first.",
        Severity.WARN,
    )
    assert plan.repos == (replace(to_publish(API, problem), steps=plan.repos[0].steps),)
    assert plan.result is Result.PLANNED


BY_HAND = (
    "Resolve it on develop: cd services/api && git -c checkout.defaultRemote=origin "
    "switch develop && git pull --no-rebase origin develop && "
    "git merge origin/staging; then resolve, commit, git push origin HEAD:develop, "
    "and run the command again."
)


BLOCKS = {
    "conflict": (
        snapshot(clash("a.py", "b.py")),
        Problem(
            "conflict",
            "develop conflicts with staging in 2 files: a.py, b.py.",
            BY_HAND,
            files=("a.py", "b.py"),
        ),
    ),
    "conflict without a path": (
        snapshot(clash()),
        Problem("conflict", "develop conflicts with staging over renamed folders.", BY_HAND),
    ),
    "unrelated histories": (
        snapshot(clash(unrelated=True)),
        Problem(
            "unrelated_histories",
            "develop and staging have no commit in common.",
            "Check that the remote is the right one.",
        ),
    ),
    "shallow": (
        snapshot(facts=CloneFacts(shallow=True, identity="Ada")),
        Problem(
            "shallow",
            "has a shallow clone, in which merges cannot be trusted.",
            "Run: git -C services/api fetch --unshallow",
        ),
    ),
    "two push URLs": (
        snapshot(merge(), facts=CloneFacts(push_urls=2, identity="Ada")),
        Problem(
            "several_push_urls",
            "origin has 2 push URLs, so no push can be atomic.",
            "To push to where it fetches from, run: "
            "git -C services/api config --unset-all remote.origin.pushurl",
        ),
    ),
    "no identity": (
        snapshot(merge(commit=""), facts=CloneFacts()),
        Problem(
            "no_identity",
            "no name and e-mail address are configured for commits.",
            Hint.IDENTITY,
        ),
    ),
}


@pytest.mark.parametrize(("seen", "problem"), BLOCKS.values(), ids=BLOCKS)
def test_what_blocks_a_repository(seen: Snapshot, problem: Problem) -> None:
    """The plan has the reason and no steps, and the result is blocked."""
    plan = plan_merges(promotion(), SHOP, {"api": seen})
    assert plan == replace(DEV_TO_STG, repos=(without_steps(API, State.BLOCKED, problem),))
    assert plan.result is Result.BLOCKED


@pytest.mark.parametrize(
    ("gone", "before", "source_sha"), [("staging", "", "dev-2"), ("develop", "stg-1", "")]
)
def test_a_missing_branch_blocks(gone: str, before: str, source_sha: str) -> None:
    """It may be the source or the target, and a local branch of that name does not help."""
    here = refs(**{gone: branch("", "local-1")})
    kept = "develop" if gone == "staging" else "staging"
    problem = Problem(
        "branch_missing",
        f"origin has no branch {gone}.",
        Hint.CREATE_BRANCH.format(base=kept, path="services/api", remote="origin", branch=gone),
    )
    assert plan_merges(promotion(), SHOP, {"api": snapshot(refs=here)}) == replace(
        DEV_TO_STG,
        repos=(
            RepoPlan(
                "api", "services/api", State.BLOCKED, (), (problem,), "staging", before, source_sha
            ),
        ),
    )


def test_an_unreadable_repository_blocks() -> None:
    """Nothing but the reason is known."""
    assert plan_merges(promotion(), SHOP, {"api": unreadable()}) == replace(
        DEV_TO_STG,
        repos=(RepoPlan("api", "services/api", State.BLOCKED, (), (UNREADABLE,), "staging"),),
    )


def test_one_blocked_repository_blocks_the_plan_and_leaves_the_others_in_it() -> None:
    """The plan shows what --skip-blocked would do."""
    seen = {"api": snapshot(merge()), "web": unreadable(WEB)}
    plan = plan_merges(promotion(API, WEB), SHOP, seen)
    assert plan.result is Result.BLOCKED
    assert [repo.state for repo in plan.repos] == [State.PLANNED, State.BLOCKED]


def test_a_blocked_repository_is_skipped_on_request() -> None:
    """The others are promoted, and the plan keeps the reason."""
    here = refs(staging=branch("stg-1", "stg-1"))
    seen = {"api": snapshot(merge(), refs=here), "web": snapshot(clash("a.py"), repo=WEB)}
    plan = plan_merges(promotion(API, WEB, skip_blocked=True), SHOP, seen)
    problem = Problem(
        "conflict",
        "develop conflicts with staging in 1 file: a.py.",
        BY_HAND.replace("services/api", "frontends/web"),
        Severity.WARN,
        ("a.py",),
    )
    skipped = without_steps(WEB, State.SKIPPED, problem)
    assert plan == replace(DEV_TO_STG, skip_blocked=True, repos=(to_publish(API), skipped))
    assert plan.result is Result.PLANNED


def test_the_plan_keeps_the_order_of_the_request() -> None:
    """The order of the snapshots does not matter."""
    seen = {"api": snapshot(merge()), "web": snapshot(merge(), repo=WEB)}
    plan = plan_merges(promotion(WEB, API), SHOP, seen)
    assert [repo.repo for repo in plan.repos] == ["web", "api"]


# --- Back-merge


def test_the_remote_has_its_configured_name() -> None:
    """It is used in messages and hints."""
    space = workspace(ROOT, remote="hub")
    seen = {"shop": snapshot(clash("a"), repo=ROOT, refs=refs(staging=branch()))}
    missing, conflict = plan_merges(promotion(ROOT), space, seen).repos[0].problems
    assert missing.message == "hub has no branch staging."
    wanted = (
        "cd . && git -c checkout.defaultRemote=hub switch develop && "
        "git pull --no-rebase hub develop && git merge hub/"
    )
    assert wanted in conflict.hint


def down_one(ours: str = "stg-1", theirs: str = "main-1") -> MergeStep:
    """Return the step that merges main into stg."""
    return merge_step("main", "stg", commits=1, branches=("master", "staging"), tips=(theirs, ours))


def down_two(theirs: str) -> MergeStep:
    """Return the step that merges stg into dev."""
    return merge_step(
        *("stg", "dev"),
        commit="merge-2",
        commits=1,
        branches=("staging", "develop"),
        tips=(theirs, "dev-2"),
    )


def below(*steps: MergeStep, updates: tuple[RefUpdate, ...]) -> RepoPlan:
    """Return the plan of a repository with these back-merges."""
    published: tuple[Step, ...] = (*steps, PushStep(updates))
    return RepoPlan(
        "api", "services/api", State.PLANNED, published, (), "develop", "dev-2", "main-1"
    )


def test_a_backmerge_goes_down_hop_by_hop() -> None:
    """The second merge builds on the first one, and one push publishes both."""
    first = merge("main", "stg", ours="stg-1", theirs="main-1", commits=1)
    second = merge("stg", "dev", ours="dev-2", theirs="merge-1", commit="merge-2", commits=1)
    leases = (RefUpdate("refs/heads/staging", "stg-1"), RefUpdate("refs/heads/develop", "dev-2"))
    assert plan_merges(backmerge(), SHOP, {"api": snapshot(first, second)}) == replace(
        MAIN_TO_DEV, repos=(below(down_one(), down_two("merge-1"), updates=leases),)
    )


def test_a_first_hop_with_nothing_to_do_is_left_out() -> None:
    """The next one starts from the branch as it is."""
    first = nothing("main", "stg", ours="stg-1", theirs="main-1")
    second = merge("stg", "dev", ours="dev-2", theirs="stg-1", commit="merge-2", commits=1)
    leases = (RefUpdate("refs/heads/develop", "dev-2"),)
    assert plan_merges(backmerge(), SHOP, {"api": snapshot(first, second)}) == replace(
        MAIN_TO_DEV, repos=(below(down_two("stg-1"), updates=leases),)
    )


def test_a_last_hop_with_nothing_to_do_is_left_out() -> None:
    """If dev already has the hotfix, only stg receives it."""
    first = merge("main", "stg", ours="stg-1", theirs="main-1", commits=1)
    second = nothing("stg", "dev", ours="dev-2", theirs="merge-1")
    plan = plan_merges(backmerge(), SHOP, {"api": snapshot(first, second)})
    lease = RefUpdate("refs/heads/staging", "stg-1")
    assert plan.repos[0].steps == (down_one(), PushStep((lease,)))


def test_a_backmerge_with_nothing_to_do_does_nothing() -> None:
    """It has no merge, no push and no tag."""
    hops = (nothing("main", "stg", theirs="main-1"), nothing("stg", "dev", ours="dev-2"))
    plan = plan_merges(backmerge(), SHOP, {"api": snapshot(*hops)})
    assert plan.result is Result.NOTHING
    assert plan.repos[0].steps == ()


def test_both_local_branches_follow_a_backmerge() -> None:
    """Each follows separately, after the push."""
    first = merge("main", "stg", ours="stg-1", theirs="main-1")
    second = merge("stg", "dev", ours="dev-2", theirs="merge-1", commit="merge-2")
    here = refs(staging=branch("stg-1", "stg-1"), develop=branch("dev-2", "dev-2", "/shop/api"))
    plan = plan_merges(backmerge(), SHOP, {"api": snapshot(first, second, refs=here)})
    follow = (FastForwardStep("staging"), FastForwardStep("develop", "/shop/api"))
    assert plan.repos[0].steps[-2:] == follow


def test_a_conflict_on_any_hop_blocks_all_of_them() -> None:
    """A back-merge is never published half-way."""
    first = merge("main", "stg", ours="stg-1", theirs="main-1")
    second = clash("a.py", source="stg", target="dev", ours="dev-2", theirs="merge-1")
    plan = plan_merges(backmerge(), SHOP, {"api": snapshot(first, second)})
    repo = plan.repos[0]
    assert (repo.state, repo.steps) == (State.BLOCKED, ())
    assert [problem.message for problem in repo.problems] == [
        "staging conflicts with develop in 1 file: a.py."
    ]


def test_a_missing_branch_on_the_route_blocks() -> None:
    """This holds even for a branch in the middle."""
    seen = snapshot(refs=refs(staging=branch()))
    problems = plan_merges(backmerge(), SHOP, {"api": seen}).repos[0].problems
    assert [problem.message for problem in problems] == ["origin has no branch staging."]


def test_a_promotion_back_makes_no_tag_and_shows_no_checklist() -> None:
    """Both are only for promotions towards production."""
    request = MergeRequest("promote", MOMENT, (hop(SHOP, MAIN, STG, None, forward=False),), (API,))
    step = merge("main", "stg", ours="stg-1", theirs="main-1")
    plan = plan_merges(request, SHOP, {"api": snapshot(step, refs=refs(TAG))})
    assert (plan.release, plan.checklist, plan.repos[0].tag) == ("", (), "")
    assert plan.operation == "20250115T150130Z-promote-main-stg-7f3a"


def test_the_strictest_stage_that_a_backmerge_changes_confirms_it() -> None:
    """The source does not count, since it is not changed."""
    plan = plan_merges(backmerge(), SHOP, {"api": unreadable()})
    assert (plan.confirm, plan.word) == (Confirm.YES, "stg")


def test_a_repository_that_is_planned_again_still_waits_for_others() -> None:
    """So `continue` knows what --skip-blocked would leave out as well."""
    api = replace(API, after=("web",))
    own = promotion(api)
    assert plan_repository(own, SHOP, api, snapshot(merge()), "").waits_for == ("web",)
    assert plan_repository(own, SHOP, api, snapshot(nothing()), "").waits_for == ("web",)
