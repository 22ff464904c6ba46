"""Taking an operation back: what goes back, what stays and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from multigit.core.planning.plan import (
    DeleteTagStep,
    MoveBackStep,
    PushStep,
    RefUpdate,
    RepoPlan,
    RestoreStep,
    State,
)
from multigit.core.progress.standing import Standing, standing
from multigit.core.recovery.undo import already_undone, promoted_by, release_before, undone
from multigit.core.values.deployment import CommandRunner, Deploy, Deployment, Run, RunState
from multigit.core.values.refs import branch_ref
from multigit.errors import RefusedError
from tests.core.builders import MAIN, MOMENT, Log
from tests.core.recovery.test_resume import HELD, MADE, SHOP, STG, TAG, plan, stands, story

NAME = TAG.removeprefix("refs/tags/")


def test_undo_sets_back_what_still_holds_what_was_written() -> None:
    """Branch and tag in one push, each with a lease; the local branch follows."""
    back = undone(story(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, Log())
    assert back.repos[0].steps == (
        RestoreStep("stg", "staging", "merge-1", "stg-1"),
        DeleteTagStep(NAME, "tag-1"),
        PushStep((RefUpdate(STG, "merge-1"), RefUpdate(TAG, "tag-1"))),
        MoveBackStep("staging", "merge-1", "stg-1"),
    )
    assert back.repos[0].before == "merge-1"
    assert back.repos[1].state is State.UP_TO_DATE
    assert back.undoes == plan().operation


def test_the_plan_of_an_undo_is_built_anew() -> None:
    """Nothing that the operation reached counts as reached by the undo; its waves turn round."""
    run = Deployment("", RunState.NOT_STARTED)
    api = replace(plan().repos[0], published=True, made=MADE, deployed=(run,), wave=3)
    begun = story(plan=replace(plan(), repos=(api, plan().repos[1])))
    back = undone(begun, {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, Log()).repos[0]
    assert (back.published, back.made, back.deployed, back.wave) == (False, {}, (), -3)
    assert back.state is State.PLANNED


@pytest.mark.parametrize(
    ("there", "code"),
    [
        (Standing(done=frozenset({TAG}), overtaken=frozenset({STG})), "not_undone"),
        (stands({STG: "theirs", TAG: "tag-1"}), "moved"),
        (Standing(done=frozenset({STG, TAG}), onward=("main",)), "promoted_onwards"),
    ],
)
def test_undo_leaves_what_others_did_something_with(there: Standing, code: str) -> None:
    """And says so."""
    back = undone(story(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, Log())
    assert back.repos[0].state is State.SKIPPED
    assert [problem.code for problem in back.repos[0].problems] == [code]


@pytest.mark.parametrize("there", [stands(HELD), stands({STG: "theirs"})])
def test_there_is_nothing_to_undo_where_nothing_of_it_is(there: Standing) -> None:
    """Whether it never arrived, or somebody took it back."""
    back = undone(story(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, Log())
    assert [repo.state for repo in back.repos] == [State.UP_TO_DATE, State.UP_TO_DATE]


def test_undo_leaves_what_was_deployed() -> None:
    """Or may have been."""
    deployments = {"api": {"": Deployment("", RunState.STARTING)}}
    begun = story(deployments=deployments)
    back = undone(begun, {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, Log())
    assert [problem.code for problem in back.repos[0].problems] == ["deployed"]


# --- What the log tells


def row(after: str, *states: str, state: str = "published", tag: str = NAME) -> dict[str, Any]:
    """Return what a record says of api."""
    deployments = [{"state": each} for each in states]
    return {"repo": "api", "state": state, "after": after, "tag": tag, "deployments": deployments}


def record(operation: str, *rows: dict[str, Any], stage: str = "stg", **more: Any) -> Any:
    """Return a record."""
    return {"operation": operation, "command": "promote", "stage": stage, "repos": rows, **more}


@pytest.mark.parametrize(
    ("states", "stays"),
    [(["succeeded"], True), (["failed"], True), (["unknown"], True), (["not_started"], False)],
)
def test_undo_leaves_what_another_operation_deployed(states: list[str], stays: bool) -> None:  # noqa: FBT001
    """The commit counts, whichever operation deployed it."""
    records = [record("deploy-1", row("merge-1", *states, state="deployed"), command="deploy")]
    back = undone(story(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, Log(*records))
    assert (back.repos[0].state is State.SKIPPED) == stays


def test_the_release_before_is_offered_where_it_can_be_deployed() -> None:
    """By a runner that can be asked; the command names everything."""
    deploys = {"stg": Deploy(CommandRunner(("true",)))}
    repos = tuple(replace(repo, deploys=deploys) for repo in SHOP.repos)
    records = [record("a", row("m0", tag="stg-deploy-1")), record(plan().operation, row("merge-1"))]
    deployed = story(deployments={"api": {"": Deployment("", RunState.FAILED, Run("1"))}})
    standings = {"api": stands(MADE), "web": stands(HELD)}
    back = undone(deployed, standings, replace(SHOP, repos=repos), MOMENT, Log(*records))
    (problem,) = back.repos[0].problems
    assert problem.hint.endswith("multigit deploy stg stg-deploy-1 -r api")
    (problem,) = undone(deployed, standings, SHOP, MOMENT, Log(*records)).repos[0].problems
    assert "multigit" not in problem.hint


def test_the_release_before_an_operation() -> None:
    """The last that the repository was published with on that stage."""
    records = [
        record("a", row("m0", tag="one")),
        record("b", row("m1", tag="two", state="failed")),
        record("c", row("m1", tag="three"), stage="main"),
        record("d", row("m2", tag="four")),
    ]
    assert release_before(Log(*records), "api", "stg", "d") == "one"
    assert release_before(Log(*records), "api", "stg", "a") == ""
    assert release_before(Log(*records), "web", "stg", "d") == ""
    assert release_before(Log(*records), "api", "stg", "e") == ""


def test_the_release_before_is_none_that_was_taken_back() -> None:
    """Its tag is gone, so nothing can deploy it; elsewhere it may still be there."""
    records = [
        record("a", row("m0", tag="one")),
        record("b", row("m1", tag="two"), row("m1", tag="two") | {"repo": "web"}),
        record("u", row("m0", tag=""), command="undo", undoes="b"),
        record("d", row("m2", tag="three")),
    ]
    assert release_before(Log(*records), "api", "stg", "d") == "one"
    assert release_before(Log(*records), "web", "stg", "d") == "two"


def test_what_promoted_it_onwards_is_named_only_where_it_can_be_undone() -> None:
    """Not what was deployed, is undone already, or has somebody's work on top."""
    onward = record("b", row("m1"), stage="main")
    assert promoted_by(Log(onward), "api", "main", "m1") == "b"
    assert promoted_by(Log(onward), "web", "main", "m1") == ""
    assert promoted_by(Log(onward), "api", "main", "theirs") == ""
    deployed = record("c", row("m1", "succeeded", state="deployed"), command="deploy")
    assert promoted_by(Log(onward, deployed), "api", "main", "m1") == ""
    undo = record("u", row("m0"), command="undo", undoes="b", stage="main")
    assert promoted_by(Log(onward, undo), "api", "main", "m0") == ""


def test_what_a_record_moved_on_the_way_counts_as_well() -> None:
    """The branch of a stage between, which a row names among its moves."""
    moves = [{"stage": "stg", "after": "m1"}, {"stage": "dev", "after": "m2"}]
    down = record("b", row("m2") | {"moves": moves}, command="backmerge", stage="dev")
    assert promoted_by(Log(down), "api", "stg", "m1") == "b"
    assert promoted_by(Log(down), "api", "dev", "m2") == "b"
    assert promoted_by(Log(down), "api", "stg", "m2") == ""
    assert promoted_by(Log(down), "api", "dev", "") == ""


@pytest.mark.parametrize("tip", ["m5", "theirs"])
def test_a_later_release_on_top_is_named(tip: str) -> None:
    """It can be undone first; what a colleague built is for a person to look at."""
    there = Standing({STG: tip}, done=frozenset({TAG}), overtaken=frozenset({STG}))
    later = Log(record("b", row("m5")))
    back = undone(story(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    (problem,) = back.repos[0].problems
    assert problem.message == "staging moved on since, so nothing is taken back here."
    assert (
        problem.hint
        == {
            "m5": "Undo that first: multigit undo b",
            "theirs": "Look at what was built on top, then revert this operation's work with a new "
            "commit.",
        }[tip]
    )


def test_what_stands_on_top_and_was_promoted_onwards_is_undone_from_its_end() -> None:
    """The last promotion is named: the one between would be refused for its sake."""
    now = {STG: "m5", branch_ref(MAIN.branch): "m6"}
    there = Standing(now, done=frozenset({TAG}), overtaken=frozenset({STG}), onward=("main",))
    later = Log(record("b", row("m5")), record("c", row("m6"), stage="main"))
    back = undone(story(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    (problem,) = back.repos[0].problems
    assert (problem.code, problem.hint) == ("not_undone", "Undo that first: multigit undo c")


def test_a_stage_that_the_configuration_lost_is_named() -> None:
    """Its rules are needed for the question."""
    lost = replace(SHOP, stages=tuple(each for each in SHOP.stages if each.name != "stg"))
    there = {"api": stands(MADE), "web": stands(HELD)}
    with pytest.raises(RefusedError, match="The stage stg is not in the configuration any more"):
        undone(story(), there, lost, MOMENT, Log())


def test_the_one_who_took_it_back_last_is_named() -> None:
    """Who tried before and was refused took nothing back."""
    took = {"undoes": "a", "command": "undo"}
    first, last = (record(f"u{n}", row("m0"), at=f"at {n}", who="Ada", **took) for n in (1, 2))
    refused = record("u3", row("", state="failed"), at="at 3", who="Bob", **took)
    assert (
        "undone already, at at 2 by Ada" in already_undone("a", Log(first, last, refused)).message
    )
    assert already_undone("a", Log(refused)).code == "nothing_left"


def test_a_repository_without_refs_is_compared_too() -> None:
    """It has nothing that could be anywhere."""
    there = standing(RepoPlan("api", "api", State.PLANNED), {}, {})
    assert (there.done, there.held, there.there) == (frozenset(), frozenset(), frozenset())
