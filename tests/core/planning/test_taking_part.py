"""Repositories that have fewer stages than others, or other branches: who takes part in what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.deploy import DeployRequest, require_deployment
from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.pull import PullRequest, plan_pull
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import hop, hops_down, is_promotion, shared_pairs
from multigit.core.planning.taking_part import Request, taking_part
from multigit.core.progress.outcome import planned
from multigit.core.reports.summary import summary
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Refs
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Confirm, Repo, Workspace
from multigit.errors import USAGE, UsageError
from tests.core.builders import API, DEV, FACTS, MAIN, MOMENT, STG, WEB, branch, merge, workspace

SHORT = replace(WEB, stages=("dev", "main"), branches={"dev": "trunk"})
TOP = Repo("docs", "docs", stages=("main",))
SPACE = workspace(API, SHORT)
NO_STG = Problem("no_stage", "has no stage stg.", severity=Severity.WARN)
BETWEEN = Problem("not_neighbours", "has stg between dev and main.", severity=Severity.WARN)


def promotion(source: str, target: str, space: Workspace = SPACE) -> MergeRequest:
    """Return the request of `multigit promote`."""
    stages = space.stage(source), space.stage(target)
    return MergeRequest(
        "promote", MOMENT, (hop(space, *stages, "feat: x", forward=True),), space.repos
    )


def snapshot(repo: Repo, space: Workspace, *merges: tuple[str, str]) -> Snapshot:
    """Return a snapshot in which the repository's branches are on the remote."""
    found = {stage.branch: branch(f"{stage.name}-1") for stage in space.stages_of(repo)}
    previews = tuple(merge(*pair, ours=f"{pair[1]}-1", theirs=f"{pair[0]}-1") for pair in merges)
    return Snapshot(repo.name, facts=FACTS, refs=Refs(found), merges=previews)


def routes(request: Request, space: Workspace = SPACE) -> dict[str, list[str]]:
    """Return the branches of each route, by the repositories that take part."""
    found = {}
    for name, own in taking_part(request, space).items():
        assert isinstance(own, MergeRequest | PushRequest)
        found[name] = [f"{each.source.branch} → {each.target.branch}" for each in own.hops]
    return found


def plan_of(request: MergeRequest, *merges: tuple[str, str], space: Workspace = SPACE) -> Plan:
    """Return the plan if each repository that takes part has something to merge."""
    names = taking_part(request, space)
    seen = {r.name: snapshot(r, space, *merges) for r in space.repos if r.name in names}
    return plan_merges(request, space, seen)


def test_a_promotion_moves_where_its_stages_are_neighbors() -> None:
    """A repository without the stage between is promoted directly, the others are left out."""
    assert routes(promotion("dev", "main")) == {"web": ["trunk → master"]}
    assert routes(promotion("stg", "main")) == {"api": ["staging → master"]}
    assert routes(promotion("dev", "stg")) == {"api": ["develop → staging"]}


def test_what_is_left_out_is_skipped_with_a_reason() -> None:
    """It is neither blocked nor part of the release, and the sentence counts it."""
    plan = plan_of(promotion("dev", "main"), ("dev", "main"))
    api, web = plan.repos
    assert api == RepoPlan("api", API.path, State.SKIPPED, problems=(BETWEEN,))
    assert (web.state, web.branch, plan.result) == (State.PLANNED, "master", Result.PLANNED)
    assert summary(planned(plan))[0].startswith("1 repository will be promoted, 1 left out. ")
    plan = plan_of(promotion("stg", "main"), ("stg", "main"))
    assert plan.repos[1].problems == (NO_STG,)
    assert plan.release.startswith("deploy-")


def test_a_release_of_nothing_has_no_tag() -> None:
    """What is left out does not make a release, and does not block one."""
    plan = plan_of(promotion("dev", "main"))
    assert (plan.result, plan.release) == (Result.NOTHING, "")
    assert summary(planned(plan))[0] == "Nothing to do: 1 up to date, 1 left out."


def test_the_target_sets_the_rules() -> None:
    """A promotion from dev to main is confirmed, tagged and checked off as one from stg."""
    direct, usual = (plan_of(promotion(source, "main")) for source in ("dev", "stg"))
    assert (direct.confirm, direct.word, direct.checklist) == (
        usual.confirm,
        usual.word,
        usual.checklist,
    )
    with pytest.raises(UsageError, match="main requires a message"):
        hop(SPACE, DEV, MAIN, None, forward=True)


def test_what_is_nowhere_next_to_each_other_is_refused() -> None:
    """The selection decides, and the hint names what would be possible there."""
    with pytest.raises(UsageError) as caught:
        is_promotion(SPACE, DEV, MAIN, (API,))
    assert caught.value.hint == "From dev you can go to: stg."
    with pytest.raises(UsageError) as caught:
        is_promotion(SPACE, STG, MAIN, (SHORT,))
    error = caught.value
    assert (error.message, error.hint) == ("web has no stage stg.", "The stages of web: dev, main.")
    assert (error.code, error.exit_code) == ("no_stage", USAGE)


def test_a_promotion_back_goes_to_a_neighbor_too() -> None:
    """It has no tag and requires no message."""
    request = replace(promotion("dev", "main"), hops=(hop(SPACE, MAIN, DEV, None, forward=False),))
    assert routes(request) == {"web": ["master → trunk"]}
    assert (request.tag_template, request.hops[0].message) == (
        "",
        "Merge main into dev (hotfix sync)",
    )


def test_a_back_merge_skips_the_stages_that_a_repository_lacks() -> None:
    """All of it is one plan."""
    request = MergeRequest("backmerge", MOMENT, hops_down(SPACE, None, SPACE.repos), SPACE.repos)
    assert routes(request) == {
        "api": ["master → staging", "staging → develop"],
        "web": ["master → trunk"],
    }
    own = taking_part(request, SPACE)
    assert [(name, hop.message) for name, each in own.items() for hop in each.hops] == [
        ("api", "Merge master into staging (hotfix sync)"),
        ("api", "Merge staging into develop (sync verified)"),
        ("web", "Merge master into trunk (hotfix sync)"),
    ]
    assert request.message == "Merge main into dev"
    assert not own["web"].hops[0].forward


def test_a_back_merge_leaves_out_what_has_no_earlier_stage() -> None:
    """So it does with a repository without the stage that it starts from."""
    space = workspace(API, SHORT, TOP)
    request = MergeRequest("backmerge", MOMENT, hops_down(space, "stg", space.repos), space.repos)
    assert list(routes(request, space)) == ["api"]
    request = replace(request, hops=hops_down(space, None, space.repos))
    assert list(routes(request, space)) == ["api", "web"]
    hops = hops_down(space, None, (SHORT,))
    assert [(each.source.name, each.target.name) for each in hops] == [("main", "dev")]


def test_a_back_merge_passes_no_stage_that_it_does_not_move() -> None:
    """A stage of a repository that is left out sets neither the message nor the confirmation."""
    early = replace(API, stages=("dev", "stg"))
    stages = (DEV, replace(STG, confirm=Confirm.NAME), replace(MAIN, confirm=Confirm.NAME))
    space = workspace(early, SHORT, stages=stages)
    request = MergeRequest("backmerge", MOMENT, hops_down(space, None, space.repos), space.repos)
    plan = plan_of(request, ("main", "dev"), space=space)
    assert [(repo.repo, repo.state) for repo in plan.repos] == [
        ("api", State.SKIPPED),
        ("web", State.PLANNED),
    ]
    assert (plan.message, plan.confirm, plan.word) == (
        "Merge main into dev (hotfix sync)",
        DEV.confirm,
        "dev",
    )


def test_a_back_merge_needs_an_earlier_stage() -> None:
    """Where the last stage is the only one, no other is proposed to start from."""
    space = workspace(API, SHORT, TOP)
    with pytest.raises(UsageError) as caught:
        hops_down(space, None, (TOP,))
    assert (caught.value.message, caught.value.hint) == ("There is no stage before main.", "")
    with pytest.raises(UsageError, match=r"web has no stage stg\."):
        hops_down(space, "stg", (SHORT,))


def test_a_push_leaves_out_what_cannot_be_promoted_then() -> None:
    """Without a promotion, only the pushed stage counts."""
    request = PushRequest(STG, "fix: x", MOMENT, SPACE.repos)
    assert {name: own.stage.branch for name, own in taking_part(request, SPACE).items()} == {
        "api": "staging"
    }
    request = PushRequest(DEV, "fix: x", MOMENT, SPACE.repos)
    assert {name: own.stage.branch for name, own in taking_part(request, SPACE).items()} == {
        "api": "develop",
        "web": "trunk",
    }
    request = replace(request, promotion=hop(SPACE, DEV, MAIN, "x", forward=True))
    assert routes(request) == {"web": ["trunk → master"]}


def test_the_later_stages_are_those_of_the_repository() -> None:
    """An undo asks these whether they have the work."""
    request = replace(PushRequest(DEV, "x", MOMENT, SPACE.repos), later=(STG, MAIN))
    own = taking_part(request, SPACE)
    assert [stage.branch for stage in own["api"].later] == ["staging", "master"]
    assert [stage.branch for stage in own["web"].later] == ["master"]


def test_a_pull_updates_a_repositorys_own_branch() -> None:
    """One without the stage is left out, which the sentence says."""
    request = PullRequest(STG, MOMENT, SPACE.repos)
    plan = plan_pull(request, SPACE, {"api": snapshot(API, SPACE)})
    assert [(repo.branch, repo.state) for repo in plan.repos] == [
        ("staging", State.PLANNED),
        ("", State.SKIPPED),
    ]
    assert summary(planned(plan))[0] == "1 to update, 1 left out."
    own = taking_part(replace(request, stage=DEV), SPACE)
    assert [each.stage.branch for each in own.values()] == ["develop", "trunk"]


def test_it_is_an_error_if_no_repository_takes_part() -> None:
    """The sentence names each of them."""
    for request in (
        DeployRequest(STG, MOMENT, (SHORT, TOP)),
        PullRequest(STG, MOMENT, (SHORT, TOP)),
        PushRequest(STG, "x", MOMENT, (SHORT, TOP)),
    ):
        with pytest.raises(UsageError) as caught:
            taking_part(request, workspace(API, SHORT, TOP))
        assert caught.value.message == "web has no stage stg, docs has no stage stg."


def test_the_pairs_of_several_repositories() -> None:
    """The usual ones come first, and only those that one of them has."""
    names = [(a.name, b.name) for a, b in shared_pairs(SPACE, SPACE.repos)]
    assert names == [("dev", "stg"), ("stg", "main"), ("dev", "main")]
    assert [(a.name, b.name) for a, b in shared_pairs(SPACE, (SHORT,))] == [("dev", "main")]


def test_a_deployment_to_a_stage_that_is_missing_is_not_one_that_is_not_configured() -> None:
    """The error is about the stage, not about its deploy table."""
    with pytest.raises(UsageError) as caught:
        require_deployment(SPACE, STG, (SHORT,))
    assert caught.value.code == "no_stage"
    with pytest.raises(UsageError) as caught:
        require_deployment(SPACE, STG, (API,))
    assert caught.value.code == "no_deployment"
