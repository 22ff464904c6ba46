"""The order of the steps of an operation, and what remains wherever it is interrupted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Plan, RepoPlan, Result, State
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.values.agreement import ASKS_NOTHING, Accepted, Agreement, ConsentState
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm
from multigit.errors import InterruptedRunError, LockedError, RefusedError, StoppedError
from multigit.operation.asking import Doubts
from multigit.operation.closing import release_and_close
from multigit.operation.run import Ended, OperationRun, Show
from multigit.operation.wording import Wording
from tests.core import builders
from tests.core.builders import API, WEB, to_publish, without_steps
from tests.core.roll_backs import redeployed
from tests.operation.memory import ADA, DiedError, Memory

PLAN = builders.plan(to_publish(API), to_publish(WEB))
YES = Consent(yes=True)
FULL = RefusedError("No room.", code="workspace_not_writable")
FLIGHT = Flight(0.0, 60.0, "laptop", "1:2")
STAYS = Problem("lock_kept", "The lock of stg stays.")

# The steps of a run after its question, in order.
ORDER = (
    "writable",
    "begin",
    "write begun",
    "lock",
    "began",
    "write publishing",
    "write pushing",
    "execute",
    "write settled",
    "count",
    "write counted",
    "send counts",
    "record",
    "unlock",
    "close",
    "ended",
)


@pytest.fixture
def memory() -> Memory:
    """Return a new context."""
    return Memory()


def carry_out(memory: Memory, plan: Plan = PLAN, consent: Consent = YES) -> Ended:
    """Run a new operation until it ends."""
    return OperationRun(memory.context(), plan, consent).carry_out()


def go_on(memory: Memory) -> Ended | None:
    """Run `multigit continue`: close what has ended, and resume the last unfinished operation."""
    memory.trail.fail.clear()
    context, journals = memory.context(), memory.journals
    for operation, kept in journals.kept.items():
        if kept.entries and kept.is_open and memory.log.holds(operation):
            journal, known = journals.read_journal(operation)
            release_and_close(context, known.plan, journal, ())
    if not (left := journals.unfinished()):
        return None
    journal, known = journals.read_journal(left[-1])
    return OperationRun(context, known.plan, YES, journal, known.agreement).carry_out()


def once(steps: list[str]) -> list[str]:
    """Return the steps without repetitions."""
    return list(dict.fromkeys(steps))


def records(memory: Memory) -> list[tuple[str, str]]:
    """Return each record's operation and result."""
    return [(each.operation, each.result) for each in memory.log.records]


def test_everything_has_its_order(memory: Memory) -> None:
    """Journal before lock, lock before any notification, record before the lock is released."""
    ended = carry_out(memory)
    assert once(memory.steps) == [f"show {PLAN.operation}", "check people", *ORDER]
    assert ended.show is Show.REPORT
    assert ended.report.result is Result.DONE
    assert records(memory) == [(PLAN.operation, "done")]
    assert memory.journals.unfinished() == ()
    assert memory.locks.held == set()


def test_the_journal_knows_who_agreed_before_anything_is_done(memory: Memory) -> None:
    """Continue needs no new confirmation."""
    carry_out(memory)
    first = memory.journals.kept[PLAN.operation].entries[0]
    assert first == Entry(
        EntryKind.BEGUN, PLAN, ADA, Agreement(ConsentState.YES, None, ADA), counts=True
    )


@pytest.mark.parametrize("step", ORDER)
def test_whatever_a_death_leaves_can_be_continued(step: str, memory: Memory) -> None:
    """In the end there is one record if it had started, no lock, and nothing unfinished."""
    memory.trail.fail[step] = DiedError()
    with pytest.raises(DiedError):
        carry_out(memory)
    begun = ORDER.index(step) > ORDER.index("write begun")
    assert bool(memory.journals.kept.get(PLAN.operation) and begun) == begun
    if memory.locks.held:
        assert memory.journals.kept[PLAN.operation].is_open, "nobody would give the lock back"
    if any(repo for repo in memory.people.told if repo[0] == "ended"):
        assert memory.log.holds(PLAN.operation)
    go_on(memory)
    assert len(memory.log.records) == (1 if begun else 0)
    assert memory.locks.held == set()
    assert not any(each.entries and each.is_open for each in memory.journals.kept.values())
    assert memory.people.told.count(("began", PLAN.operation)) <= 1
    lost = not begun or step == "send counts"  # noted as counted, and not sent
    assert memory.people.counted == ([] if lost else ["api", "web"])


@pytest.mark.parametrize("step", ORDER)
def test_ctrl_c_anywhere_leaves_what_can_be_continued(step: str, memory: Memory) -> None:
    """Once the journal was written, it never ends as if nothing had happened."""
    memory.trail.fail[step] = KeyboardInterrupt()
    begun = ORDER.index(step) > ORDER.index("write begun")
    try:
        ended = carry_out(memory)
    except InterruptedRunError:
        assert begun
    except KeyboardInterrupt:
        assert not begun
    else:
        assert step in {"began", "ended"}  # both are survived: only the message may be missing
        assert ended.report.interrupted or step == "ended"
    go_on(memory)
    assert len(memory.log.records) == (1 if begun else 0)
    assert memory.locks.held == set()
    assert memory.journals.unfinished() == ()


def test_a_lock_that_is_taken_ends_it_before_it_began(memory: Memory) -> None:
    """It is refused and recorded; nothing was executed, and no one was notified."""
    memory.trail.fail["lock"] = LockedError("stg is locked by grace.")
    ended = carry_out(memory)
    assert ended.report.result is Result.BLOCKED
    assert [each.code for each in ended.report.problems] == ["locked"]
    assert records(memory) == [(PLAN.operation, "blocked")]
    assert memory.executor.resumed == []
    assert ("began", PLAN.operation) not in memory.people.told
    assert memory.journals.unfinished() == ()


def test_ctrl_c_while_the_lock_is_taken_cancels_it(memory: Memory) -> None:
    """Nothing is unfinished or locked, and the log says cancelled."""
    memory.trail.fail["lock"] = StoppedError()
    ended = carry_out(memory)
    assert ended.report.result is Result.CANCELLED
    assert ended.report.interrupted
    assert records(memory) == [(PLAN.operation, "cancelled")]
    assert memory.journals.unfinished() == ()


@pytest.mark.parametrize("step", ["record", "close"])
def test_without_room_it_stays_open(step: str, memory: Memory) -> None:
    """Everything is published; a problem reports that its end is missing, and continue adds it."""
    memory.trail.fail[step] = FULL
    ended = carry_out(memory)
    assert ended.report.result is Result.PAUSED
    assert [each.code for each in ended.report.problems] == ["workspace_not_writable"]
    assert memory.journals.kept[PLAN.operation].is_open
    assert memory.locks.held == set()
    go_on(memory)
    assert records(memory) == [(PLAN.operation, "done")]
    assert not memory.journals.kept[PLAN.operation].is_open


def test_what_may_still_arrive_keeps_its_lock(memory: Memory) -> None:
    """The operation is unfinished and has no record; continue releases the lock."""
    memory.executor.ends = lambda repo: State.UNKNOWN if repo.repo == API.name else State.PUBLISHED
    memory.executor.in_flight = FLIGHT
    assert carry_out(memory).report.result is Result.FAILED
    assert memory.locks.held == {PLAN.operation}
    assert memory.log.records == []
    assert memory.journals.unfinished() == (PLAN.operation,)
    memory.executor.ends = lambda _: State.PUBLISHED
    go_on(memory)
    assert memory.locks.held == set()
    assert records(memory) == [(PLAN.operation, "done")]


def test_ctrl_c_in_a_push_keeps_the_lock(memory: Memory) -> None:
    """A second Ctrl-C leaves git running, so the lock stays, and the error says so."""
    memory.executor.in_flight = FLIGHT
    memory.locks.stays = (STAYS,)
    memory.trail.fail["execute"] = KeyboardInterrupt()
    with pytest.raises(InterruptedRunError, match="The lock of stg stays"):
        carry_out(memory)
    assert memory.locks.held == {PLAN.operation}


@pytest.mark.parametrize("repo", [redeployed(), to_publish(API)])
def test_what_a_second_ctrl_c_leaves_running_is_said(repo: RepoPlan, memory: Memory) -> None:
    """A roll-back that only deploys has no pushes that might still succeed."""
    memory.trail.fail["execute"] = KeyboardInterrupt()
    plan = replace(PLAN, repos=(repo,))
    left = "Running pushes may still succeed." if repo.updates() else "Deployments keep running."
    with pytest.raises(InterruptedRunError) as caught:
        carry_out(memory, plan)
    assert caught.value.message == f"Stopped waiting for {plan.operation}. {left}"


def test_a_part_that_failed_is_left_to_be_continued(memory: Memory) -> None:
    """It has no record until it ends, and then it has one."""
    memory.executor.ends = lambda repo: State.FAILED if repo.repo == WEB.name else State.PUBLISHED
    carry_out(memory)
    assert memory.log.records == []
    assert memory.locks.held == set()
    memory.executor.ends = lambda _: State.PUBLISHED
    go_on(memory)
    assert memory.executor.resumed == [False, True]
    assert records(memory) == [(PLAN.operation, "done")]
    assert memory.people.told.count(("began", PLAN.operation)) == 1


def test_what_is_resumed_in_vain_stays_open(memory: Memory) -> None:
    """Another operation's lock ends this attempt, not the operation."""
    memory.executor.ends = lambda repo: State.FAILED if repo.repo == WEB.name else State.PUBLISHED
    carry_out(memory)
    journal, known = memory.journals.read_journal(PLAN.operation)
    memory.trail.fail["lock"] = LockedError("stg is locked by grace.")
    run = OperationRun(memory.context(), known.plan, YES, journal, known.agreement)
    assert run.carry_out().report.result is Result.BLOCKED
    assert memory.log.records == []
    assert memory.journals.unfinished() == (PLAN.operation,)


def test_a_lock_that_stays_is_told_at_the_end(memory: Memory) -> None:
    """The result stays the same, and the problem of the lock is reported with it."""
    memory.locks.stays = (STAYS,)
    report = carry_out(memory).report
    assert report.result is Result.DONE
    assert report.problems == (STAYS,)


def test_a_dry_run_does_nothing(memory: Memory) -> None:
    """It shows the plan, and checks the addresses for notifications."""
    ended = carry_out(memory, consent=Consent(dry_run=True))
    assert memory.steps == [f"show {PLAN.operation}", "check people"]
    assert ended.show is Show.NOTHING
    assert memory.log.records == []


def test_nothing_to_do_is_not_an_operation(memory: Memory) -> None:
    """Nothing is asked, journaled or recorded."""
    nothing = builders.plan(without_steps(API, State.UP_TO_DATE))
    assert carry_out(memory, nothing).report.result is Result.NOTHING
    assert memory.steps == [f"show {PLAN.operation}"]


def test_a_blocked_plan_is_recorded_and_never_begun(memory: Memory) -> None:
    """The log records what was refused and why."""
    blocked = builders.plan(without_steps(API, State.BLOCKED, Problem("conflict", "conflicts.")))
    ended = carry_out(memory, blocked)
    assert ended.report.result is Result.BLOCKED
    assert records(memory) == [(PLAN.operation, "blocked")]
    assert memory.journals.kept == {}
    assert "lock" not in memory.steps


def test_a_no_is_recorded_and_never_begun(memory: Memory) -> None:
    """Nothing was journaled or locked for it."""
    memory.screen.answer = False
    ended = carry_out(memory, consent=Consent())
    assert ended.report.result is Result.CANCELLED
    assert ended.show is Show.SENTENCE
    assert records(memory) == [(PLAN.operation, "cancelled")]
    assert memory.journals.kept == {}


def undo_plan() -> Plan:
    """Return a plan that undoes the other one."""
    return replace(
        builders.plan(to_publish(API), command="undo"),
        operation="20250115T160000Z-undo-stg-1111",
        undoes=PLAN.operation,
        release="",
    )


@pytest.mark.parametrize(
    ("confirm", "asked"), [(None, ["ask", "ask message main", "ask word"]), ("stg", [])]
)
def test_questions_come_after_the_plan(
    confirm: str | None, asked: list[str], memory: Memory
) -> None:
    """First about doubts, then for the message; none if the confirmation cannot be given."""
    plan = replace(PLAN, confirm=Confirm.NAME, word="main")
    doubts = Doubts((Accepted(repo="api"),), lambda: plan)
    wording = Wording(builders.MAIN, lambda plan, message: replace(plan, message=message))
    memory.screen.message = "release: 2"
    consent = Consent(confirm=confirm)
    run = OperationRun(memory.context(), plan, consent, wording=wording, doubts=doubts)
    assert (run.carry_out().report.result is Result.DONE) is bool(asked)
    assert [each.repo for each in memory.log.records[-1].accepted] == ["api"] * bool(asked)
    shown = [step for step in memory.steps if step.startswith(("show", "ask"))]
    assert shown == [f"show {plan.operation}", *asked]


def test_an_undo_closes_what_it_took_back(memory: Memory) -> None:
    """The unfinished operation is recorded first, then the undo; both locks are released."""
    memory.executor.ends = lambda repo: State.FAILED if repo.repo == WEB.name else State.PUBLISHED
    carry_out(memory)
    memory.locks.held.add(PLAN.operation)  # left behind by a crash
    memory.executor.ends = lambda _: State.PUBLISHED
    undo = undo_plan()
    assert carry_out(memory, undo).report.result is Result.DONE
    assert [operation for operation, _ in records(memory)] == [PLAN.operation, undo.operation]
    assert memory.locks.held == set()
    assert memory.journals.unfinished() == ()
    assert memory.people.told[-1] == ("given up", PLAN.operation)


@pytest.mark.parametrize("step", ["record", "give back", "close", "unlock"])
def test_an_undo_that_dies_at_its_end_is_continued(step: str, memory: Memory) -> None:
    """Each operation has one record in the end, whichever of the two was being closed."""
    memory.executor.ends = lambda repo: State.FAILED if repo.repo == WEB.name else State.PUBLISHED
    carry_out(memory)
    memory.executor.ends = lambda _: State.PUBLISHED
    memory.trail.fail[step] = DiedError()
    undo = undo_plan()
    with pytest.raises(DiedError):
        carry_out(memory, undo)
    for _ in range(3):  # each run closes one of them
        go_on(memory)
    wanted = {PLAN.operation, undo.operation}
    assert sorted(operation for operation, _ in records(memory)) == sorted(wanted)
    assert memory.locks.held == set()
    assert not any(each.is_open for each in memory.journals.kept.values())


def test_an_undo_that_failed_closes_nothing(memory: Memory) -> None:
    """The operation can still be continued or undone."""
    memory.executor.ends = lambda repo: State.FAILED if repo.repo == WEB.name else State.PUBLISHED
    carry_out(memory)
    memory.executor.ends = lambda _: State.NOT_PUBLISHED
    carry_out(memory, undo_plan())
    assert PLAN.operation in memory.journals.unfinished()
    assert not memory.log.holds(PLAN.operation)


def test_what_is_only_left_to_record_is_finished(memory: Memory) -> None:
    """It is recorded, closed and reported without a lock or a push."""
    memory.trail.fail["record"] = FULL
    carry_out(memory)
    memory.trail.fail.clear()
    memory.steps.clear()
    journal, known = memory.journals.read_journal(PLAN.operation)
    over = replace(known.plan, repos=tuple(map(_done, known.plan.repos)))
    run = OperationRun(memory.context(), over, YES, journal, ASKS_NOTHING)
    run.finish(journal, known)
    assert memory.steps == ["count", "record", "give back", "close", "ended"]
    assert memory.journals.unfinished() == ()


def _done(repo: RepoPlan) -> RepoPlan:
    return replace(repo, state=State.PUBLISHED, steps=())


def test_a_refused_undo_is_recorded(memory: Memory) -> None:
    """The log records the attempt, unless it was a dry run."""
    run = OperationRun(memory.context(), undo_plan(), YES)
    ended = run.refuse(Problem("cannot_be_undone", "was deployed."))
    assert ended.show is Show.PLAN
    assert [result for _, result in records(memory)] == ["blocked"]
    dry = OperationRun(memory.context(), undo_plan(), Consent(dry_run=True))
    dry.refuse(Problem("cannot_be_undone", "was deployed."))
    assert len(memory.log.records) == 1
