"""The proposed message of a release: what goes out, on one line."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.planning.proposal import proposed_message
from multigit.core.planning.steps import CommitStep, MergeStep
from multigit.core.values.commits import SUBJECTS, PendingCommits
from multigit.core.values.workspace import Repo
from tests.core import builders
from tests.core.builders import API, WEB


def going(repo: Repo, *subjects: str, commits: int = 0) -> RepoPlan:
    """Return the plan of a repository in which these commits go out, newest first."""
    waiting = PendingCommits(commits or len(subjects), builders.NEWEST, subjects=subjects)
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
    assert found == "docs: typo, fix: time-out and 1 more"


def test_the_subjects_of_each_repository() -> None:
    """Each is named before its subjects."""
    found = proposed(going(API, "feat: orders", "fix: time-out"), going(WEB, "dark mode"))
    assert found == "api: feat: orders, fix: time-out; web: dark mode"


def test_many_subjects_are_counted() -> None:
    """The newest ones are named."""
    many = [f"feat: number {n}" for n in range(9)]
    found = proposed(going(API, *many), going(WEB, "dark mode"))
    assert found == "api: feat: number 0, feat: number 1 and 7 more; web: dark mode"


def test_no_subject_is_cut() -> None:
    """One that does not fit is counted; with nothing beside it, it is proposed as it is."""
    long = "fix: " + "colors " * 9 + "again"
    assert proposed(going(API, long, "docs"), going(WEB, "y")) == "api: 2 commits; web: y"
    assert proposed(going(API, "x"), going(WEB, long, "y")) == "api: x; web: 2 commits"
    assert proposed(going(API, long, "docs")) == f"{long} and 1 more"
    assert proposed(going(API, long), going(WEB, long)) == long


def test_commits_whose_subjects_are_not_kept_are_counted() -> None:
    """A plan keeps the subjects of the newest ones only."""
    some = going(API, *[f"feat: {n}" for n in range(SUBJECTS)], commits=30)
    assert proposed(some).endswith("feat: 5 and 24 more")
    assert proposed(going(API, "feat: orders", commits=3)) == "feat: orders and 2 more"


def test_many_repositories_are_counted() -> None:
    """No room for all of them: the number of commits."""
    repos = [going(Repo(f"service-{n}", str(n)), f"feat: number {n} of many") for n in range(20)]
    assert proposed(*repos) == "20 commits in 20 repositories"


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
