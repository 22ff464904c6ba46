"""The plan of a roll-back: what each repository goes back to, how, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.overrides import Override
from multigit.core.planning.plan import Plan, RepoPlan, Result, RollsBack, State
from multigit.core.planning.publish_steps import DeployStep, PushStep, RefUpdate
from multigit.core.planning.steps import RedeployStep, RollBackStep, TagStep
from multigit.core.records.releases import Known, Release, Stood, WayBack
from multigit.core.recovery.roll_back_request import How, Restore, RollBackRequest, how_named
from multigit.core.recovery.rolling_back import plan_roll_back, restores, staying
from multigit.core.values.agreement import Accepted
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import CommandRunner, Deploy, GithubRunner, Trigger
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.errors import UsageError
from multigit.hints import Hint
from tests.core.builders import (
    API,
    DEV,
    MOMENT,
    NEWEST,
    STG,
    WEB,
    branch,
    refs,
    snapshot,
    tip,
    unreadable,
    workspace,
)

COMMAND = Deploy(CommandRunner(("true",)))
BY_PUSH = Deploy(GithubRunner("deploy.yml", trigger=Trigger.PUSH, ref="branch"))
ON_A_TAG = Deploy(GithubRunner("deploy.yml", ref="tag"))
OLD, NEW = "stg-deploy-20250114-120000", "stg-deploy-20250115-120000"
TAG = "stg-deploy-20250115-160130"
LOST = PendingCommits(2, NEWEST, subjects=("feat: b", "feat: a"))
MESSAGE = f"Roll back stg to {OLD}\n\nit is ill"
STOOD = Stood("stg-0", Known.TAG, OLD)
RELEASE = Release(OLD, 1736856000, repos={"api": STOOD, "web": STOOD})
BAD = Mark(OLD, "stg", Quality.BAD, "Ada", "host", "2025-01-15T13:00:00Z", "it loses orders")
RESTORING = f"{MESSAGE}\n\nRolls-back-to: stg-0"


def way(repo: Repo = API, **changes: Any) -> WayBack:
    """Return the way of a repository from stg-1 back to stg-0."""
    return replace(WayBack(repo.name, STOOD, "stg-1", tip("stg-0"), LOST, ("a", "b")), **changes)


def planned(
    *repos: Repo,
    deploy: Deploy | None = COMMAND,
    ways: Mapping[str, WayBack] | None = None,
    made: Mapping[str, str] | None = None,
    tags: tuple[str, ...] = (),
    stage: Stage = STG,
    **options: Any,
) -> Plan:
    """Return the plan; each repository is restored as `made` says, or as `restore-1`."""
    repos = repos or (API,)
    stage = replace(stage, deploy=deploy)
    space = workspace(*repos, stages=(DEV, stage))
    fields = {"now": NEW, "why": "it is ill", "tags": {"api": {"stg-1": NEW}}, **options}
    request = RollBackRequest(stage, MOMENT, repos, RELEASE, **fields)
    seen = {repo.name: snapshot(repo=repo, refs=refs(*tags)) for repo in repos}
    known = ways or {repo.name: way(repo) for repo in repos}
    wanted = restores(request, space, seen, known)
    commits = dict.fromkeys(wanted, "restore-1") if made is None else made
    return plan_roll_back(request, space, seen, known, commits)


def codes(plan: Plan) -> dict[str, list[str]]:
    """Return the codes of each repository's problems."""
    return {repo.repo: [each.code for each in repo.problems] for repo in plan.repos}


def hows(plan: Plan) -> dict[str, str]:
    """Return how each repository goes back."""
    return {
        repo.repo: "restore" if repo.roll_backs() else "redeploy" if repo.redeploys() else ""
        for repo in plan.repos
    }


DEPLOYING = DeployStep("stg", "stg", "staging", "", COMMAND.runner, COMMAND.timeout)
REDEPLOYING = RepoPlan(
    "api",
    API.path,
    State.PLANNED,
    (
        RedeployStep("stg", "staging", "stg-1", "stg-0", "stg-1", LOST, 2, NEW),
        replace(DEPLOYING, sha="stg-0", tag=OLD),
    ),
    branch="staging",
    before="stg-1",
    source_sha="stg-0",
)


def test_old_commits_are_deployed_again() -> None:
    """No branch moves; the plan knows what it goes back to, from what, and why."""
    plan = planned()
    assert plan.repos == (REDEPLOYING,)
    assert plan.rolls_back == RollsBack(OLD, NEW, "it is ill")
    assert (plan.command, plan.release, plan.message) == ("rollback", OLD, MESSAGE)
    assert (plan.target, plan.confirm, plan.word) == ("stg", STG.confirm, "stg")
    assert plan.repos[0].branch_steps() == ()


def test_old_files_are_restored_in_a_commit() -> None:
    """It is tagged and deployed like a release, and says what it goes back to."""
    plan = planned(how=How.RESTORE)
    (repo,) = plan.repos
    back = RollBackStep(
        *("stg", "staging", "stg-1", "stg-0", "stg-0 tree", "restore-1", RESTORING, LOST, 2)
    )
    making = (back, TagStep(TAG, "staging", RESTORING))
    updates = (RefUpdate("refs/heads/staging", "stg-1"), RefUpdate(f"refs/tags/{TAG}", ""))
    assert repo.steps[:3] == (*making, PushStep(updates))
    assert repo.deploys() == (replace(DEPLOYING, tag=TAG),)
    assert (plan.release, repo.before, repo.after) == (TAG, "stg-1", "restore-1")


def test_a_second_tag_of_the_same_second_has_a_number() -> None:
    """As in a promotion."""
    assert planned(how=How.RESTORE, tags=(TAG,)).release == f"{TAG}-2"


def test_a_stage_without_tags_is_restored_without_one() -> None:
    """The release is then what it goes back to."""
    plan = planned(how=How.RESTORE, stage=replace(STG, tag=""))
    assert (plan.repos[0].tag, plan.release) == ("", OLD)


def test_what_the_branch_has_beyond_the_deployment_is_lost_as_well() -> None:
    """A restore takes it from the branch; a deployment takes only what was deployed."""
    more = PendingCommits(3, NEWEST)
    ways = {"api": way(now="stg-x", on_branch=(more, ("a", "b", "c")))}
    (restored,) = planned(how=How.RESTORE, ways=ways).repos
    (again,) = planned(ways=ways).repos
    steps = restored.goes_back, again.goes_back
    assert [(each.lost.commits, each.files) for each in steps if each] == [(3, 3), (2, 2)]


@pytest.mark.parametrize(
    ("deploy", "stood", "how"),
    [
        (None, STOOD, "restore"),
        (BY_PUSH, STOOD, "restore"),
        (COMMAND, STOOD, "redeploy"),
        (ON_A_TAG, STOOD, "redeploy"),
        (ON_A_TAG, replace(STOOD, tag=""), "restore"),
    ],
)
def test_the_way_that_suits_a_repository(deploy: Deploy | None, stood: Stood, how: str) -> None:
    """It is deployed again where multigit can start that for its old commit."""
    plan = planned(deploy=deploy, ways={"api": way(stood=stood)})
    assert (hows(plan), plan.result) == ({"api": how}, Result.PLANNED)


def test_each_repository_goes_its_own_way() -> None:
    """The tag is only of those that are restored."""
    ways = {"api": way(), "web": way(WEB, stood=Stood("stg-0", Known.LOG))}
    plan = planned(API, WEB, deploy=ON_A_TAG, ways=ways)
    assert hows(plan) == {"api": "redeploy", "web": "restore"}
    assert [repo.tag for repo in plan.repos] == ["", TAG]
    assert plan.release == TAG


@pytest.mark.parametrize("deploy", [None, BY_PUSH])
def test_what_multigit_does_not_start_cannot_be_deployed_again(deploy: Deploy | None) -> None:
    """It blocks, and names the other way."""
    plan = planned(deploy=deploy, how=How.REDEPLOY)
    assert plan.result is Result.BLOCKED
    assert {each.hint for each in plan.repos[0].problems} == {Hint.HOW_RESTORE}


def test_what_is_there_already_stays() -> None:
    """If its deployment succeeded, or its tree is the same; else it is deployed once more."""
    there = {"api": way(now="stg-0", lost=PendingCommits(), paths=())}
    assert planned(ways=there, settled=frozenset({"api"})).result is Result.NOTHING
    assert planned(ways=there).result is Result.PLANNED
    same = {"api": way(old=replace(tip("stg-0"), tree="stg-1 tree"))}
    assert planned(how=How.RESTORE, ways=same).result is Result.NOTHING


def test_a_repository_that_had_nothing_then_is_left_out() -> None:
    """It is no reason to block the others."""
    absent = way(WEB, stood=Stood(missing="It had none."), old=None)
    plan = planned(API, WEB, ways={"api": way(), "web": absent})
    assert codes(plan) == {"api": [], "web": ["not_in_release"]}
    assert [repo.state for repo in plan.repos] == [State.PLANNED, State.SKIPPED]
    assert plan.result is Result.PLANNED


def test_what_cannot_be_read_blocks() -> None:
    """The clone, or only its old commit."""
    gone = Problem("release_gone", "stg-0 no longer exists.", "Choose another.")
    assert codes(planned(ways={"api": way(old=None, error=gone)})) == {"api": ["release_gone"]}
    space = workspace(API, stages=(DEV, STG))
    request = RollBackRequest(STG, MOMENT, (API,), RELEASE)
    plan = plan_roll_back(request, space, {"api": unreadable()}, {"api": way(old=None)}, {})
    assert (plan.result, codes(plan)) == (Result.BLOCKED, {"api": ["unreachable"]})


def test_the_waves_are_reversed() -> None:
    """What depends on others goes back before them, and waits for none of them."""
    after = replace(WEB, wave=1, after=("api",))
    plan = planned(API, after)
    assert {repo.repo: (repo.wave, repo.waits_for) for repo in plan.repos} == {
        "api": (0, ()),
        "web": (-1, ()),
    }


def test_what_was_not_chosen_and_is_newer_is_said() -> None:
    """What has the same commit, or had none, is not mentioned."""
    release = replace(
        RELEASE, repos={"api": Stood("stg-0"), "web": Stood("stg-1"), "shop": Stood()}
    )
    others = (API, WEB, Repo("shop", "."))
    seen = {repo.name: snapshot(repo=repo) for repo in others}
    message = f"is not part of this roll-back, though newer than {OLD} when last fetched."
    newer = Problem("stays_newer", message, severity=Severity.WARN)
    assert staying(STG, release, others, seen) == (
        RepoPlan("api", API.path, State.SKIPPED, problems=(newer,)),
    )
    both = replace(planned(), repos=(*planned().repos, *staying(STG, release, others, seen)))
    assert both.result is Result.PLANNED


def test_what_the_history_told_is_a_guess_that_is_shown() -> None:
    """And so is what was pushed by hand before the release."""
    ways = {"api": way(stood=Stood("stg-0"), besides=PendingCommits(1, NEWEST))}
    plan = planned(ways=ways)
    assert plan.result is Result.PLANNED
    first, second = (each.message for each in plan.repos[0].problems)
    assert first.startswith(f"no tag and no record says what it had at {OLD}: stg-0 is its last")
    assert second == f"1 commit pushed by hand before {OLD} is not part of it."


# --- What has to be overridden

FINAL = replace(API, irreversible=("migrations/**",))
AGAINST = {"api": way(FINAL, paths=("a", "migrations/7.sql"))}
SENTENCE = f"1 file changed since {OLD} that cannot be rolled back: migrations/7.sql."


def test_files_that_cannot_be_rolled_back_block() -> None:
    """The problem names them; overridden, it warns, and the plan has the reason."""
    plan = planned(FINAL, ways=AGAINST)
    (problem,) = plan.repos[0].problems
    assert (problem.code, problem.message) == ("irreversible", SENTENCE)
    assert (problem.files, plan.result) == (("migrations/7.sql",), Result.BLOCKED)
    assert plan.accepted == ()
    override = Override(("irreversible",), "they only add a column")
    plan = planned(FINAL, ways=AGAINST, override=override)
    assert plan.result is Result.PLANNED
    assert plan.accepted == (
        Accepted("irreversible", "api", SENTENCE, reason="they only add a column"),
    )
    assert not plan.repos[0].problems[0].blocks


def test_only_the_way_that_is_gone_counts() -> None:
    """A restore also takes what the branch has and the stage does not."""
    ways = {"api": way(paths=("a",), on_branch=(LOST, ("a", "migrations/7.sql")))}
    assert planned(FINAL, ways=ways).result is Result.PLANNED
    assert codes(planned(FINAL, ways=ways, how=How.RESTORE)) == {"api": ["irreversible"]}
    assert planned(replace(FINAL, irreversible=()), ways=AGAINST).result is Result.PLANNED


def test_what_comes_back_with_a_release_is_not_taken_back() -> None:
    """The way leads forward; unless only commits are lost that are not counted."""
    files, forks = ("migrations/7.sql",), (tip("stg-0"),)
    for lost, wanted in ((PendingCommits(), []), (PendingCommits(forks=forks), ["irreversible"])):
        plan = planned(FINAL, ways={"api": way(lost=lost, paths=files)})
        assert codes(plan) == {"api": wanted}
    plan = planned(ways={"api": way(lost=PendingCommits(1, forks=forks))})
    assert plan.repos[0].redeploys()[0].lost == PendingCommits(1)


@pytest.mark.parametrize("mark", [BAD, None])
def test_a_release_that_may_be_bad_is_not_gone_back_to(mark: Mark | None) -> None:
    """Unless someone overrides that; what is up to date is not concerned."""
    marks = {OLD: mark}
    assert codes(planned(marks=marks)) == {"api": ["bad_release"]}
    plan = planned(marks=marks, override=Override(("bad_release",), "the other is worse"))
    assert plan.result is Result.PLANNED
    assert [each.code for each in plan.accepted] == ["bad_release"]
    there = {"api": way(now="stg-0", lost=PendingCommits(), paths=())}
    up_to_date = planned(ways=there, settled=frozenset({"api"}), marks=marks)
    assert up_to_date.result is Result.NOTHING
    assert planned(marks={OLD: replace(BAD, quality=Quality.GOOD)}).result is Result.PLANNED


def test_what_blocks_is_skipped_if_that_is_wanted() -> None:
    """The others go back, and nothing is noted as overridden."""
    plan = planned(
        FINAL, WEB, ways={**AGAINST, "web": way(WEB)}, skip_blocked=True, override=Override()
    )
    assert [repo.state for repo in plan.repos] == [State.SKIPPED, State.PLANNED]
    assert plan.accepted == ()


# --- The commits to make


def test_a_commit_is_made_where_files_are_restored() -> None:
    """On top of the branch, with the old tree and the reason."""
    space = workspace(API, stages=(DEV, STG))
    request = RollBackRequest(STG, MOMENT, (API,), RELEASE, why="it is ill")

    def wanted(space: Workspace, way: WayBack) -> Mapping[str, Restore]:
        return restores(request, space, {"api": snapshot()}, {"api": way})

    assert wanted(space, way()) == {"api": Restore("stg-1", "stg-0 tree", RESTORING)}
    assert wanted(space, way(old=None)) == {}
    assert wanted(space, way(old=replace(tip("stg-0"), tree="stg-1 tree"))) == {}
    deployed = workspace(API, stages=(DEV, replace(STG, deploy=COMMAND)))
    assert (
        restores(
            replace(request, stage=replace(STG, deploy=COMMAND)),
            deployed,
            {"api": snapshot()},
            {"api": way()},
        )
        == {}
    )
    none = {"api": snapshot(refs=refs(staging=branch()))}
    assert restores(request, space, none, {"api": way()}) == {}


@pytest.mark.parametrize(
    ("name", "how"), [(None, None), ("redeploy", How.REDEPLOY), ("restore", How.RESTORE)]
)
def test_the_ways_have_names(name: str | None, how: How | None) -> None:
    """Without one, each repository goes the way that suits it."""
    assert how_named(name) == how


@pytest.mark.parametrize("name", ["", "revert"])
def test_another_name_is_refused_with_the_ways(name: str) -> None:
    """An empty one as well: a variable may not be set."""
    with pytest.raises(UsageError) as caught:
        how_named(name)
    assert "redeploy, restore" in caught.value.hint
