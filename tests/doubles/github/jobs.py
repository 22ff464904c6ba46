"""The jobs and steps that a run shows at one point."""

from __future__ import annotations

from dataclasses import dataclass

from .runs import Run
from .workflows import JobPlan

_JOB_CONCLUSIONS = {"stale": "cancelled", "startup_failure": "failure"}


@dataclass(frozen=True, slots=True)
class Progress:
    """The status and conclusion of a job or a step."""

    status: str
    conclusion: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job with its state and its steps."""

    name: str
    progress: Progress
    steps: tuple[tuple[str, Progress], ...]


BEFORE = Progress("completed", "success")
SKIPPED = Progress("completed", "skipped")
QUEUED = Progress("queued")


def jobs(run: Run) -> tuple[Job, ...]:
    """The jobs before the current one have succeeded; those after it wait or are skipped."""
    plans = _plans(run)
    at = _current(run, plans)
    current, after = _now(run)
    return tuple(
        _job(run, plan, current if i == at else BEFORE if i < at else after, current=i == at)
        for i, plan in enumerate(plans)
    )


def _plans(run: Run) -> tuple[JobPlan, ...]:
    """The planned jobs; a job that a test's script names exists, whatever the file says."""
    plans = run.jobs or (JobPlan("deploy"),)
    named = run.point.job
    if named and named not in [plan.name for plan in plans]:
        plans = (*plans, JobPlan(named))
    return plans


def _current(run: Run, plans: tuple[JobPlan, ...]) -> int:
    """The job that the script names, the one that waits, or else the first or last that runs."""
    for i, plan in enumerate(plans):
        waits = run.point.word == "waiting" and plan.environment in run.gates
        if run.point.job == plan.name or (waits and not run.point.job):
            return i
    running = [i for i, plan in enumerate(plans) if not plan.skipped] or [len(plans)]
    return running[0] if run.status in ("queued", "requested", "pending") else running[-1]


def _now(run: Run) -> tuple[Progress, Progress]:
    """The state of the current job, and of those after it."""
    if run.conclusion is None:
        return Progress(run.status), QUEUED
    if run.conclusion == "success":
        return BEFORE, BEFORE
    return Progress("completed", _JOB_CONCLUSIONS.get(run.conclusion, run.conclusion)), SKIPPED


def _job(run: Run, plan: JobPlan, progress: Progress, *, current: bool) -> Job:
    if plan.skipped and not current:
        return Job(plan.name, SKIPPED, ())
    if run.rejected and current:  # it never began
        return Job(plan.name, progress, ())
    names, step = plan.steps, run.point.step if current else None
    if step and step not in names:
        names = (*names, step)
    if progress.status in ("completed", "in_progress") and progress not in (BEFORE, SKIPPED):
        return Job(plan.name, progress, _steps(names, step, progress))
    steps = ((name, BEFORE) for name in names) if progress == BEFORE else ()
    return Job(plan.name, progress, tuple(steps))


def _steps(
    names: tuple[str, ...], step: str | None, progress: Progress
) -> tuple[tuple[str, Progress], ...]:
    """The named step, or else the last, has the state of its job."""
    at = names.index(step) if step else len(names) - 1
    after = SKIPPED if progress.conclusion else QUEUED
    kinds = [BEFORE] * at + [progress] + [after] * (len(names) - at - 1)
    return tuple(zip(names, kinds, strict=True))
