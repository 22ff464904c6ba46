"""The plan of an undo: what is reset, and what stays and why."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import STAYS_NEWER, RepoPlan, Result, RollsBack, State
from multigit.core.planning.publish_steps import MoveBackStep, PushStep, RefUpdate
from multigit.core.planning.taking_part import no_stage
from multigit.core.progress.remote_state import RemoteState, compared
from multigit.core.records.repo_record import MoveRecord
from multigit.core.recovery.undo import already_undone, cannot_be_undone, release_before, undone
from multigit.core.values.agreement import Actor
from multigit.core.values.deploy_config import CommandRunner, Deploy
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem
from multigit.core.values.refs import branch_ref
from multigit.errors import RefusedError
from multigit.phrase import commands_in
from tests.core.builders import (
    DEV,
    MAIN,
    MOMENT,
    WEB,
    operation,
    past,
    record,
    row,
    state,
    warning,
    without_steps,
)
from tests.core.builders import STG as STAGE
from tests.core.recovery.scene import HELD, MADE, SHOP, STG, TAG, plan, promoted, stands
from tests.core.roll_backs import redeployed, roll_back


def no_release(_: object) -> str:
    """Return that there is no release to deploy instead."""
    return ""


NAME = TAG.removeprefix("refs/tags/")


def test_undo_resets_refs_that_hold_what_was_written() -> None:
    """The branch and the tag are in one push, each with a lease, and the local branch follows."""
    back = undone(promoted(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past())
    assert back.repos[0].steps == (
        RestoreStep("stg", "staging", "merge-1", "stg-1"),
        DeleteTagStep(NAME, "tag-1"),
        PushStep((RefUpdate(STG, "merge-1"), RefUpdate(TAG, "tag-1"))),
        MoveBackStep("staging", "merge-1", "stg-1"),
    )
    assert back.repos[0].before == "merge-1"
    assert back.repos[1].state is State.UP_TO_DATE
    assert back.undoes == plan().operation


def test_an_undo_has_its_own_plan() -> None:
    """A published repository is planned as well, and the waves are reversed."""
    api = replace(plan().repos[0], state=State.PUBLISHED, wave=3)
    whole = replace(plan(), repos=(api, plan().repos[1]))
    begun = promoted(whole, settled={"api": State.PUBLISHED})
    back = undone(begun, {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past()).repos[0]
    assert (back.state, back.wave) == (State.PLANNED, -3)


@pytest.mark.parametrize(
    ("there", "code"),
    [
        (RemoteState(done=frozenset({TAG}), overtaken=frozenset({STG})), "not_undone"),
        (stands({STG: "theirs", TAG: "tag-1"}), "moved"),
        (RemoteState(done=frozenset({STG, TAG}), onward=("main",)), "promoted_onwards"),
    ],
)
def test_undo_leaves_what_others_built_on_or_moved(there: RemoteState, code: str) -> None:
    """The reason is reported."""
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, past())
    assert back.repos[0].state is State.SKIPPED
    assert [problem.code for problem in back.repos[0].problems] == [code]


@pytest.mark.parametrize("there", [stands(HELD), stands({STG: "theirs"})])
def test_there_is_nothing_to_undo_if_nothing_is_published(there: RemoteState) -> None:
    """Either it was never published, or someone else removed it."""
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, past())
    assert [repo.state for repo in back.repos] == [State.UP_TO_DATE, State.UP_TO_DATE]


@pytest.mark.parametrize(
    ("reason", "code"), [(no_stage(MAIN), "no_stage"), (Problem("conflict", "It is."), "left_out")]
)
def test_what_never_took_part_is_not_up_to_date(reason: Problem, code: str) -> None:
    """It is skipped because it had nothing to do with the operation, or was left out of it."""
    skipped = without_steps(WEB, State.SKIPPED, reason.as_warning())
    whole = replace(plan(), repos=(plan().repos[0], skipped))
    there = {"api": stands(MADE), "web": stands({})}
    back = undone(promoted(whole), there, SHOP, MOMENT, past())
    web = back.repos[1]
    assert (web.state, web.absent, [each.code for each in web.problems]) == (
        State.SKIPPED,
        True,
        [code],
    )
    assert cannot_be_undone(back, no_release, is_open=False) is None
    nothing = undone(promoted(whole), {"api": stands(HELD)}, SHOP, MOMENT, past())
    assert nothing.result is Result.NOTHING
    assert cannot_be_undone(nothing, no_release, is_open=False) is None


def test_what_never_took_part_is_no_reason_against_an_undo() -> None:
    """An undo is refused only because of what was published and stays."""
    skipped = without_steps(WEB, State.SKIPPED, no_stage(MAIN))
    whole = replace(plan(), repos=(plan().repos[0], skipped))
    moved = {"api": stands({STG: "theirs", TAG: "tag-1"})}
    back = undone(promoted(whole), moved, SHOP, MOMENT, past())
    found = cannot_be_undone(back, no_release, is_open=False)
    assert found is not None
    assert "cannot be undone: 1 moved by someone else. Nothing" in found.message


def test_undo_leaves_what_was_deployed() -> None:
    """This includes a deployment that only may have started."""
    deployments = {"api": {"": Deployment("", RunState.STARTING)}}
    begun = promoted(deployments=deployments)
    back = undone(begun, {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past())
    assert [problem.code for problem in back.repos[0].problems] == ["deployed"]


def test_undo_resets_what_a_skipped_deployment_left_as_it_was() -> None:
    """Nothing was deployed, unless an earlier attempt may have."""
    for attempt, stays in ((1, False), (2, True)):
        skipped = {"api": {"": Deployment("", RunState.SKIPPED, attempt=attempt)}}
        begun = promoted(deployments=skipped)
        back = undone(begun, {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past())
        assert (back.repos[0].state is State.SKIPPED) == stays


# --- With the log


@pytest.mark.parametrize(
    ("states", "stays"),
    [
        (["succeeded"], True),
        (["failed"], True),
        (["unknown"], True),
        (["not_started"], False),
        (["skipped"], False),
    ],
)
def test_undo_leaves_what_another_operation_deployed(states: list[str], stays: bool) -> None:  # noqa: FBT001
    """The commit decides, whichever operation deployed it."""
    records = [record("deploy-1", row("merge-1", *states, state="deployed"), command="deploy")]
    back = undone(
        promoted(), {"api": stands(MADE), "web": stands(HELD)}, SHOP, MOMENT, past(*records)
    )
    assert (back.repos[0].state is State.SKIPPED) == stays


BEFORE = [record("a", row("m0", tag="stg-deploy-1"), row("w0", tag="stg-deploy-1", repo="web"))]
DEPLOYS = {"stg": Deploy(CommandRunner(("true",)))}
DEPLOYED_SHOP = replace(SHOP, repos=tuple(replace(repo, deploys=DEPLOYS) for repo in SHOP.repos))


def test_the_release_before_is_proposed_if_it_can_be_deployed() -> None:
    """The hint has the whole command; one for all names each repository."""
    log = past(*BEFORE, record(plan().operation, row("merge-1"), row("merge-1", repo="web")))
    ran = {"": Deployment("", RunState.FAILED, Run("1"))}
    deployed = promoted(deployments={"api": ran, "web": ran})
    remotes = {"api": stands(MADE), "web": stands(MADE)}
    back = undone(deployed, remotes, DEPLOYED_SHOP, MOMENT, log)
    (problem,) = back.repos[0].problems
    assert problem.hint.endswith("multigit deploy stg stg-deploy-1 -r api")
    before = partial(release_before, deployed, DEPLOYED_SHOP, log)
    refused = cannot_be_undone(back, before, is_open=False)
    assert refused
    assert refused.hint.endswith("multigit deploy stg stg-deploy-1 -r api -r web")
    (problem,) = undone(deployed, remotes, SHOP, MOMENT, log).repos[0].problems
    assert "multigit" not in problem.hint


@pytest.mark.parametrize(
    ("quality", "proposed"), [(Quality.GOOD, True), (Quality.BAD, False), (None, False)]
)
def test_a_bad_release_is_not_proposed(quality: Quality | None, *, proposed: bool) -> None:
    """Its deployment would be refused, and so would it if its mark cannot be read."""
    who = ("Ada", "host", "2025-01-15T13:00:00Z", "it is slow")
    mark = Mark("stg-deploy-1", "stg", quality, *who) if quality else None
    log = past(*BEFORE, record(plan().operation, row("merge-1"), row("merge-1", repo="web")))
    deployed = promoted(deployments={"api": {"": Deployment("", RunState.FAILED, Run("1"))}})
    remotes = {"api": stands(MADE), "web": stands(HELD)}
    marks = {"stg-deploy-1": mark}
    back = undone(deployed, remotes, DEPLOYED_SHOP, MOMENT, log, marks=marks)
    (problem,) = back.repos[0].problems
    assert ("multigit deploy stg stg-deploy-1" in problem.hint) is proposed
    assert problem.hint


@pytest.mark.parametrize("runs", [("succeeded",), ("not_started",), ()])
def test_the_release_before_is_proposed_where_a_later_one_was_deployed(runs: Any) -> None:
    """The later one cannot be undone, and the services run it; otherwise they may not."""
    there = RemoteState({STG: "m5"}, done=frozenset({TAG}), overtaken=frozenset({STG}))
    log = past(*BEFORE, record(plan().operation, row("merge-1")), record("b", row("m5", *runs)))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, DEPLOYED_SHOP, MOMENT, log)
    (problem,) = back.repos[0].problems
    wanted = "multigit deploy stg stg-deploy-1 -r api" if "succeeded" in runs else "undo b"
    assert problem.hint.endswith(wanted)


def test_the_last_one_on_top_in_any_repository_is_named_for_all() -> None:
    """Each repository names its own."""
    there = RemoteState({STG: "m5"}, done=frozenset({TAG}), overtaken=frozenset({STG}))
    on_web = replace(there, now={STG: "w6"})
    later = past(record("b-1", row("m5")), record("c-2", row("w6", repo="web")))
    back = undone(promoted(), {"api": there, "web": on_web}, SHOP, MOMENT, later)
    refused = cannot_be_undone(back, no_release, is_open=False)
    assert [repo.problems[0].hint[-3:] for repo in back.repos] == ["b-1", "c-2"]
    assert refused
    assert refused.hint == "Undo that first: multigit undo c-2"


@pytest.mark.parametrize("tip", ["m5", "theirs"])
def test_a_later_release_on_top_is_named(tip: str) -> None:
    """A later release can be undone first, but a colleague's commits have to be looked at."""
    there = RemoteState({STG: tip}, done=frozenset({TAG}), overtaken=frozenset({STG}))
    later = past(record("b", row("m5")))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    (problem,) = back.repos[0].problems
    assert problem.message == "has new commits on staging, so nothing is undone here."
    assert (
        problem.hint
        == {
            "m5": "Undo that first: multigit undo b",
            "theirs": "Look at what was built on top, then revert this operation's work with a new "
            "commit.",
        }[tip]
    )


def test_a_name_from_the_log_is_quoted_as_one_word() -> None:
    """No hint can run another command, whoever wrote the log."""
    there = RemoteState({STG: "m5"}, done=frozenset({TAG}), overtaken=frozenset({STG}))
    later = past(record("b; rm -rf ~", row("m5")))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    assert back.repos[0].problems[0].hint.endswith("multigit undo 'b; rm -rf ~'")


def test_what_was_promoted_further_is_undone_from_the_last_stage() -> None:
    """Undoing the promotion in between would be refused, so the last one is named."""
    now = {STG: "m5", branch_ref(MAIN.branch): "m6"}
    there = RemoteState(now, done=frozenset({TAG}), overtaken=frozenset({STG}), onward=("main",))
    later = past(record("b", row("m5")), record("c", row("m6"), stage="main"))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    (problem,) = back.repos[0].problems
    assert (problem.code, problem.hint) == ("not_undone", "Undo that first: multigit undo c")


def test_what_came_to_the_stage_after_a_further_promotion_is_undone_before_it() -> None:
    """The release of production does not contain the later work, so it is not in the way."""
    now = {STG: "m5", branch_ref(MAIN.branch): "m6"}
    there = RemoteState(now, done=frozenset({TAG}), overtaken=frozenset({STG}), onward=("main",))
    later = past(record("b", row("m6"), stage="main"), record("c", row("m5")))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    (problem,) = back.repos[0].problems
    assert (problem.code, problem.hint) == ("not_undone", "Undo that first: multigit undo c")


@pytest.mark.parametrize("dev", ["d5", "theirs"])
def test_a_later_one_with_others_work_on_another_branch_is_not_proposed(dev: str) -> None:
    """It would not be undone either: it moved dev, too, where a colleague has pushed."""
    now = {STG: "m5", branch_ref(DEV.branch): dev}
    there = RemoteState(now, done=frozenset({TAG}), overtaken=frozenset({STG}))
    pairs = ((DEV, "d5"), (STAGE, "m5"))
    moves = tuple(MoveRecord(stage.name, stage.branch, after=tip) for stage, tip in pairs)
    later = past(record("b", row("m5", moves=moves), command="push"))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    assert ("undo b" in back.repos[0].problems[0].hint) == (dev == "d5")


def test_what_was_deployed_further_on_is_not_proposed_to_be_undone() -> None:
    """Nor is what lies between: it cannot be undone either."""
    now = {STG: "m5", branch_ref(MAIN.branch): "m6"}
    there = RemoteState(now, done=frozenset({TAG}), overtaken=frozenset({STG}), onward=("main",))
    later = past(record("b", row("m5")), record("c", row("m6", "succeeded"), stage="main"))
    back = undone(promoted(), {"api": there, "web": stands(HELD)}, SHOP, MOMENT, later)
    assert "multigit" not in back.repos[0].problems[0].hint


def test_a_stage_that_was_removed_from_the_configuration_is_named() -> None:
    """Its rules are required for the confirmation."""
    lost = replace(SHOP, stages=tuple(each for each in SHOP.stages if each.name != "stg"))
    there = {"api": stands(MADE), "web": stands(HELD)}
    with pytest.raises(RefusedError, match="The stage stg is no longer in the configuration"):
        undone(promoted(), there, lost, MOMENT, past())


def test_the_one_who_undid_it_last_is_named() -> None:
    """An undo that was refused does not count."""
    undo: Any = {"undoes": "a", "command": "undo"}
    ada, bob = Actor("Ada", "", ""), Actor("Bob", "", "")
    first, last = (record(f"u{n}", row("m0"), at=f"at {n}", actor=ada, **undo) for n in (1, 2))
    refused = record("u3", row("", state="failed"), at="at 3", actor=bob, **undo)
    assert (
        "already undone at at 2 by Ada" in already_undone("a", past(first, last, refused)).message
    )
    assert already_undone("a", past(refused)).code == "nothing_left"


def test_a_repository_without_refs_is_compared_too() -> None:
    """It has no published or unchanged refs."""
    there = compared(RepoPlan("api", "api", State.PLANNED), {}, {})
    assert (there.done, there.held, there.published) == (frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("back", "newer", "command"),
    [
        (RollsBack("deploy-1", "deploy 2"), False, "multigit rollback stg 'deploy 2'"),
        (RollsBack("deploy-1", "deploy-2"), True, "multigit rollback stg deploy-2 -r api"),
        (RollsBack("deploy-1"), False, 'multigit deploy stg --release-hold --reason "why"'),
    ],
)
def test_what_a_roll_back_took_out_is_proposed(
    back: RollsBack, command: str, *, newer: bool
) -> None:
    """By name, and in the repositories that it chose; if it is unknown, what the branch has.

    Not if the stage has something else since.
    """
    rest = [without_steps(WEB, State.SKIPPED, warning(STAYS_NEWER, "is newer."))] if newer else []
    whole = roll_back(redeployed(), *rest, back=back)
    running = {"api": {"": Deployment("", RunState.SUCCEEDED)}}
    begun = operation(whole, state(deployments=running))
    done = row("stg-1", "succeeded", state="deployed", before="stg-2")
    own = record(whole.operation, done, command="rollback")
    later = record("later", row("stg-3", "succeeded"))
    for records, hint in (((), command), ((own,), command), ((own, later), "multigit log")):
        (problem,) = undone(begun, {}, SHOP, MOMENT, past(*records)).repos[0].problems
        assert commands_in(problem.hint) == (hint,)
