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
from multigit.core.values.agreement import NOT_NOTED, Actor, Agreement
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.flight import Flight, also

VERSION = 1


class Kind(StrEnum):
    """The kinds of records, in the order they can appear."""

    BEGUN = "begun"  # the plan was agreed to
    PUBLISHING = "publishing"  # every object in `made` exists, and their pushes may begin
    PUSHING = "pushing"  # the push of one repository is about to begin
    SETTLED = "settled"  # one repository's outcome
    DEPLOYMENT = "deployment"  # one deployment is about to start, has a run, or ended


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a journal, in memory. Which fields count depends on the kind."""

    kind: Kind
    plan: Plan | None = None
    actor: Actor | None = None
    agreement: Agreement | None = None
    made: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repos: tuple[str, ...] = ()
    state: State | None = None
    deployment: Deployment | None = None
    flight: Flight | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Where an operation stands, as far as its journal knows.

    `made` holds, per repository whose push may have begun, what each ref shall point at;
    `settled` how those ended whose outcome was read; `deployments`, per repository and target,
    the last that was noted of each. `agreement` is to the plan as it stands. `flights` are the
    pushes that were begun, by this attempt or an earlier one, and whose end nobody noted.
    """

    plan: Plan
    actor: Actor
    made: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settled: Mapping[str, State] = field(default_factory=dict)
    deployments: Mapping[str, Mapping[str, Deployment]] = field(default_factory=dict)
    agreement: Agreement = NOT_NOTED
    flights: Mapping[str, Flight] = field(default_factory=dict)


def tell(entries: Iterable[Entry]) -> Story | None:
    """Fold a journal's records into the story; None when not even the first one is whole."""
    story: Story | None = None
    for entry in entries:
        match entry:
            case Entry(kind=Kind.BEGUN, plan=Plan() as plan, actor=Actor() as actor):
                flights = story.flights if story else {}  # of an attempt that broke off
                plan = without_hints(plan)
                settled, deployed = published_before(plan), deployed_before(plan)
                story = Story(plan, actor, {}, settled, deployed, flights=flights)
                if entry.agreement:
                    story = replace(story, agreement=entry.agreement)
            case Entry(kind=Kind.PUBLISHING) if story:
                story = replace(story, made={**story.made, **entry.made})
            case Entry(kind=Kind.PUSHING, flight=Flight() as flight) if story:
                begun = {repo: also(story.flights.get(repo), flight) for repo in entry.repos}
                story = replace(story, flights={**story.flights, **begun})
            case Entry(kind=Kind.SETTLED, state=State() as state) if story:
                settled = {**story.settled, **dict.fromkeys(entry.repos, state)}
                story = replace(story, settled=settled, flights=still_open(story, entry))
            case Entry(kind=Kind.DEPLOYMENT, deployment=Deployment() as deployment) if story:
                for repo in entry.repos[:1]:
                    story = replace(story, deployments=noted(story, repo, deployment))
    return story


def without_hints(plan: Plan) -> Plan:
    """Return a plan as it is told later: what was to be typed then, and there, may be wrong now."""

    def plain(repo: RepoPlan) -> RepoPlan:
        return replace(repo, problems=tuple(replace(each, hint="") for each in repo.problems))

    return replace(plan, repos=tuple(map(plain, plan.repos)))


def still_open(story: Story, settled: Entry) -> Mapping[str, Flight]:
    """Return the pushes of which nobody knows the end, after one more outcome was noted.

    One that names a flight is in doubt for that one alone: the push itself has ended.
    """
    if settled.state is State.UNKNOWN:
        left = dict.fromkeys(settled.repos, settled.flight) if settled.flight else {}
        return {**story.flights, **left}
    return {repo: each for repo, each in story.flights.items() if repo not in settled.repos}


def noted(
    story: Story, repo: str, deployment: Deployment
) -> Mapping[str, Mapping[str, Deployment]]:
    """Return the story's deployments with a newer note of one."""
    own = {**story.deployments.get(repo, {}), deployment.target: deployment}
    return {**story.deployments, repo: own}


def published_before(plan: Plan) -> Mapping[str, State]:
    """Return the repositories that a continued plan found published."""
    there = (repo for repo in plan.repos if repo.published or repo.state is State.PUBLISHED)
    return {repo.repo: State.PUBLISHED for repo in there if repo.updates()}


def deployed_before(plan: Plan) -> Mapping[str, Mapping[str, Deployment]]:
    """Return what a plan that goes on knew of deployments."""
    return {
        repo.repo: begun
        for repo in plan.repos
        if (begun := {d.target: d for d in repo.deployed if d.state is not RunState.NOT_STARTED})
    }
