"""A plan is plain data, derived from the steps and problems of its repositories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import Plan, RepoPlan, Result, State, resolve_state, stopped
from multigit.core.planning.publish_steps import FastForwardStep, MoveBackStep, PushStep, RefUpdate
from multigit.core.planning.pull_steps import CloneStep, CreateBranchStep, SwitchStep, UpdateStep
from multigit.core.planning.steps import AdvanceStep, CommitStep, Step, TagStep
from multigit.core.values.commits import PendingCommits
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import branch_ref, tag_ref
from tests.core.builders import (
    API,
    NEWEST,
    change,
    merge_step,
    plan,
    to_publish,
    warning,
    without_steps,
)

BLOCK = Problem("conflict", "develop conflicts with staging.", "Merge by hand.", files=("a.py",))
COMMIT = CommitStep("dev", "develop", "dev-2", "dev-3", "feat: x", (change("a.py"),))
RESTORE = RestoreStep("dev", "develop", "dev-2", "dev-1")
ADVANCE = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST))


def test_refs_have_full_names() -> None:
    """Git never has to guess whether a name is a branch or a tag."""
    assert (branch_ref("a/b"), tag_ref("a/b")) == ("refs/heads/a/b", "refs/tags/a/b")


def test_a_repository_with_steps_is_planned() -> None:
    """A warning does not block it."""
    repo = to_publish(API, warning())
    assert resolve_state(replace(repo, state=State.UP_TO_DATE), skip_blocked=False) == repo


def test_a_repository_without_steps_is_up_to_date() -> None:
    """This holds even if it has a warning."""
    resolved = resolve_state(without_steps(API, State.PLANNED, warning()), skip_blocked=False)
    assert resolved == without_steps(API, State.UP_TO_DATE, warning())


def test_a_problem_that_blocks_leaves_no_steps() -> None:
    """A blocked repository therefore cannot be run by mistake."""
    resolved = resolve_state(to_publish(API, warning(), BLOCK), skip_blocked=False)
    assert resolved == without_steps(API, State.BLOCKED, warning(), BLOCK)


def test_a_blocked_repository_is_skipped_on_request() -> None:
    """Its problems stay in the plan, as warnings."""
    resolved = resolve_state(to_publish(API, BLOCK), skip_blocked=True)
    warned = replace(BLOCK, severity=Severity.WARN)
    assert resolved == without_steps(API, State.SKIPPED, warned)


def test_the_reason_why_a_repository_is_skipped_comes_first() -> None:
    """The other problems keep their order."""
    other = Problem("behind", "is behind.")
    resolved = resolve_state(to_publish(API, warning(), BLOCK, other), skip_blocked=True)
    reasons = [replace(problem, severity=Severity.WARN) for problem in (BLOCK, other)]
    assert resolved.problems == (*reasons, warning())


def test_skip_blocked_changes_nothing_for_the_others() -> None:
    """A warning does not block."""
    warned = to_publish(API, warning())
    assert resolve_state(warned, skip_blocked=True) == warned


def test_a_plan_is_stopped_if_something_new_blocks_it() -> None:
    """A problem found later removes the steps, too; a warning does not."""
    assert stopped(to_publish(API, BLOCK), skip_blocked=False).steps == ()
    done = replace(to_publish(API, warning()), state=State.PUBLISHED)
    assert stopped(done, skip_blocked=False) == done


def test_a_skipped_repository_stays_skipped() -> None:
    """Its steps are removed."""
    skipped = replace(to_publish(API), state=State.SKIPPED)
    assert resolve_state(skipped, skip_blocked=False) == without_steps(API, State.SKIPPED)


@pytest.mark.parametrize(
    ("states", "result"),
    [
        ((State.PLANNED, State.UP_TO_DATE), Result.PLANNED),
        ((State.PLANNED, State.SKIPPED), Result.PLANNED),
        ((State.UP_TO_DATE, State.UP_TO_DATE), Result.NOTHING),
        ((State.PLANNED, State.BLOCKED), Result.BLOCKED),
        ((State.UP_TO_DATE, State.BLOCKED), Result.BLOCKED),
        ((State.UP_TO_DATE, State.SKIPPED), Result.BLOCKED),
        ((State.PUBLISHED, State.SKIPPED), Result.NOTHING),
    ],
)
def test_one_blocked_repository_blocks_all(states: tuple[State, ...], result: Result) -> None:
    """Without a blocked one, one repository with steps is enough to have something to do.

    If none has steps, a skipped one blocks, unless something was published before.
    """
    assert plan(*(without_steps(API, state) for state in states)).result is result


def test_steps_are_found_by_type() -> None:
    """The refs to publish are those of the push step only."""
    push = PushStep((RefUpdate("refs/heads/staging", "stg-1"), RefUpdate("refs/tags/x", "")))
    repo = RepoPlan("api", ".", State.PLANNED, (ADVANCE, COMMIT, merge_step(), push))
    assert (repo.commits(), repo.merges()) == ((COMMIT,), (merge_step(),))
    assert repo.updates() == push.updates
    assert repo.branch_steps() == (ADVANCE, COMMIT, merge_step())


def test_a_tag_that_is_deleted_is_not_one_that_is_made() -> None:
    """An undo deletes the deploy tag."""
    gone = RepoPlan("api", ".", State.PLANNED, (RESTORE, DeleteTagStep("deploy-1", "tag-1")))
    assert (gone.tag, gone.deleted_tag) == ("", "deploy-1")
    assert gone.branch_steps() == (RESTORE,)
    assert to_publish().deleted_tag == ""


@pytest.mark.parametrize(
    ("repo", "after", "tag"),
    [
        (to_publish(), "merge-1", "stg-deploy-20250115-160130"),
        (RepoPlan("api", ".", State.PLANNED, (ADVANCE,)), "dev-2", ""),
        (RepoPlan("api", ".", State.PLANNED, (ADVANCE, COMMIT)), "dev-3", ""),
        (RepoPlan("api", ".", State.PLANNED, (COMMIT, merge_step())), "merge-1", ""),
        (RepoPlan("api", ".", State.PLANNED, (RESTORE,)), "dev-1", ""),
        (RepoPlan("api", ".", State.UP_TO_DATE), "", ""),
    ],
)
def test_after_is_the_last_commit_that_is_made(repo: RepoPlan, after: str, tag: str) -> None:
    """Without steps, there is no commit and no tag."""
    assert (repo.after, repo.tag) == (after, tag)


@pytest.mark.parametrize(
    ("steps", "arriving"),
    [
        ((), {}),
        ((merge_step(commits=3),), {"stg": 3}),
        ((ADVANCE,), {"dev": 2}),
        ((ADVANCE, COMMIT), {"dev": 3}),
        ((COMMIT, merge_step(commits=4)), {"dev": 1, "stg": 4}),
        (
            (merge_step("main", "stg", commits=1), merge_step("stg", "dev", commits=2)),
            {"stg": 1, "dev": 2},
        ),
    ],
)
def test_commits_are_counted_by_stage(steps: tuple[Step, ...], arriving: dict[str, int]) -> None:
    """Stages are in the order in which they move, and the repository has the count of the last."""
    plan = RepoPlan("api", ".", State.PLANNED, steps)
    assert list(plan.arriving().items()) == list(arriving.items())
    assert plan.commit_count == next(reversed(arriving.values()), 0)


def test_each_type_of_step_has_its_own_name() -> None:
    """The names never change, since journals and scripts contain them."""
    steps: tuple[Step, ...] = (
        COMMIT,
        ADVANCE,
        merge_step(),
        TagStep("x", "staging", "y"),
        PushStep(()),
        FastForwardStep("staging"),
        CloneStep("url", "develop"),
        CreateBranchStep("develop", "dev-2"),
        UpdateStep("develop", "dev-1", "dev-2", 1, checked_out=True),
        SwitchStep("develop"),
        RESTORE,
        MoveBackStep("develop", "dev-2", "dev-1"),
        DeleteTagStep("x", "tag-1"),
    )
    assert " ".join(step.type for step in steps) == (
        "commit advance merge tag push fast_forward clone create_branch update switch "
        "restore move_back delete_tag"
    )


def test_the_words_of_states_and_results_never_change() -> None:
    """Scripts compare them."""
    assert " ".join(State) == (
        "planned up_to_date blocked skipped published updated deployed not_published failed unknown"
    )
    assert " ".join(Result) == "planned done nothing blocked cancelled failed paused error"


def test_an_empty_plan_does_nothing() -> None:
    """All defaults of a plan are harmless."""
    assert Plan("pull", "id", "now", "0 +0000", "", "dev", "", ()).result is Result.NOTHING
