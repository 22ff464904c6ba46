"""Deployments as values: what is requested, what was seen of the run, and the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from multigit.core.values.deploy_config import Runner

KEYS = (
    *("release", "tag", "sha", "branch", "stage", "environment", "repo", "target", "key"),
    "rollback",
)
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


@dataclass(frozen=True, slots=True)
class DeploymentSpec:
    """One deployment as it is requested: everything that its runner has to know.

    `key` belongs to this deployment alone, however often it is requested, so that its run can be
    found. `since` is a Unix time before it started. `others` are the runs of the repository's
    deployments to other targets, as far as an earlier attempt knew them. `pushed` says whether the
    operation pushes the commit, or deploys what the stage has; `rolls_back` whether it goes back.
    """

    key: str
    repo: str
    stage: str
    environment: str
    branch: str
    sha: str
    tag: str
    release: str
    target: str
    since: float
    runner: Runner
    others: frozenset[str] = frozenset()
    pushed: bool = True
    rolls_back: bool = False

    @property
    def rollback(self) -> str:
        """Return whether it is part of a roll-back, as hosts read it: true or false."""
        return "true" if self.rolls_back else "false"

    def fill(self, template: str) -> str:
        """Return the template with its placeholders filled in."""
        return filled(template, {key: str(getattr(self, key)) for key in KEYS})


class RunState(StrEnum):
    """The state of a deployment."""

    NOT_STARTED = "not_started"
    STARTING = "starting"  # requested; it is unknown yet whether it started
    QUEUED = "queued"
    WAITING = "waiting"  # for a person's approval
    RUNNING = "running"
    CHECKING = "checking"  # the run succeeded, and the service's health is being checked
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"  # nothing was deployed, by design: no run, or none of its deploy jobs
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNHEALTHY = "unhealthy"
    TIMED_OUT = "timed_out"  # multigit stopped waiting; on the host it may still be running
    UNKNOWN = "unknown"

    @property
    def has_result(self) -> bool:
        """True when it is known how it ended."""
        return self in _RESULTS

    @property
    def may_run(self) -> bool:
        """True when something of it may still be running, so that no other may start."""
        return self not in _RESULTS | {RunState.NOT_STARTED}

    @property
    def over(self) -> bool:
        """True when it is no longer watched: it ended, or was given up."""
        return self in _OVER

    @property
    def good(self) -> bool:
        """True when it is over, and nothing is left to do, so that later waves may begin."""
        return self in _GOOD

    @property
    def bad(self) -> bool:
        """True when it is over, and something is left to do."""
        return self in _OVER - _GOOD

    @property
    def in_words(self) -> str:
        """Return the state as people read it."""
        return str(self).replace("_", " ")


def for_all_targets(states: Iterable[str]) -> str:
    """Return the state that counts for several targets: what may run comes before what ended.

    Running comes before unknown, a failure before a success, and that before what was skipped. A
    word of a later version counts as unknown.
    """

    def urgency(state: str) -> int:
        if state in _GOOD:
            return 4 if state == RunState.SKIPPED else 3
        if state in _RESULTS | {RunState.NOT_STARTED}:
            return 2
        return 1 if state in _OVER or state not in set(RunState) else 0

    return min(states, key=urgency)


_GOOD = {RunState.SUCCEEDED, RunState.SKIPPED}
_RESULTS = _GOOD | {RunState.FAILED, RunState.CANCELLED, RunState.UNHEALTHY}
_OVER = _RESULTS | {RunState.TIMED_OUT, RunState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Run:
    """What a runner returned for a start: the id of the run, and where people see it.

    That is its page, or the file of its output, relative to the workspace.
    """

    id: str
    url: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The state of a run when it was polled.

    `job` and `step` are what is running, or what failed. `environments` are those that it waits
    for, since the Unix time `since` (0 if that is unknown); `reviewers` are those who may approve
    it, `mine` says whether the user may, and `approved_by` are those who did; `rejected` is whether
    someone rejected it. `detail` is a sentence about a failure, or about a poll that found nothing;
    `output` is the file with its whole output, relative to the workspace. `more` is True if the
    next poll should come soon, since this one left something out.
    """

    state: RunState
    job: str = ""
    step: str = ""
    detail: str = ""
    url: str = ""
    reviewers: tuple[str, ...] = ()
    mine: bool = False
    approved_by: tuple[str, ...] = ()
    output: str = ""
    more: bool = False
    environments: tuple[str, ...] = ()
    since: float = 0.0
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Idle:
    """Why a push starts no run, or perhaps none: a code and a sentence.

    `end` is how a deployment ends that waits for one in vain: it was skipped by design, it failed
    by mistake, or its result is unknown, since a run may have started.
    """

    code: str
    reason: str
    end: RunState = RunState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Gate:
    """An environment for which a run waits: its id on the host, and its reviewers.

    `mine` says whether the user may review it. `since` is when the run began to wait, in Unix
    seconds; 0 if that is unknown.
    """

    environment: int
    name: str
    reviewers: tuple[str, ...] = ()
    mine: bool = False
    since: float = 0.0


class GateState(StrEnum):
    """What became of a gate that was reviewed."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WAITING = "waiting"  # the host did not receive the review
    UNKNOWN = "unknown"

    @property
    def decided(self) -> bool:
        """True if someone has reviewed it."""
        return self in {GateState.APPROVED, GateState.REJECTED}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a gate; `by` is who reviewed it first, `detail` why it is unknown."""

    gate: Gate
    state: GateState
    by: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of one repository to one target, as far as it is known.

    `attempt` counts from 1; `since` is when it was requested, in Unix seconds; `seconds` is how
    long it has taken so far. `others` are its other attempts that have a run, which anyone may
    rerun.
    """

    target: str = ""
    state: RunState = RunState.NOT_STARTED
    run: Run | None = None
    status: RunStatus = RunStatus(RunState.NOT_STARTED)
    attempt: int = 1
    since: float = 0.0
    seconds: float = 0.0
    others: tuple[Deployment, ...] = ()

    @property
    def begun(self) -> bool:
        """True when it was requested, this time or before, whatever the result."""
        return self.state is not RunState.NOT_STARTED or self.attempt > 1

    @property
    def maybe_deployed(self) -> bool:
        """True when it may have deployed something, this time or before."""
        return self.begun and (self.state is not RunState.SKIPPED or self.attempt > 1)

    @property
    def url(self) -> str:
        """Return its page, or empty."""
        return self.status.url or (self.run.url if self.run else "")

    @property
    def output(self) -> str:
        """Return the file with its whole output, relative to the workspace, or empty."""
        return self.status.output or (self.run.output if self.run else "")

    @property
    def next_attempt(self) -> int:
        """Return the number of the attempt to start: its own one if that did not start yet."""
        if self.state is RunState.NOT_STARTED:
            return self.attempt
        return 1 + max(each.attempt for each in (self, *self.others))

    def tried(self) -> tuple[Deployment, ...]:
        """Return all its attempts that have a run, the last one first."""
        return tuple(replace(each, others=()) for each in (self, *self.others) if each.run)

    def seen(self, status: RunStatus, seconds: float) -> Deployment:
        """Return the deployment after its run was polled."""
        return replace(self, state=status.state, status=status, seconds=seconds)


def deployment_key(operation: str, repo: str, target: str, attempt: int) -> str:
    """Return the key of a deployment, which belongs to it alone."""
    return "/".join(filter(None, (operation, repo, target, str(attempt))))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{key}` with its value; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def unknown_keys(template: str, known: Iterable[str] = KEYS) -> tuple[str, ...]:
    """Return the placeholders of a template that have no value."""
    return tuple(dict.fromkeys(set(_PLACEHOLDER.findall(template)) - set(known)))
