"""What the journal of an operation tells: its plan, what was begun, and what became of it.

The journal is written ahead: a record is on disk before the step that it announces begins. So
whatever it does not mention has not begun, and whatever it mentions may or may not have happened:
that is read from the remotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.progress.state import NOTHING_YET, OperationState, Progress
from multigit.core.values.agreement import NOT_NOTED, Actor, Agreement
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight, with_earlier
from multigit.core.values.refs import Objects

VERSION = 1


class EntryKind(StrEnum):
    """The kinds of records, in the order they can appear."""

    BEGUN = "begun"  # the plan was agreed to; `progress` is what earlier attempts came to
    PUBLISHING = "publishing"  # every object in `made` exists, and their pushes may begin
    PUSHING = "pushing"  # the push of one repository is about to begin
    SETTLED = "settled"  # one repository's outcome
    DEPLOYMENT = "deployment"  # one deployment is about to start, has a run, or ended


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a journal, in memory. Which fields count depends on the kind."""

    kind: EntryKind
    plan: Plan | None = None
    actor: Actor | None = None
    agreement: Agreement | None = None
    progress: Mapping[str, Progress] = field(default_factory=dict)
    made: Mapping[str, Objects] = field(default_factory=dict)
    repos: tuple[str, ...] = ()
    state: State | None = None
    deployment: Deployment | None = None
    flight: Flight | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as its journal knows it: the plan as it stands, and how far it got.

    `before` is how far it had got when its last attempt began. `actor` began that attempt;
    `agreement` is to the plan as it stands.
    """

    plan: Plan
    actor: Actor
    state: OperationState = NOTHING_YET
    before: OperationState = NOTHING_YET
    agreement: Agreement = NOT_NOTED

    @property
    def id(self) -> str:
        """Return its id."""
        return self.plan.operation

    @classmethod
    def from_entries(cls, entries: Iterable[Entry]) -> Operation | None:
        """Fold a journal's records; None when not even the first one is whole."""
        operation: Operation | None = None
        for entry in entries:
            if isinstance(entry.plan, Plan) and isinstance(entry.actor, Actor):
                operation = _begun(entry, entry.plan, entry.actor, operation)
            elif operation:
                operation = replace(operation, state=noted(operation.state, entry))
        return operation


def _begun(entry: Entry, plan: Plan, actor: Actor, earlier: Operation | None) -> Operation:
    """Return an operation at the beginning of an attempt.

    Pushes of an `earlier` one that broke off may still arrive.
    """
    state = OperationState(entry.progress, earlier.state.flights if earlier else {})
    return Operation(without_hints(plan), actor, state, state, entry.agreement or NOT_NOTED)


def noted(state: OperationState, entry: Entry) -> OperationState:
    """Return how far an operation got after one more record of what was begun, or ended."""
    repos, flights = {**state.repos}, {**state.flights}
    match entry:
        case Entry(kind=EntryKind.PUBLISHING):
            for repo, made in entry.made.items():
                repos[repo] = replace(state.of(repo), made=made)
        case Entry(kind=EntryKind.PUSHING, flight=Flight() as flight):
            flights |= {repo: with_earlier(state.flights.get(repo), flight) for repo in entry.repos}
        case Entry(kind=EntryKind.SETTLED, state=State() as settled):
            repos |= {repo: replace(state.of(repo), settled=settled) for repo in entry.repos}
            flights = still_open(flights, entry)
        case Entry(kind=EntryKind.DEPLOYMENT, deployment=Deployment() as deployment):
            for repo in entry.repos[:1]:
                known = {**state.of(repo).deployments, deployment.target: deployment}
                repos[repo] = replace(state.of(repo), deployments=known)
    return OperationState(repos, flights)


def without_hints(plan: Plan) -> Plan:
    """Return a plan as it is told later: what was to be typed then, and there, may be wrong now."""

    def plain(repo: RepoPlan) -> RepoPlan:
        return replace(repo, problems=tuple(replace(each, hint="") for each in repo.problems))

    return replace(plan, repos=tuple(map(plain, plan.repos)))


def still_open(flights: dict[str, Flight], settled: Entry) -> dict[str, Flight]:
    """Return the pushes of which nobody knows the end, after one more outcome was noted.

    One that names a flight is in doubt for that one alone: the push itself has ended.
    """
    if settled.state is not State.UNKNOWN:
        return {repo: each for repo, each in flights.items() if repo not in settled.repos}
    return flights | (dict.fromkeys(settled.repos, settled.flight) if settled.flight else {})
