"""What was found out about a plan's deployments, and what that holds back."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.findings import clear_of, together, with_findings
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.problem import Problem
from tests.core.builders import plan, state, to_publish, warning, without_steps
from tests.core.planning.test_waves import AFTER, DATABASE, LAST, SPACE, deploying

BLOCK = Problem("still_deploying", "a deployment is still running.")


def states(held: Plan) -> dict[str, State]:
    """Return the state of each repository."""
    return {repo.repo: repo.state for repo in held.repos}


def test_what_comes_after_one_that_is_left_out_is_left_out() -> None:
    """Also where the one in between has nothing to do."""
    made = plan(
        without_steps(DATABASE, State.SKIPPED),
        without_steps(AFTER, State.UP_TO_DATE),
        deploying(LAST),
    )
    held = with_findings(made, NOTHING_YET, {}, SPACE)
    assert states(held)["web"] is State.SKIPPED
    assert [problem.code for problem in held.repos[2].problems] == ["after_left_out"]
    assert held.repos[2].steps == ()


def test_the_reason_to_leave_it_out_comes_first() -> None:
    """Whatever else is to be known of it."""
    warned = replace(deploying(AFTER), problems=(warning(),))
    left_out = plan(without_steps(DATABASE, State.SKIPPED), warned)
    held = with_findings(left_out, NOTHING_YET, {}, SPACE)
    assert [problem.code for problem in held.repos[1].problems] == [
        "after_left_out",
        warning().code,
    ]


def test_what_was_begun_is_never_left_out() -> None:
    """Its push may have arrived."""
    made = plan(without_steps(DATABASE, State.SKIPPED), deploying(AFTER))
    assert with_findings(made, state(begun=["api"]), {}, SPACE) == made


def test_what_was_only_made_is_left_out() -> None:
    """The objects of all waves are made before the first push; its own never began."""
    made = plan(without_steps(DATABASE, State.SKIPPED), deploying(AFTER))
    before = state(made={"api": {"refs/heads/staging": "merge-1"}})
    held = with_findings(made, before, {}, SPACE)
    assert states(held)["api"] is State.SKIPPED


def test_nothing_is_held_back_by_what_has_nothing_to_do() -> None:
    """Up to date is good."""
    made = plan(without_steps(DATABASE, State.UP_TO_DATE), deploying(AFTER))
    assert with_findings(made, NOTHING_YET, {}, SPACE) == made


def test_what_blocks_blocks() -> None:
    """Or is left out, and with it what comes after; a warning only stands beside the rest."""
    whole = plan(deploying(DATABASE), deploying(AFTER))
    found = {"database": [warning(), BLOCK], "api": [warning("other")]}
    blocked = with_findings(whole, NOTHING_YET, found, SPACE)
    assert states(blocked) == {"database": State.BLOCKED, "api": State.PLANNED}
    assert blocked.repos[0].problems == (warning(), BLOCK)
    skipped = with_findings(replace(whole, skip_blocked=True), NOTHING_YET, found, SPACE)
    assert states(skipped) == {"database": State.SKIPPED, "api": State.SKIPPED}


def test_what_was_begun_blocks_where_it_cannot_go_on() -> None:
    """It is never left out, whatever was asked for."""
    whole = replace(plan(deploying(DATABASE)), skip_blocked=True)
    found = {"database": [BLOCK]}
    held = with_findings(whole, state(begun=["database"]), found, SPACE)
    assert states(held) == {"database": State.BLOCKED}


def test_what_follows_a_submodule_that_is_held_back_is_held_back() -> None:
    """Also over several, whatever the order in which they stand."""
    inner = replace(to_publish(LAST), follows=("api",), wave=2)
    whole = plan(inner, replace(deploying(AFTER), follows=("database",)), deploying(DATABASE))
    space = replace(SPACE, repos=tuple(replace(repo, after=()) for repo in SPACE.repos))
    found = {"database": [BLOCK]}
    held = with_findings(replace(whole, skip_blocked=True), NOTHING_YET, found, space)
    assert set(states(held).values()) == {State.SKIPPED}


def test_only_what_is_clear_is_looked_at_further() -> None:
    """What is blocked already need not be checked."""
    whole = plan(to_publish(DATABASE), to_publish(AFTER))
    found = together({"api": [warning()]}, {"database": [BLOCK], "api": []})
    assert found == {"api": [warning()], "database": [BLOCK]}
    assert [repo.repo for repo in clear_of(whole, found).repos] == ["api"]
