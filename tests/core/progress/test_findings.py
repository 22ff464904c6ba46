"""Problems found after planning: which repositories they block, and which are skipped."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, State
from multigit.core.progress.findings import clear_of, together, with_findings
from multigit.core.progress.state import NOTHING_YET
from multigit.core.values.problem import Problem
from tests.core.builders import plan, state, to_publish, warning, without_steps
from tests.core.planning.test_waves import AFTER, DATABASE, LAST, SPACE, deploying

BLOCK = Problem("still_deploying", "a deployment is still running.")


def states(result: Plan) -> dict[str, State]:
    """Return the state of each repository."""
    return {repo.repo: repo.state for repo in result.repos}


def test_what_depends_on_a_skipped_repository_is_skipped() -> None:
    """This holds even if the repository in between has nothing to do."""
    made = plan(
        without_steps(DATABASE, State.SKIPPED),
        without_steps(AFTER, State.UP_TO_DATE),
        deploying(LAST),
    )
    result = with_findings(made, NOTHING_YET, {}, SPACE)
    assert states(result)["web"] is State.SKIPPED
    assert [problem.code for problem in result.repos[2].problems] == ["after_left_out"]
    assert result.repos[2].steps == ()


def test_the_reason_for_skipping_comes_first() -> None:
    """Other problems follow it."""
    warned = replace(deploying(AFTER), problems=(warning(),))
    left_out = plan(without_steps(DATABASE, State.SKIPPED), warned)
    result = with_findings(left_out, NOTHING_YET, {}, SPACE)
    assert [problem.code for problem in result.repos[1].problems] == [
        "after_left_out",
        warning().code,
    ]


def test_what_was_started_is_never_skipped() -> None:
    """It may be published."""
    made = plan(without_steps(DATABASE, State.SKIPPED), deploying(AFTER))
    assert with_findings(made, state(begun=["api"]), {}, SPACE) == made


def test_what_was_only_prepared_is_skipped() -> None:
    """The objects of all waves are made before the first push, so making them is not a start."""
    made = plan(without_steps(DATABASE, State.SKIPPED), deploying(AFTER))
    before = state(made={"api": {"refs/heads/staging": "merge-1"}})
    result = with_findings(made, before, {}, SPACE)
    assert states(result)["api"] is State.SKIPPED


def test_a_repository_that_is_up_to_date_holds_up_nothing() -> None:
    """Repositories that depend on it stay planned."""
    made = plan(without_steps(DATABASE, State.UP_TO_DATE), deploying(AFTER))
    assert with_findings(made, NOTHING_YET, {}, SPACE) == made


def test_a_finding_blocks_its_repository() -> None:
    """With --skip-blocked, it and all that depends on it are skipped; a warning is only added."""
    whole = plan(deploying(DATABASE), deploying(AFTER))
    found = {"database": [warning(), BLOCK], "api": [warning("other")]}
    blocked = with_findings(whole, NOTHING_YET, found, SPACE)
    assert states(blocked) == {"database": State.BLOCKED, "api": State.PLANNED}
    assert blocked.repos[0].problems == (warning(), BLOCK)
    skipped = with_findings(replace(whole, skip_blocked=True), NOTHING_YET, found, SPACE)
    assert states(skipped) == {"database": State.SKIPPED, "api": State.SKIPPED}


def test_what_was_started_blocks_if_it_cannot_continue() -> None:
    """It is never skipped, whatever the options."""
    whole = replace(plan(deploying(DATABASE)), skip_blocked=True)
    found = {"database": [BLOCK]}
    result = with_findings(whole, state(begun=["database"]), found, SPACE)
    assert states(result) == {"database": State.BLOCKED}


def test_a_superproject_of_a_skipped_submodule_is_skipped() -> None:
    """This holds across several levels, in any order of the plan."""
    inner = replace(to_publish(LAST), follows=("api",), wave=2)
    whole = plan(inner, replace(deploying(AFTER), follows=("database",)), deploying(DATABASE))
    space = replace(SPACE, repos=tuple(replace(repo, after=()) for repo in SPACE.repos))
    found = {"database": [BLOCK]}
    result = with_findings(replace(whole, skip_blocked=True), NOTHING_YET, found, space)
    assert set(states(result).values()) == {State.SKIPPED}


def test_only_repositories_without_a_blocking_finding_are_checked_further() -> None:
    """The others are blocked already."""
    whole = plan(to_publish(DATABASE), to_publish(AFTER))
    found = together({"api": [warning()]}, {"database": [BLOCK], "api": []})
    assert found == {"api": [warning()], "database": [BLOCK]}
    assert [repo.repo for repo in clear_of(whole, found).repos] == ["api"]
