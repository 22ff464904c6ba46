"""The result of an operation: a table of its repositories, and a summary."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.reports.summary import CLOSED_BY, summary
from multigit.core.values.problem import Problem
from multigit.core.values.text import shortened, visible
from multigit.ui.deployments import deployment_lines
from multigit.ui.hint_lines import ending
from multigit.ui.items import Item, items_view
from multigit.ui.local_times import local
from multigit.ui.problems import problem_lines
from multigit.ui.render import ABSENT, Prose, plain

MARKS = {
    "published": Text("✓", "green"),
    "deployed": Text("✓", "green"),
    "started": Text("…", "yellow"),
    "failed": Text("✗", "red"),
    "unknown": Text("?", "yellow"),
    "not_published": Text("·", "yellow"),
    "skipped": Text(ABSENT, "yellow"),
}


def report_view(report: Report) -> RenderableType:
    """Return the result: first what succeeded, in configuration order, then the rest by state.

    What does not take part is below: once for all repositories with the same reason.
    """
    here = [each for each in report.outcomes if not each.plan.absent]
    good = [o for o in here if o.state in {State.PUBLISHED, State.DEPLOYED}]
    good.sort(key=lambda o: any(each.state.bad for each in o.deployments))
    bad_states = (State.SKIPPED, State.NOT_PUBLISHED, State.UNKNOWN, State.FAILED)
    bad = [each for state in bad_states for each in here if each.state is state]
    rows = [
        Item(
            (plain(each.repo), MARKS[each.reported_state]),
            _body(each, report),
            outcome_hint(each),
        )
        for each in (*good, *bad)
    ]
    notes = problem_lines((each.repo, notes_of(each)) for each in good)
    absent = problem_lines((o.repo, o.problems) for o in report.outcomes if o.plan.absent)
    warnings = [p for p in report.problems if not p.blocks and p.code not in CLOSED_BY]
    more = problem_lines([("", warnings)])
    return Group(items_view(rows), *notes, *absent, *more, Text(), sentence_view(report))


def _body(outcome: Outcome, report: Report) -> RenderableType:
    """Return the result of one repository, and below it its deployments."""
    text, deployments = outcome_text(outcome, report), map(deployment_lines, outcome.deployments)
    return Group(Prose(text), *deployments) if outcome.deployments else text


def outcome_text(outcome: Outcome, report: Report) -> Text:
    """Return the result of one repository, in a line or two."""
    plan = report.plan
    if outcome.state in {State.PUBLISHED, State.DEPLOYED}:
        tags = {outcome.plan.tag, *(step.tag for step in outcome.plan.deploys())} - {""}
        return Text(f"{outcome.after[:7]}  {visible(' '.join(sorted(tags)))}".rstrip())
    if outcome.state is State.SKIPPED:
        return skipped(outcome, "left as is" if plan.undoes else "skipped")
    problems = notes_of(outcome)
    if not problems:
        return Text(f"{not_started(outcome.plan)}{_waits(outcome.plan, report)}", "yellow")
    lines = (visible(line) for problem in problems for line in local(problem.message).split("\n"))
    return Text("\n".join(lines))


def outcome_hint(outcome: Outcome) -> str:
    """Return what to do about a repository that was not published."""
    good = outcome.state in {State.PUBLISHED, State.DEPLOYED, State.SKIPPED}
    return next((problem.hint for problem in notes_of(outcome)[-1:]), "") if not good else ""


def skipped(outcome: Outcome, word: str) -> Text:
    """Return that a repository was left alone, and why: its first problem."""
    reasons = (local(problem.message).partition("\n")[0] for problem in outcome.problems)
    return Text(visible(": ".join((word, *list(reasons)[:1]))), "yellow")


def not_started(repo: RepoPlan) -> str:
    """Return what to say about a repository that the operation did not reach."""
    if repo.is_undo:
        return "not undone"
    return "not published" if repo.updates() else "not started"


def _waits(repo: RepoPlan, report: Report) -> str:
    """Return what held a repository up: what it comes after itself, or only its wave does."""
    before = held_up_by(repo, report)
    named = tuple(name for name in before if name in {*repo.waits_for, *repo.follows})
    if named:
        return f": comes after {visible(shortened(named))}"
    return f": its wave comes after that of {visible(shortened(before))}" if before else ""


def held_up_by(repo: RepoPlan, report: Report) -> tuple[str, ...]:
    """Return the repositories of earlier waves that have not succeeded, or not yet."""
    left = {State.FAILED, State.UNKNOWN, State.NOT_PUBLISHED}
    return tuple(
        each.repo
        for each in report.outcomes
        if each.plan.wave < repo.wave
        and (each.state in left or not all(one.state.good for one in each.deployments))
    )


def notes_of(outcome: Outcome) -> list[Problem]:
    """Return what came up while publishing, beyond what the plan already showed."""
    return [problem for problem in outcome.problems if problem not in outcome.plan.problems]


def sentence_view(report: Report) -> RenderableType:
    """Return the summary, and below it what to run next."""
    return ending(*summary(report))
