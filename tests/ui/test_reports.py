"""The result of an operation: its repositories, and below them what does not take part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import RepoPlan, Result, State
from multigit.core.planning.taking_part import no_stage
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.values.deployment import Deployment, RunState, RunStatus
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo
from multigit.ui.deployments import deployment_lines
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
    assert f"! {WEB.name}, {ROOT.name}: have no stage stg." in text
    assert text.count("skipped") == 1
    assert "skipped: It is." in text
    assert "1 published, 3 left out." in text


def test_what_failed_is_below_what_succeeded_and_holds_up_the_rest() -> None:
    """On a small screen the last rows are seen; a later wave names what it comes after."""
    failed, done = (
        Outcome(to_publish(repo), State.PUBLISHED, MADE, deployments=(Deployment(state=state),))
        for repo, state in ((API, RunState.FAILED), (WEB, RunState.SUCCEEDED))
    )
    later = replace(to_publish(Repo("later", "later")), wave=1, waits_for=("api", "web"))
    last = replace(to_publish(Repo("last", "last")), wave=2)
    outcomes = (failed, done, *(Outcome(each, State.NOT_PUBLISHED) for each in (later, last)))
    report = ended(plan(*(each.plan for each in outcomes)), outcomes)
    rows = [line for line in shown(report_view(report), 80) if line.startswith("  ")]
    named = [line.split()[0] for line in rows if line.split()[0] in {"api", "web", "later", "last"}]
    assert named == ["web", "api", "later", "last"]
    assert rows[-2].endswith("not published: comes after api")
    assert rows[-1].endswith("not published: its wave comes after that of api, later")


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ("it failed in deploy at migrate.", "✗ failed"),
        ("it was rejected by grace.", "✗ failed: deploy · migrate"),
        ("", "✗ failed: deploy · migrate"),
    ],
)
def test_where_it_failed_is_said_once(detail: str, line: str) -> None:
    """Beside the state, unless the sentence below says it."""
    status = RunStatus(RunState.FAILED, job="deploy", step="migrate", detail=detail)
    deployment = Deployment(state=status.state, status=status)
    assert shown(deployment_lines(deployment), 80) == [line, *([f"  {detail}"] if detail else [])]
