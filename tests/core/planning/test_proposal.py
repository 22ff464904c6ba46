"""The proposed message of a release: what goes out, on one line."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.planning.proposal import LENGTH, proposed_message
from multigit.core.planning.steps import CommitStep, MergeStep
from multigit.core.values.commits import PendingCommits
from multigit.core.values.workspace import Repo
from tests.core import builders
from tests.core.builders import API, WEB


def going(repo: Repo, *subjects: str) -> RepoPlan:
    """Return the plan of a repository in which these commits go out, newest first."""
    waiting = PendingCommits(len(subjects), builders.NEWEST, subjects=subjects)
    merge = replace(builders.merge(), waiting=waiting)
    return replace(builders.to_publish(repo), steps=(MergeStep(merge, "develop", "staging"),))


def proposed(*repos: RepoPlan) -> str:
    """Return the proposal for these repositories."""
    plan: Plan = builders.plan(*repos)
    return proposed_message(plan)


def test_the_subjects_of_one_repository() -> None:
    """One repository is not named, nor are several with the same commits."""
    assert proposed(going(API, "feat: orders", "fix: time-out")) == "feat: orders, fix: time-out"
    assert proposed(going(API, "feat: orders"), going(WEB, "feat: orders")) == "feat: orders"


def test_a_commit_that_skipped_its_workflows_does_not_skip_those_of_the_release() -> None:
    """A push starts no workflow if the message of its last commit says so."""
    found = proposed(going(API, "docs: typo [skip ci]", "[no ci]", "fix: time-out"))
    assert found == "docs: typo, fix: time-out"


def test_the_subjects_of_each_repository() -> None:
    """Each is named before its subjects."""
    found = proposed(going(API, "feat: orders", "fix: time-out"), going(WEB, "dark mode"))
    assert found == "api: feat: orders, fix: time-out; web: dark mode"


def test_many_subjects_are_counted() -> None:
    """The newest ones are named."""
    many = [f"feat: number {n}" for n in range(9)]
    found = proposed(going(API, *many), going(WEB, "dark mode"))
    assert found == "api: feat: number 0, feat: number 1 and 7 more; web: dark mode"


def test_long_subjects_are_cut_after_a_word() -> None:
    """Then each repository still has its part."""
    found = proposed(going(API, "feat: " + "orders " * 20), going(WEB, "fix: " + "colors " * 20))
    assert found.startswith("api: feat: orders")
    assert "…; web: fix: colors" in found
    assert len(found) <= LENGTH


def test_a_short_subject_leaves_its_room_to_a_long_one() -> None:
    """All letters are used; what is counted takes room, too."""
    assert proposed(going(API, "x" * 100), going(WEB, "y")) == f"api: {'x' * 58}…; web: y"
    found = proposed(going(API, "x" * 100, "z"), going(WEB, "y" * 20))
    assert found == f"api: {'x' * 28}… and 1 more; web: {'y' * 20}"
    assert len(found) == LENGTH


def test_many_repositories_are_counted() -> None:
    """No room for all of them: the number of commits and the first subject."""
    repos = [going(Repo(f"service-{n}", str(n)), f"feat: number {n} of many") for n in range(20)]
    assert proposed(*repos) == "20 commits in 20 repositories: feat: number 0 of many"


def test_what_is_still_to_be_committed() -> None:
    """Its files are named, or counted."""
    changes = (builders.change("src/orders.py"), builders.change("b.py"))
    step = CommitStep("stg", "staging", "stg-1", "", "", changes)
    repo = replace(builders.to_publish(API), steps=(step,))
    assert proposed(repo) == "change 2 files"
    one = replace(step, changes=changes[:1])
    assert proposed(replace(repo, steps=(one,))) == "change orders.py"


def test_nothing_steers_the_terminal() -> None:
    """Control characters of a subject are visible, so that the message can be accepted."""
    assert proposed(going(API, "feat: \x1b[2J")) == "feat: \\x1b[2J"
