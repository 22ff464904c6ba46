"""A run and its course, which is determined by scripts and decisions, never by the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .workflows import JobPlan, Workflow

WAITS = ("queued", "requested", "pending")
STATUSES = (*WAITS, "waiting", "in_progress")
CONCLUSIONS = (
    "success",
    "failure",
    "cancelled",
    "timed_out",
    "action_required",
    "neutral",
    "skipped",
    "stale",
    "startup_failure",
)
USUAL = ("queued", "in_progress", "success")


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a run's course: a status or, at the end, a conclusion; perhaps a job and step."""

    word: str
    job: str | None = None
    step: str | None = None

    @property
    def over(self) -> bool:
        """Whether the run is completed at this point."""
        return self.word in CONCLUSIONS


@dataclass(frozen=True, slots=True)
class Environment:
    """A deployment environment; runs wait for one of its reviewers, if it has any."""

    name: str
    reviewers: tuple[str, ...] = ()
    prevent_self_review: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's decision; `state` is approved or rejected."""

    login: str
    environments: tuple[str, ...]
    state: str
    comment: str


@dataclass(frozen=True, slots=True)
class Start:
    """An effective start; `event` is that of the run, or `rerun`.

    `workflow` is the file's name, `ref` a branch or tag without `refs/…/`. `inputs` are sorted
    pairs of strings, including the defaults of the workflow file.
    """

    repo: str
    workflow: str
    ref: str
    inputs: tuple[tuple[str, str], ...] = ()
    event: str = "workflow_dispatch"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a workflow. `rest` are its next points; `gates` the environments waiting for review.

    `hidden` is how many more listings will leave it out; a negative number means all.
    """

    id: int
    number: int
    start: Start
    workflow: Workflow
    title: str
    full_ref: str
    sha: str
    actor: str
    jobs: tuple[JobPlan, ...]
    created: datetime
    updated: datetime
    begun: datetime
    point: Point
    rest: tuple[Point, ...]
    environments: tuple[Environment, ...] = ()
    gates: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    attempt: int = 1
    hidden: int = 0
    rejected: bool = False  # in this attempt; `reviews` has those of all attempts

    @property
    def repo(self) -> str:
        """The repository as owner/name."""
        return self.start.repo

    @property
    def ref(self) -> str:
        """The branch or tag without `refs/heads/` or `refs/tags/`."""
        return self.full_ref.split("/", 2)[2]

    @property
    def status(self) -> str:
        """The status in the API."""
        return "completed" if self.point.over else self.point.word

    @property
    def conclusion(self) -> str | None:
        """The conclusion in the API."""
        return self.point.word if self.point.over else None


def points(course: Iterable[str | Point]) -> tuple[Point, ...]:
    """A script as points. Raises ValueError for anything but a status or a conclusion."""
    made = tuple(Point(one) if isinstance(one, str) else one for one in course)
    for point in made:
        if point.word not in (*STATUSES, *CONCLUSIONS):
            raise ValueError(point.word)
    return made


def course(script: Sequence[str | Point], *, gated: bool) -> tuple[Point, ...]:
    """A script as points; with gates, the run waits before its first point after the queue."""
    made = points(script)
    if not gated or any(point.word == "waiting" for point in made):
        return made
    at = next((i for i, point in enumerate(made) if point.word not in WAITS), len(made))
    return (*made[:at], Point("waiting"), *made[at:])


def gates(run: Run) -> tuple[str, ...]:
    """The environments of the run's jobs that someone has to review."""
    reviewed = {one.name for one in run.environments if one.reviewers}
    jobs = (job for job in run.jobs if not job.skipped)
    wanted = dict.fromkeys(job.environment for job in jobs if job.environment in reviewed)
    return tuple(name for name in wanted if name)


def moved(run: Run, now: datetime) -> Run:
    """The run one point further; unchanged if it is over or waits for a reviewer."""
    if run.point.over or not run.rest or run.gates:
        return run
    return arrived(replace(run, rest=run.rest[1:]), run.rest[0], now)


def arrived(run: Run, point: Point, now: datetime) -> Run:
    """The run at a point; at `waiting` its gates close."""
    closed = gates(run) if point.word == "waiting" else ()
    return replace(run, point=point, gates=closed, updated=now)


def finished(run: Run, point: Point, now: datetime) -> Run:
    """The run at its end, whatever was left of its course."""
    return replace(run, point=point, rest=(), gates=(), updated=now)


def reviewed(run: Run, review: Review, now: datetime) -> Run:
    """The run after a review: it fails, continues, or waits for its other gates."""
    run = replace(run, reviews=(*run.reviews, review), updated=now)
    if review.state == "rejected":
        at = next((job.name for job in run.jobs if job.environment in review.environments), None)
        return finished(replace(run, rejected=True), Point("failure", at), now)
    open_gates = tuple(name for name in run.gates if name not in review.environments)
    run = replace(run, gates=open_gates)
    return run if open_gates else moved(run, now)


def may_review(run: Run, environment: Environment, login: str) -> bool:
    """Whether a user may review an environment for this run."""
    barred = environment.prevent_self_review and login == run.actor
    return login in environment.reviewers and not barred
