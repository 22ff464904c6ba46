"""The roll-back that answers a failed operation: its order, and what a death leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from multigit.core.planning.plan import Result, RollsBack, State
from multigit.core.progress.locks import stages_changed
from multigit.core.values.agreement import ConsentState
from multigit.core.values.hold import Hold
from multigit.core.values.problem import Problem, Severity
from multigit.errors import FAILED, INTERRUPTED, InterruptedRunError, LockedError, RefusedError
from multigit.operation.closing import close, release_and_close
from multigit.operation.run import Ended, OperationRun
from tests.core import builders
from tests.core.builders import API, to_publish
from tests.operation.memory import DiedError, Memory, Trail
from tests.operation.test_run import YES

FIRST = builders.plan(to_publish(API))
BACK = replace(
    FIRST,
    command="rollback",
    operation="20250115T160000Z-rollback-stg-1111",
    release="deploy-1",
    rolls_back=RollsBack("deploy-1", FIRST.release, after=FIRST.operation),
)
WHY = Problem("not_rolled_back", "stg was not rolled back: it is unclear.", "", Severity.WARN)
HOLD = Hold("stg", "op-0", "deploy-0", "", "Ada", "laptop", "2025-01-15T12:00:00Z", "it was slow")

# The steps after the failure, in order; those that happen a second time are the roll-back's.
ORDER = (
    "plan roll-back",
    "count",
    "write counted",
    "send counts",
    "record",
    "begin",
    "write begun",
    "pass lock on",
    "close",
    "ended",
    f"show {BACK.operation}",
    "lock",
    "began",
    "write publishing",
    "write pushing",
    "execute",
    "write settled",
    "count 2",
    "write counted 2",
    "send counts 2",
    "record 2",
    "unlock",
    "close 2",
    "ended 2",
)
RECORDED, BEGUN, TAKEN = map(ORDER.index, ("record", "write begun", "lock"))


@dataclass
class Numbered(Trail):
    """Numbers the steps since the failure, and keeps who had the lock at each of them.

    `fail` knows them as `since STEP`.
    """

    memory: Memory | None = None
    since: list[str] = field(default_factory=list)
    held: list[set[str]] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        """Record a step, and raise its error if it has one."""
        if self.since or step == ORDER[0]:
            again = sum(each.partition(" 2")[0] == step for each in self.since)
            step = f"{step} 2" if again else step
            self.since.append(step)
            self.held.append({*self.memory.locks.held} if self.memory else set())
            step = f"since {step}"
        super().__call__(step)


@pytest.fixture
def trail() -> Numbered:
    """Return the steps."""
    return Numbered()


@pytest.fixture
def memory(trail: Numbered) -> Memory:
    """Return a context in which the first operation fails, and what is run next does not."""
    memory = Memory(trail)
    trail.memory = memory
    memory.answers.answer = BACK
    tries = memory.executor.resumed
    memory.executor.ends = lambda _: State.FAILED if len(tries) == 1 else State.PUBLISHED
    return memory


def carry_out(memory: Memory) -> Ended:
    """Run the operation that fails."""
    return OperationRun(memory.context(), FIRST, YES).carry_out()


def go_on(memory: Memory) -> None:
    """Run `multigit continue`: close what is recorded, then resume what is unfinished."""
    memory.trail.fail.clear()
    context, journals = memory.context(), memory.journals
    open_plans = [journals.read_journal(name)[1].plan for name in journals.unfinished()]
    passed = {plan.answers: stages_changed(plan) for plan in open_plans}
    for name, kept in journals.kept.items():
        if kept.entries and kept.is_open and memory.log.holds(name):
            journal, known = journals.read_journal(name)
            release_and_close(context, known.plan, journal, (), passed=passed.get(name, ()))
    if left := journals.unfinished():
        journal, known = journals.read_journal(left[-1])
        OperationRun(context, known.plan, YES, journal, known.agreement).carry_out()


def records(memory: Memory) -> list[tuple[str, str]]:
    """Return each record's operation and result."""
    return [(each.operation, each.result) for each in memory.log.records]


def closed(memory: Memory) -> bool:
    """Return whether nothing is open, and no one has a lock."""
    return not memory.locks.held and not any(
        each.entries and each.is_open for each in memory.journals.kept.values()
    )


def test_a_failure_is_answered_when_it_is_closed(memory: Memory, trail: Numbered) -> None:
    """The roll-back begins before that, and takes the lock over; each has its own record."""
    ended = carry_out(memory)
    assert tuple(trail.since) == ORDER
    assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "done")]
    assert closed(memory)
    assert ended.report.plan == FIRST
    assert ended.report.exit_code == FAILED
    assert ended.report.rolled_back
    assert ended.report.rolled_back.result is Result.DONE


def test_the_lock_has_no_gap(memory: Memory, trail: Numbered) -> None:
    """Someone has it at each step, from the failure to the end of the roll-back."""
    carry_out(memory)
    released = ORDER.index("unlock") + 1
    holders = [{FIRST.operation}] * (TAKEN + 1) + [{BACK.operation}] * (released - TAKEN - 1)
    assert trail.held[:released] == holders


def test_the_log_says_that_the_configuration_agreed(memory: Memory) -> None:
    """No one was asked."""
    carry_out(memory)
    agreement = memory.log.records[-1].agreement
    assert agreement.consent is ConsentState.CONFIGURED
    assert agreement.actor is None
    assert not any(step.startswith("ask") for step in memory.steps)


def test_people_are_told_of_both(memory: Memory) -> None:
    """Of the failure before the roll-back starts."""
    carry_out(memory)
    assert memory.people.told == [
        ("began", FIRST.operation),
        ("ended", FIRST.operation),
        ("began", BACK.operation),
        ("ended", BACK.operation),
    ]


@pytest.mark.parametrize("step", ORDER)
def test_whatever_a_death_leaves_is_treated_right(step: str, memory: Memory) -> None:
    """What has begun is finished, what has not begun never is, and no lock is left."""
    place = ORDER.index(step)
    memory.trail.fail[f"since {step}"] = DiedError()
    with pytest.raises(DiedError):
        carry_out(memory)
    go_on(memory)
    if place <= RECORDED:  # the first one was not over: it is continued, and does not fail again
        assert records(memory) == [(FIRST.operation, "done")]
    elif place <= BEGUN:
        assert records(memory) == [(FIRST.operation, "failed")]
    else:
        assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "done")]
    assert closed(memory)


@pytest.mark.parametrize("step", ["pass lock on", "close", "ended", "lock"])
def test_a_roll_back_without_its_lock_can_be_abandoned(step: str, memory: Memory) -> None:
    """The lock that was passed on to it is released with it."""
    memory.trail.fail[f"since {step}"] = DiedError()
    with pytest.raises(DiedError):
        carry_out(memory)
    assert memory.locks.held == {FIRST.operation}
    memory.trail.fail.clear()
    journal, known = memory.journals.read_journal(BACK.operation)
    report = OperationRun(memory.context(), known.plan, YES).leave(WHY).report
    close(memory.context(), report, journal, known.agreement)
    assert memory.locks.held == set()


@pytest.mark.parametrize("step", ORDER)
def test_ctrl_c_anywhere_leaves_what_can_be_continued(step: str, memory: Memory) -> None:
    """Nothing goes back after it that had not begun, and no lock is left."""
    place = ORDER.index(step)
    memory.trail.fail[f"since {step}"] = KeyboardInterrupt()
    try:
        ended = carry_out(memory)
    except InterruptedRunError:
        pass
    else:
        assert step in {ORDER[0], "ended", "began", "ended 2"}
        assert ended.report.exit_code == (FAILED if step == "ended 2" else INTERRUPTED)
    begun = [name for name, kept in memory.journals.kept.items() if kept.entries]
    assert (BACK.operation in begun) == (place > BEGUN)
    go_on(memory)
    assert closed(memory)
    assert len(memory.log.records) == len(begun)


def test_ctrl_c_while_it_is_planned_is_the_end(memory: Memory) -> None:
    """The failure is recorded, and says why nothing went back."""
    memory.trail.fail[f"since {ORDER[0]}"] = KeyboardInterrupt()
    report = carry_out(memory).report
    assert records(memory) == [(FIRST.operation, "failed")]
    assert report.rolled_back is None
    assert [each.code for each in report.problems] == ["not_rolled_back"]
    assert report.exit_code == INTERRUPTED


def test_ctrl_c_before_it_has_its_lock_cancels_it(memory: Memory) -> None:
    """It is recorded as cancelled, and the lock that was passed on is released."""
    memory.trail.fail["since ended"] = KeyboardInterrupt()
    report = carry_out(memory).report
    assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "cancelled")]
    assert closed(memory)
    assert report.rolled_back
    assert report.rolled_back.result is Result.CANCELLED


def test_a_lock_that_cannot_be_taken_over_is_released(memory: Memory) -> None:
    """The roll-back is recorded as refused; what was held before is held."""
    memory.answers.answer = replace(
        BACK, rolls_back=RollsBack("deploy-1", after=FIRST.operation, before=HOLD)
    )
    memory.trail.fail["since lock"] = LockedError("The remote did not answer.")
    report = carry_out(memory).report
    assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "blocked")]
    assert closed(memory)
    assert memory.locks.holds == {"stg": HOLD}
    assert report.exit_code == FAILED


def test_without_room_for_its_journal_nothing_begins(memory: Memory) -> None:
    """The failure is recorded and closed, its lock released; a problem says why."""
    memory.trail.fail["since write begun"] = RefusedError("No room.", code="workspace_not_writable")
    report = carry_out(memory).report
    assert records(memory) == [(FIRST.operation, "failed")]
    assert memory.locks.held == set()
    assert report.rolled_back is None
    assert [each.message for each in report.problems] == ["stg was not rolled back: No room."]


def test_a_failure_that_cannot_be_recorded_is_not_answered(memory: Memory) -> None:
    """It stays open, and continue decides again."""
    memory.trail.fail["since record"] = RefusedError("No room.", code="workspace_not_writable")
    report = carry_out(memory).report
    assert report.result is Result.PAUSED
    assert report.rolled_back is None
    assert BACK.operation not in memory.journals.kept
    assert memory.locks.held == set()


def test_a_failure_that_must_not_be_answered_says_why(memory: Memory) -> None:
    """It is closed as ever."""
    memory.answers.answer = WHY
    report = carry_out(memory).report
    assert report.problems == (WHY,)
    assert report.rolled_back is None
    assert records(memory) == [(FIRST.operation, "failed")]
    assert closed(memory)


def test_a_failed_roll_back_is_not_answered(memory: Memory) -> None:
    """A roll-back of a roll-back never begins."""
    memory.executor.ends = lambda _: State.FAILED
    report = carry_out(memory).report
    assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "failed")]
    assert report.rolled_back
    assert report.rolled_back.rolled_back is None
    assert closed(memory)


def test_what_waves_left_undone_is_over_with_it(memory: Memory) -> None:
    """The failed operation cannot be continued once it is rolled back."""
    first = replace(FIRST, repos=(*FIRST.repos, to_publish(builders.WEB)))
    tries = memory.executor.resumed
    ends = {"api": State.PUBLISHED, "web": State.NOT_PUBLISHED}
    memory.executor.ends = lambda repo: ends[repo.repo] if len(tries) == 1 else State.PUBLISHED
    OperationRun(memory.context(), first, YES).carry_out()
    assert records(memory) == [(FIRST.operation, "failed"), (BACK.operation, "done")]
    assert closed(memory)
