"""The result of an operation: its repositories, and below them what does not take part."""

from __future__ import annotations

import pytest

from multigit.core.planning.plan import RepoPlan, Result, State
from multigit.core.planning.taking_part import no_stage
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.values.problem import Problem
from multigit.ui.reports import report_view
from tests.core.builders import API, MADE, ROOT, STG, WEB, plan, to_publish, without_steps
from tests.ui.views import shown


def left(repo: RepoPlan) -> Outcome:
    """Return the outcome of a repository that was left out."""
    return Outcome(repo, State.SKIPPED, problems=repo.problems)


@pytest.mark.parametrize("width", [40, 80])
def test_what_does_not_take_part_is_said_once(width: int) -> None:
    """Only what was skipped because something blocks it has a row, with the reason."""
    conflict = Problem("conflict", "It is.").as_warning()
    short = [without_steps(each, State.SKIPPED, no_stage(STG)) for each in (WEB, ROOT)]
    blocked = without_steps(API, State.SKIPPED, conflict)
    there = Outcome(to_publish(API), State.PUBLISHED, MADE)
    outcomes = (there, *map(left, (*short, blocked)))
    report = Report(plan(*(each.plan for each in outcomes)), Result.DONE, outcomes)
    text = " ".join(" ".join(shown(report_view(report), width)).split())
    assert f"! {WEB.name}, {ROOT.name}: has no stage stg." in text
    assert text.count("skipped") == 1
    assert "skipped: It is." in text
    assert "1 published, 3 left out." in text
