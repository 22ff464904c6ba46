"""What a pull did, or would do, in one line per repository."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import State
from multigit.core.progress.outcome import Outcome, Report
from multigit.ui.items import Item, items_view
from multigit.ui.names import up_to_date
from multigit.ui.problems import below, problem_lines
from multigit.ui.render import plain
from multigit.ui.reports import sentence_view


def pull_view(report: Report) -> RenderableType:
    """Return a line per repository, then the problems, then the summary."""
    quiet = up_to_date(o.repo for o in report.outcomes if o.state is State.UP_TO_DATE)
    rows = [
        Item((plain(outcome.repo),), pulled(outcome))
        for outcome in report.outcomes
        if outcome.state is not State.UP_TO_DATE and not outcome.plan.absent
    ]
    problems = problem_lines((o.repo, o.problems) for o in report.outcomes)
    return Group(items_view(rows), *quiet, *below(problems), Text(), sentence_view(report))


def pulled(outcome: Outcome) -> Text:
    """Return what will happen or has happened in one repository."""
    match outcome.state:
        case State.BLOCKED:
            return Text("left as is", "yellow")
        case State.FAILED:
            return Text("failed", "red")
    style = "green" if outcome.state is State.UPDATED else ""
    return Text(", ".join(step.words() for step in outcome.plan.pulls()), style)
