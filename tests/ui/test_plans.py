"""A plan shows the same facts at every width."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from multigit.core.plan import RepoPlan, RestoreStep, State
from multigit.ui.plans import plan_view
from tests.core.builders import API, NEWEST, WEB, plan, to_publish, without_steps
from tests.ui.views import shown

NOW = datetime.fromtimestamp(NEWEST.time + 7200, UTC)
VIEW = plan_view(plan(to_publish(API), without_steps(WEB, State.BLOCKED)), NOW)


@pytest.mark.parametrize("width", [40, 50, 60, 65, 80, 120])
def test_no_fact_is_cut(width: int) -> None:
    """What moves, how much, and the verdict; only the newest commit's subject gives way."""
    lines = shown(VIEW, width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for fact in ("api", "stg-1 → merge-1", "commits", "3", "files", "5", "2h fix", "merge, tag"):
        assert fact in text, fact
    assert "web" in text
    assert "blocked" in text


def test_table_without_subjects_needs_no_room_for_them() -> None:
    """An undo has none, and is a table in 80 columns; in the list there is no line for one."""
    restore = RestoreStep("main", "master", "merge-1", "stg-1")
    undone = RepoPlan("user-frontend", "web", State.PLANNED, (restore,))
    view = plan_view(plan(undone, command="undo"), NOW)
    heading = ["repo", "from", "→", "to", "commits", "files", "newest", "plan"]
    assert shown(view, 72)[2].split() == heading
    assert shown(view, 40)[3:6] == ["  user-frontend  set back", "    merge-1 → stg-1", ""]


def test_narrow_plan_is_a_list() -> None:
    """Three lines for each branch that moves, one where nothing does."""
    assert shown(VIEW, 50)[2:6] == [
        "  api  merge, tag",
        "    stg-1   → merge-1  commits 3  files 5",
        "    2h fix: time-out on upload",
        "  web  blocked",
    ]
