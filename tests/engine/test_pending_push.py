"""A push that was started and whose end was not recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from multigit.core.planning.plan import State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.landings import landed
from multigit.core.progress.remote_state import RemoteState
from multigit.core.progress.state import OperationState
from multigit.core.values.agreement import Actor
from multigit.core.values.flight import Flight, with_earlier
from multigit.core.values.git_answers import Publication, PushReport
from multigit.engine import pending_push
from multigit.engine.fleet import Fleet
from multigit.engine.remote_state import read_remote_states
from multigit.errors import GitError, RefusedError
from tests.engine.operations import STG, Listening, Notes, execute, outcome, plan_promotion, states
from tests.support.fake_git import BROKEN_OFF, FakeGit, FakeRemote, first_ref_only, never_arrived

REFUSED = PushReport(accepted=False, reason="protected")
ACTOR = Actor("Ada <ada@example.org>", "ada", "here")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read again without a pause."""
    monkeypatch.setattr(pending_push, "FIRST_PAUSE", 0.0)


@pytest.fixture
def git() -> FakeGit:
    """Return two repositories with something to promote."""
    git = FakeGit("api", "web")
    for name, repo in git.repos.items():
        repo.remote.commit("dev", {name: "1"})
    return git


class Full(Notes):
    """A journal that fails to record a push of api."""

    def write(self, entry: Entry) -> None:
        """Keep any other entry."""
        if entry.kind is EntryKind.PUSHING and entry.repos == ("api",):
            raise RefusedError("The journal cannot be written.")
        super().write(entry)


def broken_off(git: FakeGit, *settled: State) -> Operation:
    """Return a promotion that started to push api, but not web, and recorded `settled` for it."""
    plan = plan_promotion(git)
    notes = Notes(git)
    git["api"].remote.next_push = git["web"].remote.next_push = never_arrived
    execute(git, plan, journal=notes)
    (pushing,) = (e for e in notes.entries if e.kind is EntryKind.PUSHING and e.repos == ("api",))
    ends = [Entry(EntryKind.SETTLED, repos=("api",), state=state) for state in settled]
    known = Operation.from_entries(
        [Entry(EntryKind.BEGUN, plan=plan, actor=ACTOR), notes.entries[0], pushing, *ends]
    )
    assert known
    return known


def flying(known: Operation) -> OperationState:
    """Return a state with nothing but the operation's pushes."""
    return OperationState(flights=known.state.flights)


def look(
    git: FakeGit,
    known: Operation,
    *,
    wait: bool = True,
    listener: Listening | None = None,
    lasts: tuple[float, float] | None = None,
) -> dict[str, RemoteState]:
    """Read the remotes; `lasts` replaces the start and the latest end of api's push."""
    began, until = lasts or (
        known.state.flights["api"].began,
        known.state.flights["api"].until,
    )
    flights = {"api": replace(known.state.flights["api"], began=began, until=until)}
    heard = listener or Listening()
    space = git.workspace
    return dict(read_remote_states(git, space, known, Fleet(heard, 2), flights=flights, wait=wait))


def push(git: FakeGit, known: Operation) -> None:
    """Let the remote have what was pushed to api."""
    git["api"].remote.refs |= known.state.of("api").made


def problems(seen: Mapping[str, RemoteState]) -> dict[str, str]:
    """Return the code of each remote's problem, or nothing."""
    return {name: each.problem.code if each.problem else "" for name, each in seen.items()}


def when_waiting(act: Callable[[], None]) -> Listening:
    """Return a listener that acts when it is notified of waiting."""
    return Listening(lambda _, doing: act() if doing.startswith("waiting") else None)


def test_only_a_push_that_was_started_is_waited_for(git: FakeGit) -> None:
    """A push that never started is not published, even if processes are still running."""
    known = broken_off(git)
    git["api"].sights = git["web"].sights = [True]
    seen = look(git, known, wait=False)
    assert problems(seen) == {"api": "push_under_way", "web": ""}


def test_what_arrives_meanwhile_is_published(git: FakeGit) -> None:
    """It is published as soon as the remote has it, even if its git is still running."""
    known = broken_off(git)
    git["api"].sights = [True]
    seen = look(git, known, listener=when_waiting(lambda: push(git, known)))
    assert landed(known, seen) == ("api",)


def test_a_push_that_ended_is_not_published(git: FakeGit) -> None:
    """If the server ended with it, it need not be waited for."""
    known = broken_off(git)
    git["api"].sights = [True, True, False]
    assert look(git, known)["api"].problem is None


def test_its_last_moment_is_not_missed(git: FakeGit, monkeypatch: pytest.MonkeyPatch) -> None:
    """It arrives after its processes were checked and before the remote is read."""
    known = broken_off(git)
    ask = git["api"].remote_refs

    def too_late(refs: Sequence[str]) -> Mapping[str, str]:
        push(git, known)
        return ask(refs)

    monkeypatch.setattr(git["api"], "remote_refs", too_late)
    assert landed(known, look(git, known)) == ("api",)


def test_what_cannot_be_seen_is_waited_for_until_it_must_have_ended(git: FakeGit) -> None:
    """If its processes are elsewhere, it is waited for until its latest possible end."""
    known = broken_off(git)
    git["api"].sights = [None]
    now = time.time()
    assert problems(look(git, known, wait=False)) == {"api": "push_under_way", "web": ""}
    heard = Listening()
    seen = look(git, known, listener=heard, lasts=(now - 9.8, now + 0.2))
    assert seen["api"].problem is None
    assert time.time() >= now + 0.2
    assert ("api", "waiting for a push that may still succeed") in heard.heard


def test_a_clock_that_was_set_back_does_not_make_it_wait_for_ever(git: FakeGit) -> None:
    """It is waited for no longer than its original duration."""
    known = broken_off(git)
    git["api"].sights = [None]
    later = time.time() + 1e6
    assert look(git, known, lasts=(later, later + 0.2))["api"].problem is None


def test_what_holds_the_mark_when_the_time_is_over_is_no_push(git: FakeGit) -> None:
    """Git had its deadline, so this is a credential cache, or a process that a hook left behind."""
    known = broken_off(git)
    git["api"].sights = [True]
    assert look(git, known, lasts=(1.0, 2.0))["api"].problem is None
    git["api"].remote.reject(STG, "protected")
    past = {"api": replace(known.state.flights["api"], began=1.0, until=2.0)}
    assert states(execute(git, known.plan, state=OperationState(flights=past)))["api"] == "failed"


def test_a_remote_that_does_not_answer_is_asked_until_the_time_is_over(git: FakeGit) -> None:
    """The remote may return and have the push; afterwards the problem is that it is unreachable."""
    known = broken_off(git)
    git["api"].sights = [None]
    now = time.time()

    def comes_back() -> None:
        git["api"].remote.reachable = True
        push(git, known)

    git["api"].remote.reachable = False
    assert problems(look(git, known, wait=False)) == {"api": "unreachable", "web": ""}
    assert landed(known, look(git, known, listener=when_waiting(comes_back))) == ("api",)
    git["api"].remote.reachable = False
    assert problems(look(git, known, lasts=(now, now + 0.2)))["api"] == "unreachable"
    assert time.time() >= now + 0.2


def test_the_push_of_what_is_not_in_the_configuration_any_more_is_waited_for(git: FakeGit) -> None:
    """It cannot be observed, so it is waited for until its latest possible end."""
    known, now = broken_off(git), time.time()
    del git.repos["api"]
    seen = look(git, known, lasts=(now, now + 0.2))
    assert problems(seen)["api"] == "unknown_repository"
    assert time.time() >= now + 0.2


def test_what_breaks_its_lease_need_not_be_waited_for(git: FakeGit) -> None:
    """A colleague pushed first, so its lease can no longer hold."""
    known = broken_off(git)
    git["api"].sights = [True]
    git["api"].remote.commit("stg", {"c": "1"})
    seen = look(git, known)
    assert seen["api"].problem is None
    assert STG not in seen["api"].held


@pytest.mark.parametrize(
    ("state", "left"), [(State.PUBLISHED, []), (State.FAILED, []), (State.UNKNOWN, ["api"])]
)
def test_a_push_whose_end_was_noted_is_over(git: FakeGit, state: State, left: list[str]) -> None:
    """If it was recorded as unknown, it stays open."""
    assert [*broken_off(git, state).state.flights] == left


def test_another_attempt_does_not_forget_it(git: FakeGit) -> None:
    """Even an attempt that is killed before it pushes keeps it; the latest possible end counts."""
    plan = plan_promotion(git)
    first = Flight(1.0, 100.0, "here", "1:1")
    second = Flight(2.0, 50.0, "here", "1:1")
    begun = Entry(EntryKind.BEGUN, plan=plan, actor=ACTOR)
    known = Operation.from_entries(
        [begun, Entry(EntryKind.PUSHING, repos=("api",), flight=first), begun]
    )
    assert known
    assert known.state.flights == {"api": first}
    again = Entry(EntryKind.PUSHING, repos=("api",), flight=second)
    known = Operation.from_entries(
        [begun, Entry(EntryKind.PUSHING, repos=("api",), flight=first), begun, again]
    )
    assert known
    assert known.state.flights == {"api": replace(second, until=100.0)}


def test_a_refused_push_does_not_lengthen_the_doubt(git: FakeGit) -> None:
    """The refused push has ended, so only the earlier one stays open, until its own end."""
    known, notes = broken_off(git), Notes(git)
    earlier = replace(known.state.flights["api"], until=known.state.flights["api"].until - 5)
    git["api"].remote.reject(STG, "protected")
    git["api"].sights = [True]
    execute(git, known.plan, state=OperationState(flights={"api": earlier}), journal=notes)
    pushed = [each for each in notes.entries if each.repos == ("api",)]
    assert [each.kind for each in pushed] == [EntryKind.PUSHING, EntryKind.SETTLED]
    begun = Entry(EntryKind.BEGUN, plan=known.plan, actor=ACTOR)
    after = Operation.from_entries(
        [begun, Entry(EntryKind.PUSHING, repos=("api",), flight=earlier), *pushed]
    )
    assert after
    assert after.state.flights == {"api": earlier}


def test_what_is_refused_now_may_arrive_by_an_earlier_push(git: FakeGit) -> None:
    """It is unknown, and the earlier push stays open; without one it failed."""
    known = broken_off(git)
    git["api"].remote.reject(STG, "protected")
    git["api"].sights = [True]
    report = execute(git, known.plan, state=flying(known))
    assert states(report) == {"api": "unknown", "web": "published"}
    said = outcome(report, "api").problems[-1].message
    assert "not have it now, and an earlier push may still succeed; this one was refused: " in said
    assert "protected" in said
    git["api"].sights = [False]
    assert states(execute(git, known.plan, state=flying(known)))["api"] == "failed"


def test_what_cannot_be_sent_now_may_arrive_by_an_earlier_push(git: FakeGit) -> None:
    """Even if the remote no longer answers; without an earlier push it failed."""

    def cut_off(remote: FakeRemote, _publications: Sequence[Publication]) -> PushReport:
        remote.reachable = False
        return PushReport(accepted=False, reason="no route", sent=False)

    known = broken_off(git)
    git["api"].sights = [True]
    for flights, state in ((known.state.flights, "unknown"), ({}, "failed")):
        git["api"].remote.reachable, git["api"].remote.next_push = True, cut_off
        report = execute(git, known.plan, state=OperationState(flights=flights))
        assert states(report)["api"] == state
        said = outcome(report, "api").problems[-1].message
        assert ("an earlier push may still succeed; this one was not sent" in said) == bool(flights)


def test_a_push_that_cannot_be_noted_does_not_begin(git: FakeGit) -> None:
    """The other repository is published."""
    before = dict(git["api"].remote.refs)
    report = execute(git, plan_promotion(git), journal=Full(git))
    assert states(report) == {"api": "failed", "web": "published"}
    assert git["api"].remote.refs == before


def test_what_is_not_pushed_again_may_arrive_by_an_earlier_push(git: FakeGit) -> None:
    """The attempt failed before its push, or could not prepare it."""
    known = broken_off(git)
    git["web"].unsigned = GitError("gpg failed to sign the data")
    report = execute(git, known.plan, state=flying(known))
    assert states(report) == {"api": "unknown", "web": "failed"}
    assert report.unfinished
    assert "may still succeed" in outcome(report, "api").problems[-1].message
    git["web"].unsigned, git["api"].unsigned = None, GitError("gpg failed to sign the data")
    report = execute(git, known.plan, state=flying(known))
    assert states(report) == {"api": "unknown", "web": "not_published"}
    assert states(execute(git, known.plan))["api"] == "failed"


def test_a_push_that_cannot_be_noted_does_not_end_an_earlier_one(git: FakeGit) -> None:
    """The earlier push may still succeed."""
    known = broken_off(git)
    before = dict(git["api"].remote.refs)
    git["api"].sights = [True]
    report = execute(git, known.plan, journal=Full(git), state=flying(known))
    assert states(report) == {"api": "unknown", "web": "published"}
    assert git["api"].remote.refs == before


def test_the_push_that_completes_a_half_is_noted(git: FakeGit) -> None:
    """It has an entry of its own."""
    plan, notes = plan_promotion(git), Notes(git)
    git["api"].remote.next_push = first_ref_only
    assert states(execute(git, plan, journal=notes))["api"] == "published"
    kinds = [each.kind for each in notes.entries if each.repos == ("api",)]
    assert kinds == [EntryKind.PUSHING, EntryKind.PUSHING, EntryKind.SETTLED]


@pytest.mark.parametrize(
    ("end", "again", "state", "said"),
    [
        (REFUSED, BROKEN_OFF, "unknown", "which may still follow: the remote end hung up"),
        (BROKEN_OFF, REFUSED, "unknown", "which may still follow: protected"),
        (REFUSED, REFUSED, "failed", "150130: protected"),
    ],
    ids=["the second", "the first", "neither"],
)
def test_each_push_of_a_half_may_arrive_late(
    git: FakeGit, end: PushReport, again: PushReport, state: str, said: str
) -> None:
    """The rest is unknown if one of the two pushes is, and the operation's push stays open."""

    def half(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        first_ref_only(remote, publications)
        remote.next_push = lambda *_: again
        return end

    git["api"].remote.next_push = half
    plan, notes = plan_promotion(git), Notes(git)
    ended = outcome(execute(git, plan, journal=notes), "api")
    assert (ended.state, ended.partial) == (state, True)
    assert ended.problems[-1].code == "half_published"
    assert said in ended.problems[-1].message
    known = Operation.from_entries([Entry(EntryKind.BEGUN, plan=plan, actor=ACTOR), *notes.entries])
    assert known
    assert [*known.state.flights] == (["api"] if state == "unknown" else [])


def test_a_push_with_another_mark_is_not_seen_to_end() -> None:
    """The end of the newer of two pushes says nothing about the older one."""
    first = Flight(1.0, 100.0, "here", "1:1", local=True)
    second = Flight(2.0, 50.0, "here", "1:1", local=True)
    assert with_earlier(None, second).local
    assert with_earlier(first, second) == replace(second, until=100.0)
    for other in (
        replace(first, mark="1:2"),
        replace(first, host="desk"),
        replace(first, local=False),
    ):
        assert with_earlier(other, second) == replace(second, until=100.0, local=False)


def test_only_what_may_arrive_counts_when_it_is_pushed_again(git: FakeGit) -> None:
    """A push counts unless it has ended, must have ended, or is no longer configured."""
    flights = broken_off(git).state.flights
    over = {name: replace(each, began=1.0, until=2.0) for name, each in flights.items()}
    for sight, given, left in (
        (True, flights, ["api"]),
        (None, flights, ["api"]),
        (False, flights, []),
        (True, over, []),
        (True, {"gone": flights["api"]}, []),
    ):
        git["api"].sights = [sight]
        assert [*pending_push.pending_pushes(git, git.workspace, given)] == left
