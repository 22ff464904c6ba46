"""Deployments as values: what is asked for, what was seen of it, what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from multigit.core.values.deploy_spec import Runner

KEYS = ("release", "tag", "sha", "branch", "stage", "environment", "repo", "target", "key")
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


@dataclass(frozen=True, slots=True)
class Order:
    """One deployment as it is asked for: everything that its runner has to know.

    `key` is this deployment's own, whoever asks and however often: to find it again by.
    `since` is a Unix time before it began. `others` are the runs of the repository's deployments
    to other targets, as far as an earlier attempt knew them.
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

    def fill(self, template: str) -> str:
        """Return the template with its placeholders filled in."""
        return filled(template, {key: str(getattr(self, key)) for key in KEYS})


class RunState(StrEnum):
    """Where a deployment stands."""

    NOT_STARTED = "not_started"
    STARTING = "starting"  # asked for; nobody knows yet whether it began
    QUEUED = "queued"
    WAITING = "waiting"  # for a person's approval
    RUNNING = "running"
    CHECKING = "checking"  # it is through, and its health is looked at
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNHEALTHY = "unhealthy"
    TIMED_OUT = "timed_out"  # nobody waits any longer; at the host it may go on
    UNKNOWN = "unknown"

    @property
    def settled(self) -> bool:
        """True when it is known how it ended."""
        return self in _SETTLED

    @property
    def may_run(self) -> bool:
        """True when something of it may still be at work, so that no other may begin."""
        return self not in _SETTLED | {RunState.NOT_STARTED}

    @property
    def over(self) -> bool:
        """True when nobody looks any longer: it ended, or is given up."""
        return self in _OVER

    @property
    def bad(self) -> bool:
        """True when it ended, and not well."""
        return self in _OVER - {RunState.SUCCEEDED}

    @property
    def in_words(self) -> str:
        """Return the state as people read it."""
        return str(self).replace("_", " ")


_SETTLED = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.UNHEALTHY}
_OVER = _SETTLED | {RunState.TIMED_OUT, RunState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Run:
    """What a runner gave back for a start: its own name for it, and a page to look at."""

    id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at a run showed.

    `job` and `step` are what runs now, or what failed; `reviewers` who is asked to approve, and
    `mine` whether we may; `approved_by` who did. `detail` is a sentence about a bad end, or about a
    look that showed nothing; `output` the file, seen from the workspace, that holds all it said.
    `more` is True when the next look is worth making soon: this one left something to be seen.
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


@dataclass(frozen=True, slots=True)
class Gate:
    """An environment that a run waits for: its number at the host, who may approve, and may we."""

    environment: int
    name: str
    reviewers: tuple[str, ...] = ()
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of one repository to one target, as far as it is known.

    `attempt` counts from 1; `since` is when it was asked for, in Unix seconds; `seconds` is how
    long it took so far.
    """

    target: str = ""
    state: RunState = RunState.NOT_STARTED
    run: Run | None = None
    sight: Sight = Sight(RunState.NOT_STARTED)
    attempt: int = 1
    since: float = 0.0
    seconds: float = 0.0

    @property
    def begun(self) -> bool:
        """True when it was asked for, this time or before, however that ended."""
        return self.state is not RunState.NOT_STARTED or self.attempt > 1

    @property
    def url(self) -> str:
        """Return the page that shows it, or empty."""
        return self.sight.url or (self.run.url if self.run else "")

    def seen(self, sight: Sight, seconds: float) -> Deployment:
        """Return the deployment after a look at its run."""
        return replace(self, state=sight.state, sight=sight, seconds=seconds)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{key}` by its value; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def unknown_keys(template: str, known: Iterable[str] = KEYS) -> tuple[str, ...]:
    """Return the placeholders of a template that stand for nothing."""
    return tuple(dict.fromkeys(set(_PLACEHOLDER.findall(template)) - set(known)))
