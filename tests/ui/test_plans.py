"""A plan shows the same facts at every width."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.planning.steps import AdvanceStep, CommitStep, DeleteTagStep, RestoreStep, Step
from multigit.core.progress.outcome import planned
from multigit.core.progress.state import Progress
from multigit.ui.plans import Subject, plan_view, verb
from tests.core.builders import API, NEWEST, WEB, merge_step, plan, to_publish, without_steps
from tests.ui.views import shown

NOW = datetime.fromtimestamp(NEWEST.time + 7200, UTC)
VIEW = plan_view(planned(plan(to_publish(API), without_steps(WEB, State.BLOCKED))), NOW)


@pytest.mark.parametrize("width", [40, 50, 60, 65, 80, 120])
def test_no_fact_is_cut(width: int) -> None:
    """Changes, counts and states are always shown, and only the newest commit is shortened."""
    lines = shown(VIEW, width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for fact in (
        "api",
        "stg-1 → merge-1",
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
    """An undo has none, so it is a table even in 72 columns, and its list has no line for one."""
    restore = RestoreStep("stg", "staging", "merge-1", "stg-1")
    undone = RepoPlan("user-frontend", "web", State.PLANNED, (restore,))
    view = plan_view(planned(plan(undone, command="undo")), NOW)
    heading = ["repo", "from", "→", "to", "commits", "files", "newest", "plan"]
    assert shown(view, 72)[2].split() == heading
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


def test_narrow_plan_is_a_list() -> None:
    """A branch that moves has three lines, and a repository without steps has one."""
    assert shown(VIEW, 50)[2:6] == [
        "  api  merge, tag",
        "    stg-1   → merge-1  commits 3  files 5",
        "    fix: time-out on upload (2h)",
        "  web  blocked",
    ]


@pytest.mark.parametrize("width", range(68, 100))
def test_a_subject_comes_before_its_age(width: int) -> None:
    """If the subject has no room, the age is left out."""
    row = shown(VIEW, width)[3]
    assert "fix: ti" in row
    assert ("…  merge" in row) != ("(2h)" in row)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (8, "fix: ti…"),
        (20, "fix: time-out on up…"),
        (22, "fix: time-out… (1110d)"),
        (40, "fix: time-out on upload (1110d)"),
    ],
)
def test_an_age_needs_a_subject_that_can_be_read(width: int, line: str) -> None:
    """Otherwise the subject gets all the room."""
    assert shown(Subject("fix: time-out on upload", "1110d"), width) == [line]
