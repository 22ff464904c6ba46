"""Reading a journal, whatever its content and however often the operation was continued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.remote_state import RemoteState, compared
from multigit.core.recovery.resume import resumed
from multigit.core.recovery.undo import undone
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem, Severity
from tests.core.builders import ADA, API, MADE, MOMENT, WEB, past, plan, to_publish, workspace

SPACE = workspace(API, WEB)
NAMES = ("api", "web")
TARGETS = ("fra", "nrt")
STG, TAG = MADE
STEPS = tuple(
    DeployStep("stg", "stg", "staging", target, CommandRunner(("true",)), 60.0)
    for target in TARGETS
)


def promotion() -> Plan:
    """Return a promotion of two repositories, each deployed to two targets."""
    repos = (to_publish(API), to_publish(WEB))
    return plan(*(replace(repo, steps=(*repo.steps, *STEPS)) for repo in repos))


BEGUN = Entry(EntryKind.BEGUN, promotion(), ADA)

# --- What a journal says


def test_a_journal_is_folded_into_the_operation() -> None:
    """The last entry about a deployment counts."""
    deployment = Deployment("", RunState.QUEUED)
    operation = Operation.from_entries(
        [
            Entry(EntryKind.BEGUN, plan=promotion(), actor=ADA),
            Entry(EntryKind.PUBLISHING, made={"api": made("api")}),
            Entry(EntryKind.SETTLED, repos=("api",), state=State.PUBLISHED),
            Entry(EntryKind.DEPLOYMENT, repos=("api",), deployment=deployment),
            Entry(
                EntryKind.DEPLOYMENT,
                repos=("api",),
                deployment=replace(deployment, state=RunState.FAILED),
            ),
        ]
    )
    assert operation
    assert [*operation.state.repos] == ["api"]
    api = operation.state.of("api")
    assert (api.made, api.settled) == (made("api"), State.PUBLISHED)
    assert api.deployments[""].state is RunState.FAILED


def test_a_hint_is_not_kept_for_later() -> None:
    """It may name folders relative to the current one, and things that have changed since."""
    warning = Problem("a", "is so.", "Run: git -C . status", Severity.WARN, files=("b",))
    begun = replace(promotion(), repos=(replace(promotion().repos[0], problems=(warning,)),))
    operation = Operation.from_entries([Entry(EntryKind.BEGUN, plan=begun, actor=ADA)])
    assert operation
    assert operation.plan.repos[0].problems == (replace(warning, hint=""),)


def test_a_journal_without_its_beginning_is_not_an_operation() -> None:
    """It was cut short before the plan was complete."""
    assert Operation.from_entries([Entry(EntryKind.PUBLISHING, made={"api": made("api")})]) is None


# --- What may be in a journal


def made(name: str) -> dict[str, str]:
    """Return the objects that are made in a repository."""
    return {ref: f"{name} {sha}" for ref, sha in MADE.items()}


PUBLISHING = st.just(Entry(EntryKind.PUBLISHING, made={name: made(name) for name in NAMES}))
REPOS = st.sampled_from(NAMES).map(lambda name: (name,))
FLIGHTS = st.builds(lambda end: Flight(0.0, end, "here", "1:2"), st.floats(1.0, 9.0))
PUSHING = st.builds(
    lambda repos, flight: Entry(EntryKind.PUSHING, repos=repos, flight=flight), REPOS, FLIGHTS
)
ENDS = st.sampled_from([State.PUBLISHED, State.FAILED, State.UNKNOWN])
SETTLED = st.builds(
    lambda repos, state, flight: Entry(
        EntryKind.SETTLED,
        repos=repos,
        state=state,
        flight=flight if state is State.UNKNOWN else None,
    ),
    REPOS,
    ENDS,
    st.none() | FLIGHTS,
)
DEPLOYMENTS = st.builds(
    lambda target, state, attempt: Deployment(target, state, Run("7"), attempt=attempt),
    st.sampled_from(TARGETS),
    st.sampled_from(RunState),
    st.integers(1, 2),
)
DEPLOYMENT = st.builds(
    lambda repos, each: Entry(EntryKind.DEPLOYMENT, repos=repos, deployment=each),
    REPOS,
    DEPLOYMENTS,
)
REMOTES = st.sampled_from(["all", "branch", "nothing", "moved", "away"])
CONTINUED = st.tuples(
    REMOTES, REMOTES
)  # what multigit continue finds on the remotes of api and web
HISTORIES = st.lists(PUBLISHING | PUSHING | SETTLED | DEPLOYMENT | CONTINUED, max_size=12)
Remotes = tuple[str, str]
History = list[Entry | Remotes]


def remote(repo: RepoPlan, found: str) -> RemoteState:
    """Return the state of a repository's remote."""
    if found == "away":
        return RemoteState(problem=Problem("unreachable", "cannot be reached."))
    ours = made(repo.repo)
    now = {
        "all": ours,
        "branch": {STG: ours[STG]},
        "nothing": {STG: "stg-1"},
        "moved": {STG: "theirs"},
    }[found]
    return compared(repo, ours, now)


def found_on(operation: Operation, found: Remotes) -> dict[str, RemoteState]:
    """Return the states of all remotes of an operation."""
    return {
        repo.repo: remote(repo, each)
        for repo, each in zip(operation.plan.repos, found, strict=True)
    }


def written(history: History) -> list[Entry]:
    """Return the entries of a journal; a blocked continue writes none."""
    entries = [BEGUN]
    for each in history:
        if isinstance(each, Entry):
            entries.append(each)
        elif left := continued(entries, each):
            begun = Entry(EntryKind.BEGUN, left.plan, ADA, progress=left.state.repos)
            entries.append(begun)
    return entries


def continued(entries: list[Entry], found: Remotes) -> Operation | None:
    """Return the continued operation, or None if it is blocked."""
    operation = read(entries)
    left = resumed(operation, found_on(operation, found), {}, skip_blocked=False)
    return None if left.plan.result is Result.BLOCKED else left


def read(entries: list[Entry]) -> Operation:
    """Return the operation that the entries describe."""
    operation = Operation.from_entries(entries)
    assert operation
    return operation


# --- A simple model


@dataclass
class Model:
    """What is known of one repository, updated event by event."""

    made: Mapping[str, str] = field(default_factory=dict)
    settled: State | None = None
    begun: bool = False
    deployments: dict[str, Deployment] = field(default_factory=dict)
    open_until: float = 0.0

    def record(self, entry: Entry, name: str) -> None:
        """Update the model with an entry."""
        if entry.kind is EntryKind.PUBLISHING:
            self.made = entry.made[name]
        if name not in entry.repos:
            return
        if entry.kind is EntryKind.PUSHING and entry.flight:
            self.open_until = max(self.open_until, entry.flight.until)
        if entry.kind is EntryKind.SETTLED and entry.state is State.UNKNOWN:
            self.open_until = entry.flight.until if entry.flight else self.open_until
        elif entry.kind is EntryKind.SETTLED:
            self.open_until = 0.0
        if entry.kind is EntryKind.SETTLED:
            self.settled = entry.state
        if entry.deployment:
            self.deployments[entry.deployment.target] = entry.deployment

    def resume(self, found: str) -> None:
        """Update the model with the state of the remote when the operation is continued.

        It is not called if that state blocks the continue.
        """
        requested = any(each.begun for each in self.deployments.values())
        if found == "all" or (found == "away" and self.settled is State.PUBLISHED):
            self.begun, self.settled = True, State.PUBLISHED
        else:
            before = self.settled in {State.PUBLISHED, State.UNKNOWN} or self.open_until > 0
            self.begun = before or requested or found == "branch"
            self.settled = None
        self.deployments = {t: each for t, each in self.deployments.items() if each.begun}


def modelled(history: History) -> dict[str, Model]:
    """Return the models after a history."""
    models = {name: Model() for name in NAMES}
    entries = [BEGUN]
    for each in history:
        if isinstance(each, Entry):
            entries.append(each)
            for name, model in models.items():
                model.record(each, name)
        elif left := continued(entries, each):
            entries.append(Entry(EntryKind.BEGUN, left.plan, ADA, progress=left.state.repos))
            for name, found in zip(NAMES, each, strict=True):
                models[name].resume(found)
    return models


@given(HISTORIES)
def test_a_folded_journal_equals_a_simple_model(history: History) -> None:
    """This holds for any entries, cut off anywhere and continued any number of times."""
    operation = read(written(history))
    for name, model in modelled(history).items():
        progress = operation.state.of(name)
        flight = operation.state.flights.get(name)
        assert progress.made == model.made
        assert (progress.settled, progress.begun) == (model.settled, model.begun)
        assert progress.deployments == model.deployments
        assert (flight.until if flight else 0.0) == model.open_until


@given(HISTORIES, CONTINUED)
def test_an_undo_is_the_same_before_and_after_a_continue(history: History, found: Remotes) -> None:
    """The journal keeps all objects, however often the operation is continued."""
    entries = written(history)
    left = continued(entries, found)
    if left is None:
        return
    again = [*entries, Entry(EntryKind.BEGUN, left.plan, ADA, progress=left.state.repos)]

    def undo(known: list[Entry]) -> Plan:
        operation = read(known)
        return undone(operation, found_on(operation, found), SPACE, MOMENT, past())

    assert undo(again) == undo(entries)


@given(HISTORIES)
def test_what_is_executed_is_what_the_journal_says(history: History) -> None:
    """A continue starts from the state that is read back after it."""
    entries = written(history)
    left = continued(entries, ("nothing", "nothing"))
    assert left
    again = read([*entries, Entry(EntryKind.BEGUN, left.plan, ADA, progress=left.state.repos)])
    assert again.plan == left.plan
    assert again.state == again.before == left.state
