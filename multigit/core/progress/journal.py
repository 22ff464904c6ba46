"""The journal of an operation: its plan, the steps that began, and their results.

The journal is written ahead: an entry is on disk before its step begins. So a step without an entry
did not begin. A step with an entry may or may not have happened; only the remotes can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.progress.state import NOTHING_YET, OperationState, Progress, ends_so_far
from multigit.core.values.agreement import NOT_NOTED, Actor, Agreement
from multigit.core.values.count import Count
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight, with_earlier
from multigit.core.values.refs import Objects

VERSION = 1


class EntryKind(StrEnum):
    """The kinds of entries, in the order in which they can appear."""

    BEGUN = "begun"  # the plan was confirmed; `progress` is how far earlier attempts got
    PUBLISHING = "publishing"  # all objects in `made` exist, and their pushes may begin
    PUSHING = "pushing"  # the push of one repository is about to begin
    SETTLED = "settled"  # the push of one repository ended
    DEPLOYMENT = "deployment"  # one deployment is about to start, has a run, or ended
    COUNTED = "counted"  # these ends are about to be sent to a monitoring system


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a journal. Which fields are set depends on the kind."""

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
    counts: bool = False  # in the first entry of an attempt: what is counted from here on is noted
    counted: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation according to its journal: the current plan, and how far it got.

    `before` is how far it got before the last attempt. `actor` began that attempt, and
    `agreement` is the confirmation of the current plan.
    """

    plan: Plan
    actor: Actor
    state: OperationState = NOTHING_YET
    before: OperationState = NOTHING_YET
    agreement: Agreement = NOT_NOTED

    @property
    def id(self) -> str:
        """Return the operation's id."""
        return self.plan.operation

    @classmethod
    def from_entries(cls, entries: Iterable[Entry]) -> Operation | None:
        """Fold a journal's entries; return None if not even the first one is complete."""
        operation: Operation | None = None
        for entry in entries:
            if entry.plan and entry.actor:
                # Pushes of an earlier attempt that was cut short may still succeed.
                flights = operation.state.flights if operation else {}
                counted = _counted_before(entry, operation)
                state, agreement = OperationState(entry.progress, flights, counted), entry.agreement
                plan = without_hints(entry.plan)
                operation = cls(plan, entry.actor, state, state, agreement or NOT_NOTED)
            elif operation:
                operation = replace(operation, state=noted(operation.state, entry))
        return operation


def noted(state: OperationState, entry: Entry) -> OperationState:
    """Return how far an operation got after one more entry."""
    repos, flights = {**state.repos}, {**state.flights}
    match entry:
        case Entry(kind=EntryKind.PUBLISHING):
            for repo, made in entry.made.items():
                repos[repo] = replace(state.of(repo), made=made)
        case Entry(kind=EntryKind.PUSHING, flight=Flight() as flight):
            flights |= {repo: with_earlier(state.flights.get(repo), flight) for repo in entry.repos}
        case Entry(kind=EntryKind.SETTLED, state=State() as settled):
            repos |= {repo: replace(state.of(repo), settled=settled) for repo in entry.repos}
            flights = _open_flights(flights, entry)
        case Entry(kind=EntryKind.DEPLOYMENT, deployment=Deployment() as deployment):
            for repo in entry.repos[:1]:
                known = {**state.of(repo).deployments, deployment.target: deployment}
                repos[repo] = replace(state.of(repo), deployments=known)
        case Entry(kind=EntryKind.COUNTED):
            return replace(state, counted=(state.counted or frozenset()) | set(entry.counted))
    return replace(state, repos=repos, flights=flights)


def _counted_before(begun: Entry, earlier: Operation | None) -> frozenset[Count] | None:
    """Return what was counted when an attempt began; None if it does not note that.

    An earlier attempt that did not note it counted whatever had ended by then.
    """
    if not begun.counts:
        return None
    if earlier and earlier.state.counted is not None:
        return earlier.state.counted
    return ends_so_far(begun.progress)


def without_hints(plan: Plan) -> Plan:
    """Return the plan without hints: their commands may be wrong later, or in another folder."""

    def hintless(repo: RepoPlan) -> RepoPlan:
        return replace(repo, problems=tuple(replace(each, hint="") for each in repo.problems))

    return replace(plan, repos=tuple(map(hintless, plan.repos)))


def _open_flights(flights: dict[str, Flight], settled: Entry) -> dict[str, Flight]:
    """Return the pushes whose result is still unknown after an outcome was recorded.

    If an unknown outcome names a flight, only that earlier push is open: the latest one has ended.
    """
    if settled.state is not State.UNKNOWN:
        return {repo: each for repo, each in flights.items() if repo not in settled.repos}
    return flights | (dict.fromkeys(settled.repos, settled.flight) if settled.flight else {})
