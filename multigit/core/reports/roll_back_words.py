"""A roll-back for people who do not see the terminal: what it does to the stage, and why."""

from __future__ import annotations

from collections.abc import Iterator

from multigit.core.planning.plan import Plan
from multigit.core.progress.holds import hold_changes, reached_in, sets_hold
from multigit.core.progress.outcome import Report
from multigit.core.values.text import plural


def about_holds(report: Report, *, started: bool = False) -> Iterator[str]:
    """Yield what an operation that has ended, or was `started`, does to held stages."""
    plan = report.plan
    if sets_hold(plan) and (started or reached_in(report)):
        yield f"{plan.target} is held: nothing new goes out there until the hold is released."
    ends = plan.releases or (plan.rolls_back and not (sets_hold(plan) or plan.answers))
    if ends and not started:
        for stage, hold in hold_changes(plan, reached_in(report)).items():
            yield f"{stage} is {'still held in part' if hold else 'no longer held'}."


def about_roll_back(plan: Plan) -> Iterator[str]:
    """Yield from which release to which a roll-back goes, what the stage loses, and why."""
    back = plan.rolls_back
    if back is None:
        return
    steps = [step for repo in plan.planned() if (step := repo.goes_back)]
    lost = plural(sum(step.lost.commits for step in steps), "commit")
    start = f" from {back.bad}" if back.bad else ""
    yield f"{plan.target} goes back{start} to {back.to}, and loses {lost}."
    if back.why:
        yield f"Reason: {back.why}"
    if back.after:
        yield f"It answers the failure of {back.after}."
