"""What a pull did, or would do, in one line per repository."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, Report
from multigit.ui.problems import below, problem_lines
from multigit.ui.render import indented, plain, table
from multigit.ui.reports import sentence_view


def pull_view(report: Report) -> RenderableType:
    """Return a line per repository, then the problems, then the summary."""
    rows = table(header=False)
    rows.add_column(no_wrap=True, overflow="ellipsis", max_width=20)
    rows.add_column(overflow="fold")
    for outcome in report.outcomes:
        rows.add_row(plain(outcome.repo), pulled(outcome))
    problems = problem_lines((o.repo, o.problems) for o in report.outcomes)
    return Group(indented(rows), *below(problems), Text(), sentence_view(report))


def pulled(outcome: Outcome) -> Text:
    """Return what will happen or has happened in one repository."""
    match outcome.state:
        case State.UP_TO_DATE:
            return Text("up to date", "dim")
        case State.SKIPPED:
            return Text("skipped", "yellow")
        case State.BLOCKED:
            return Text("left as is", "yellow")
        case State.FAILED:
            return Text("failed", "red")
    style = "green" if outcome.state is State.UPDATED else ""
    return Text(", ".join(step.words() for step in outcome.plan.pulls()), style)
