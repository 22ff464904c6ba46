"""A plan shows the same facts at every width."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import RenderableType

from multigit.core.planning.making import DeleteTagStep, RestoreStep
from multigit.core.planning.plan import RepoPlan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.steps import AdvanceStep, CommitStep, Step
from multigit.core.progress.outcome import planned
from multigit.core.progress.state import Progress
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.workspace import Repo
from multigit.ui.plans import deploying, plan_view, verb
from tests.core.builders import API, NEWEST, WEB, merge_step, plan, to_publish, without_steps
from tests.ui.views import shown

NOW = datetime.fromtimestamp(NEWEST.time + 7200, UTC)
REPOS = (without_steps(WEB, State.BLOCKED), to_publish(API))
VIEW = plan_view(planned(plan(*REPOS)), NOW)


@pytest.mark.parametrize("width", [40, 50, 60, 65, 80, 120])
def test_no_fact_is_cut(width: int) -> None:
    """Changes, counts and states are always shown, and only the newest commit is shortened."""
    lines = shown(VIEW, width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for fact in (
        "api",
        "commits",
        "3",
        "files",
        "5",
        "fix:",
        "merge, tag",
    ):
        assert fact in text, fact
    assert "web" in text
    assert "blocked" in text


def test_table_without_subjects_needs_no_room_for_them() -> None:
    """An undo has none, so it shows its commit ids even in 60 columns."""
    restore = RestoreStep("stg", "staging", "merge-1", "stg-1")
    undone = RepoPlan("user-frontend", "web", State.PLANNED, (restore,))
    view = plan_view(planned(plan(undone, command="undo")), NOW)
    heading = ["repo", "from", "→", "to", "commits", "files", "plan"]
    assert shown(view, 70)[2].split() == heading
    assert shown(view, 40)[3:6] == ["  user-frontend  set back", "    merge-1 → stg-1", ""]


MERGE = merge_step()
DOWN = merge_step("stg", "dev", branches=("staging", "develop"))
BACK = tuple(RestoreStep(stage, "branch", "merge-1", "stg-1") for stage in ("dev", "stg"))
ADVANCE = AdvanceStep("dev", "develop", "dev-1", "dev-2", MERGE.merge.waiting)
COMMIT = CommitStep("dev", "develop", "dev-2", "commit-1", "feat: a", ())
TAGGED = (DeleteTagStep("stg-deploy-1", "tag-1"),)


@pytest.mark.parametrize(
    ("repos", "words"),
    [
        ([(MERGE,)], ["merge"]),
        ([(MERGE, DOWN), (DOWN,)], ["merge into stg", "merge into dev", "merge into dev"]),
        ([(DOWN,)], ["merge into dev"]),
        ([(ADVANCE, COMMIT, MERGE)], ["push dev", "commit, push dev", "merge into stg"]),
        ([BACK[1:]], ["set back"]),
        ([BACK + TAGGED, BACK[:1]], ["set back dev", "set back stg, delete tag", "set back dev"]),
    ],
)
@pytest.mark.parametrize("width", [44, 80, 120])
def test_a_branch_is_named_where_the_title_names_another(
    repos: list[tuple[Step, ...]], words: list[str], width: int
) -> None:
    """Every row has it as soon as one repository moves a branch other than the target's."""
    plans = [RepoPlan("user-frontend", "web", State.PLANNED, steps) for steps in repos]
    lines = shown(plan_view(planned(plan(*plans)), NOW), width)
    rows = [line for line in lines if line.endswith(tuple(words))]
    assert len(rows) == len(words)
    assert all(row.endswith(f"  {verb}") for row, verb in zip(rows, words, strict=True))
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("named", "words"), [(False, "published"), (True, "published on stg")])
def test_what_is_already_published_names_its_branch_too(*, named: bool, words: str) -> None:
    """Such rows appear when an operation is continued."""
    done = RepoPlan("api", "api", State.PUBLISHED, (MERGE,))
    there = Progress(settled=State.PUBLISHED)
    assert verb(MERGE, done, there, named=named) == words


def test_what_failed_is_deployed_again() -> None:
    """What was never started is deployed, and what still runs is watched."""
    steps = [
        DeployStep("stg", "stg", "staging", name, CommandRunner(("true",)), 60.0) for name in "abc"
    ]
    known = {
        name: Deployment(name, state=state)
        for name, state in (
            ("b", RunState.FAILED),
            ("c", RunState.RUNNING),
        )
    }
    repo, there = replace(to_publish(API), steps=(*steps,)), Progress(deployments=known)
    assert deploying(repo, there) == "deploy to a, deploy again to b, watch to c"
    assert deploying(replace(repo, steps=(steps[1],)), there, "v1") == "deploy v1 again to b"


def test_narrow_plan_is_a_list() -> None:
    """A branch that moves has three lines, and a repository without steps has one."""
    assert shown(VIEW, 45)[3:7] == [
        "  api  merge, tag",
        "    stg-1   → merge-1  commits 3  files 5",
        "    fix: time-out on upload · 2h ago",
        "  web  blocked",
    ]


def test_what_moves_is_first_and_what_is_up_to_date_shares_a_line() -> None:
    """The order of the configuration holds among those that move, and below them."""
    done = [replace(without_steps(WEB, State.UP_TO_DATE), repo=name) for name in ("auth", "search")]
    lines = shown(plan_view(planned(plan(*done[:1], *REPOS, *done[1:])), NOW), 80)
    assert [line.split()[0] for line in lines[2:5]] == ["repo", "api", "web"]
    assert lines[5:7] == ["  up to date: auth, search", ""]
    quiet = shown(plan_view(planned(plan(*done)), NOW), 80)
    assert quiet[1:4] == ["", "  up to date: auth, search", ""]


FAMILY = [f"payment-gateway-api{number}" for number in range(3)]
SUBJECT = "fix: time-out on upload"


def family(*names: str) -> RenderableType:
    """Return a plan that promotes repositories of these names."""
    return plan_view(planned(plan(*(replace(to_publish(API), repo=name) for name in names))), NOW)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_names_of_twenty_columns_and_their_subjects_are_whole(width: int) -> None:
    """Commit ids give way to them."""
    heading, *rows = shown(family(*FAMILY), width)[2:6]
    assert ("from → to" in heading) == (width > 80)
    assert [re.split("  +", row.strip())[0] for row in rows] == FAMILY
    assert all(f"  {SUBJECT}" in row and row.endswith("   2h  merge, tag") for row in rows)


@pytest.mark.parametrize("width", [30, 40, 60])
def test_names_in_a_list_are_whole(width: int) -> None:
    """Nothing is beside them that they would have to leave room for; ids give way here, too."""
    lines = shown(family(*FAMILY), width)
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines if "payment" in line] == FAMILY
    counts = [line for line in lines if line.endswith("commits 3  files 5")]
    assert [("stg-1" in line) for line in counts] == [width == 60] * 3


@pytest.mark.parametrize("width", [20, 80])
def test_names_without_room_are_cut_and_stay_distinct(width: int) -> None:
    """In a table that just fits, and in a list whose lines are shorter than a name."""
    names = [f"{'very-' * 9}long-name-{number}" for number in range(3)]
    lines = shown(family(*names), width)
    assert max(map(len, lines)) <= width
    cuts = [line.split()[0] for line in lines if line.startswith("  very-")]
    assert len({*cuts}) == 3
    assert all(re.fullmatch(r"very-[a-z-]*…[a-z-]*-\d", cut) for cut in cuts)


def test_the_age_has_a_column_of_its_own() -> None:
    """It cannot be read as a part of the subject, and gives way to it."""
    wide, narrow = (shown(VIEW, width)[2:4] for width in (66, 60))
    assert wide[0].split() == ["repo", "commits", "files", "newest", "age", "plan"]
    assert wide[1].endswith(f"  {SUBJECT}   2h  merge, tag")
    assert narrow[0].split() == ["repo", "commits", "files", "newest", "plan"]
    assert narrow[1].endswith(f"  {SUBJECT}  merge, tag")


@pytest.mark.parametrize("width", [40, 80])
def test_what_does_not_take_part_is_named_once(width: int) -> None:
    """It has no row: one sentence has its name and the reason."""
    reason = Problem("no_stage", "has no stage stg.", severity=Severity.WARN)
    out = [without_steps(Repo(name, name), State.SKIPPED, reason) for name in ("docs", "wiki")]
    lines = shown(plan_view(planned(plan(to_publish(API), *out)), NOW), width)
    assert [line.strip() for line in lines if "docs" in line or "wiki" in line] == [
        "! docs, wiki: have no stage stg."
    ]
    assert "2 left out" in " ".join(lines)
