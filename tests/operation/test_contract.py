"""The doubles in memory behave like the real thing: each test runs on both."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from multigit.adapters.files.folder import WorkspaceFiles
from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.core.planning.plan import Plan, Result, State
from multigit.core.progress.journal import Entry, EntryKind, Operation
from multigit.core.progress.outcome import Report
from multigit.core.progress.stage_refs import stage_ref
from multigit.core.progress.state import NOTHING_YET, OperationState, Progress
from multigit.core.values.count import Count
from multigit.core.values.flight import Flight
from multigit.core.values.problem import Problem
from multigit.errors import LockedError, MultigitError, RefusedError
from multigit.operation.ports import Journals, Log, OperationJournal, StageLocks, TakenLocks
from multigit.operation.stage_locks import LocksInRemotes
from tests.core import builders
from tests.core.builders import ADA, API, WEB, record, to_publish
from tests.engine.operations import execute, plan_promotion, with_changes
from tests.operation.memory import Memory
from tests.support.fake_git import FakeGit, gone_afterwards

PLAN = builders.plan(to_publish(API), to_publish(WEB))
OTHER = replace(PLAN, operation="20250115T150131Z-promote-dev-stg-0b1c")
UNDO = replace(
    PLAN,
    command="undo",
    operation="20250115T150129Z-undo-stg-1111",  # the clock went back
    undoes=PLAN.operation,
)
FLIGHT = Flight(0.0, 60.0, "laptop", "1:2")


class Scene(Protocol):
    """What remains of a workspace and its locks while commands come and go."""

    @property
    def journals(self) -> Journals:
        """The journals, as the next command opens them."""

    @property
    def log(self) -> Log:
        """The log, as the next command opens it."""

    @property
    def locks(self) -> StageLocks:
        """The locks, as the next command opens them."""

    def holders(self) -> set[str]:
        """Return the operations that have a lock."""

    def fill(self) -> None:
        """Leave no room for journals or the log from now on."""


class RealScene:
    """Files in a folder, and locks in the remote of a repository."""

    def __init__(self, root: Path) -> None:
        self._git = FakeGit("ops")
        self._workspace = replace(self._git.workspace, root=root)

    @property
    def journals(self) -> WorkspaceFiles:
        """Return the files."""
        return WorkspaceFiles(self._workspace)

    @property
    def log(self) -> Log:
        """Return the log."""
        return self.journals.log

    @property
    def locks(self) -> LocksInRemotes:
        """Return the locks in the repository `ops`."""
        return LocksInRemotes("ops", self._locks_of, self.journals.holds)

    def _locks_of(self, name: str) -> RemoteLocks:
        repository: Any = self._git[name]
        return RemoteLocks(repository)

    def holders(self) -> set[str]:
        """Read all lock refs."""
        remote = self._git["ops"].remote
        held = {
            stage_ref("", sha, remote.objects.blobs[sha]).holder
            for ref, sha in remote.refs.items()
            if ref.startswith("refs/multigit/locks/")
        }
        return {each.operation if each else "?" for each in held}

    def fill(self) -> None:
        """Put a file in place of the folder of journals, and a folder in place of the log."""
        self.journals.require_writable()
        self.journals.operations.rmdir()
        self.journals.operations.touch()
        self.journals.log.file.unlink(missing_ok=True)
        self.journals.log.file.mkdir()


class MemoryScene:
    """The doubles in memory."""

    def __init__(self) -> None:
        self._memory = Memory()
        self.journals = self._memory.journals
        self.log = self._memory.log
        self.locks = self._memory.locks

    def holders(self) -> set[str]:
        """Return the operations that have the lock."""
        return self._memory.locks.held

    def fill(self) -> None:
        """Make the steps fail that need room."""
        full = RefusedError("No room.")
        steps = ("writable", "record", *(f"write {kind}" for kind in EntryKind))
        self._memory.trail.fail |= dict.fromkeys(steps, full)


@pytest.fixture(params=["memory", "real"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    """Return a new workspace."""
    return MemoryScene() if request.param == "memory" else RealScene(tmp_path)


def begin(scene: Scene, plan: Plan = PLAN) -> OperationJournal:
    """Start an operation in the workspace."""
    scene.journals.require_writable()
    journal = scene.journals.begin_journal(plan.operation)
    journal.write(Entry(EntryKind.BEGUN, plan, ADA))
    return journal


def hold(
    scene: Scene, plan: Plan = PLAN, heard: list[Problem] | None = None
) -> AbstractContextManager[TakenLocks]:
    """Hold the locks of an operation."""
    hear = [] if heard is None else heard
    return scene.locks.hold(scene.locks.pinned(plan), ADA, hear.append)


# --- Journals


def test_nothing_is_unfinished_at_first(scene: Scene) -> None:
    """No operation is known."""
    assert scene.journals.unfinished() == ()
    with pytest.raises(MultigitError):
        scene.journals.read_journal(PLAN.operation)


def test_what_is_begun_and_written_is_unfinished(scene: Scene) -> None:
    """The next command reads its plan and who started it."""
    begin(scene)
    assert scene.journals.unfinished() == (PLAN.operation,)
    journal, known = scene.journals.read_journal(PLAN.operation)
    assert journal.is_open
    assert (known.plan, known.actor) == (PLAN, ADA)


def test_a_journal_without_an_entry_is_of_nothing(scene: Scene) -> None:
    """It was never confirmed, so it cannot be continued."""
    scene.journals.require_writable()
    scene.journals.begin_journal(PLAN.operation)
    assert scene.journals.unfinished() == ()
    with pytest.raises(MultigitError):
        scene.journals.read_journal(PLAN.operation)


def test_what_is_closed_is_over(scene: Scene) -> None:
    """Its journal can still be read, and says that it is closed."""
    journal = begin(scene)
    assert journal.is_open
    journal.close()
    assert not journal.is_open
    assert scene.journals.unfinished() == ()
    again, known = scene.journals.read_journal(PLAN.operation)
    assert not again.is_open
    assert known.plan == PLAN


def test_what_is_closed_can_still_be_noted_in(scene: Scene) -> None:
    """Watch writes to a closed journal, which stays closed."""
    journal = begin(scene)
    journal.close()
    for each in (journal, scene.journals.read_journal(PLAN.operation)[0]):
        each.write(Entry(EntryKind.SETTLED, repos=("api",), state=State.PUBLISHED))
    _, known = scene.journals.read_journal(PLAN.operation)
    assert known.state.of("api").settled is State.PUBLISHED
    assert scene.journals.unfinished() == ()


def test_what_the_log_holds_is_over_though_its_journal_is_open(scene: Scene) -> None:
    """The process died between the record and the end of the journal."""
    begin(scene)
    scene.log.append(record(PLAN.operation))
    assert scene.journals.unfinished() == ()
    assert scene.journals.read_journal(PLAN.operation)[0].is_open


def test_an_undo_comes_after_what_it_takes_back(scene: Scene) -> None:
    """Undo comes last whatever the clock says, because it must be continued first."""
    begin(scene)
    begin(scene, UNDO)
    assert scene.journals.unfinished() == (PLAN.operation, UNDO.operation)


def test_a_journal_tells_how_far_it_got(scene: Scene) -> None:
    """What was made and what was settled; a push that started may still be running."""
    journal = begin(scene)
    journal.write(Entry(EntryKind.PUBLISHING, made={"api": {"refs/heads/staging": "merge-1"}}))
    for repo in ("api", "web"):
        journal.write(Entry(EntryKind.PUSHING, repos=(repo,), flight=FLIGHT))
    journal.write(Entry(EntryKind.SETTLED, repos=("web",), state=State.PUBLISHED))
    _, known = scene.journals.read_journal(PLAN.operation)
    assert known.state.of("api").made == {"refs/heads/staging": "merge-1"}
    assert known.state.of("web").settled is State.PUBLISHED
    assert known.state.flights == {"api": FLIGHT}


def test_what_cannot_be_written_is_refused_and_not_kept(scene: Scene) -> None:
    """The step that it announces does not start."""
    scene.fill()
    with pytest.raises(RefusedError):
        scene.journals.require_writable()
    journal = scene.journals.begin_journal(PLAN.operation)
    with pytest.raises(RefusedError):
        journal.write(Entry(EntryKind.BEGUN, PLAN, ADA))
    with pytest.raises(RefusedError):
        scene.log.append(record(PLAN.operation))
    assert scene.journals.unfinished() == ()


# --- The log


def test_an_end_is_counted_once(scene: Scene) -> None:
    """Whoever asks again, after however many attempts, learns only of what is new."""
    plan, first = PLAN, Count("api", result="published")
    journal = scene.journals.begin_journal(plan.operation)
    journal.write(Entry(EntryKind.BEGUN, plan, ADA, counts=True))
    assert journal.note_counts([first], NOTHING_YET) == {first}
    again, _ = scene.journals.read_journal(plan.operation)
    again.write(Entry(EntryKind.BEGUN, plan, ADA, counts=True))
    later = Count("web", "fra", 2, "failed")
    assert again.note_counts([later, first], NOTHING_YET) == {later}
    again.close()
    closed, known = scene.journals.read_journal(plan.operation)
    assert known.state.counted == frozenset({first, later})
    assert closed.note_counts([later, first], NOTHING_YET) == set()


def test_what_an_older_version_counted_is_not_counted_again(scene: Scene) -> None:
    """Its journals do not note that: everything that had ended before was counted."""
    before, since = Count("api", result="published"), Count("web", result="published")
    done = Progress(settled=State.PUBLISHED)
    journal = scene.journals.begin_journal(PLAN.operation)
    journal.write(Entry(EntryKind.BEGUN, PLAN, ADA))
    journal.write(Entry(EntryKind.SETTLED, repos=("api", "web"), state=State.PUBLISHED))
    known = OperationState({"api": done})
    assert journal.note_counts([before, since], known) == {since}
    other = replace(PLAN, operation=f"{PLAN.operation}-2")
    journal = scene.journals.begin_journal(other.operation)
    journal.write(Entry(EntryKind.BEGUN, other, ADA))
    journal.write(Entry(EntryKind.BEGUN, other, ADA, progress={"api": done}, counts=True))
    assert journal.note_counts([before, since], NOTHING_YET) == {since}


def test_the_log_holds_what_was_appended(scene: Scene) -> None:
    """Only those operations are in the log."""
    assert not scene.log.holds(PLAN.operation)
    scene.journals.require_writable()
    scene.log.append(record(PLAN.operation))
    scene.log.append(record("another", undoes=OTHER.operation))
    assert scene.log.holds(PLAN.operation)
    assert scene.log.holds("another")
    assert not scene.log.holds(OTHER.operation)


# --- Locks


def test_a_lock_is_held_within_and_given_back(scene: Scene) -> None:
    """No problem is reported."""
    heard: list[Problem] = []
    with hold(scene, PLAN, heard):
        assert scene.holders() == {PLAN.operation}
    assert scene.holders() == set()
    assert heard == []


def test_whatever_comes_out_gives_the_lock_back(scene: Scene) -> None:
    """The lock is released after an error, a bug or Ctrl-C."""
    for error in (RefusedError("No."), ZeroDivisionError(), KeyboardInterrupt()):
        with pytest.raises(type(error)), hold(scene):
            raise error
        assert scene.holders() == set()


def test_a_lock_is_kept_beyond_the_end(scene: Scene) -> None:
    """A problem reports it, and `release` releases it."""
    heard: list[Problem] = []
    with hold(scene, PLAN, heard) as taken:
        taken.keep()
    assert scene.holders() == {PLAN.operation}
    assert [each.code for each in heard] == ["lock_kept"]
    assert scene.locks.release(PLAN) == ()
    assert scene.holders() == set()


def test_a_lock_is_kept_though_something_comes_out(scene: Scene) -> None:
    """After a second Ctrl-C, for example, a push may still be running."""
    with suppress(KeyboardInterrupt), hold(scene) as taken:
        taken.keep()
        raise KeyboardInterrupt
    assert scene.holders() == {PLAN.operation}


def test_another_operation_does_not_get_a_lock_that_is_held(scene: Scene) -> None:
    """It is refused at once, and the lock stays."""
    with hold(scene):
        with pytest.raises(LockedError), hold(scene, OTHER):
            pass
        assert scene.holders() == {PLAN.operation}
    with hold(scene, OTHER):
        assert scene.holders() == {OTHER.operation}


def test_an_operation_takes_over_what_it_left_behind(scene: Scene) -> None:
    """A continued operation gets its own lock again, and releases it at the end."""
    with hold(scene) as taken:
        taken.keep()
    with hold(scene):
        assert scene.holders() == {PLAN.operation}
    assert scene.holders() == set()


def test_an_undo_takes_over_the_lock_of_what_it_takes_back(scene: Scene) -> None:
    """Only the undo gets it, and releasing the undone operation does not release it."""
    with hold(scene) as taken:
        taken.keep()
    with hold(scene, UNDO):
        assert scene.holders() == {UNDO.operation}
        assert scene.locks.release(PLAN) == ()
        assert scene.holders() == {UNDO.operation}
    assert scene.holders() == set()


def test_only_the_operations_own_lock_is_given_back(scene: Scene) -> None:
    """If it has none, nothing is done and no problem is reported."""
    assert scene.locks.release(PLAN) == ()
    with hold(scene, OTHER):
        assert scene.locks.release(PLAN) == ()
        assert scene.holders() == {OTHER.operation}


def test_a_plan_is_pinned_once(scene: Scene) -> None:
    """Pinning adds only where the locks are."""
    pinned = scene.locks.pinned(PLAN)
    assert scene.locks.pinned(pinned) == pinned
    assert replace(pinned, lock_repo="") == PLAN


# --- Executing


class Executing(Protocol):
    """A plan of two repositories, its executor, and faults for the pushes."""

    plan: Plan

    def execute(self, journal: OperationJournal) -> Report:
        """Execute the plan."""

    def refuse(self, repo: str) -> None:
        """Make the remote of a repository refuse the next push."""

    def cut_off(self, repo: str) -> None:
        """Start the push of a repository, and lose its result."""


class RealExecuting:
    """The engine, on repositories in memory."""

    def __init__(self) -> None:
        self._git = with_changes(FakeGit("api", "web"))
        self.plan = plan_promotion(self._git)

    def execute(self, journal: OperationJournal) -> Report:
        """Execute the plan."""
        return execute(self._git, self.plan, journal=journal)

    def refuse(self, repo: str) -> None:
        """Protect the branch."""
        self._git[repo].remote.reject("refs/heads/stg", "protected")

    def cut_off(self, repo: str) -> None:
        """Make the remote unreachable."""
        self._git[repo].remote.next_push = gone_afterwards


class MemoryExecuting:
    """The double in memory."""

    def __init__(self) -> None:
        self.plan = PLAN
        self._executor = Memory().executor
        self._ends = dict.fromkeys(("api", "web"), State.PUBLISHED)
        self._executor.ends = lambda repo: self._ends[repo.repo]

    def execute(self, journal: OperationJournal) -> Report:
        """Execute the plan."""
        return self._executor(self.plan, journal, resuming=False, state=OperationState())

    def refuse(self, repo: str) -> None:
        """Make the repository end as failed."""
        self._ends[repo] = State.FAILED

    def cut_off(self, repo: str) -> None:
        """Make the repository end as unknown."""
        self._ends[repo] = State.UNKNOWN
        self._executor.in_flight = FLIGHT


class Notes:
    """A journal that keeps its entries, or has no room."""

    is_open = True

    def __init__(self, *, full: bool = False) -> None:
        self.entries: list[Entry] = []
        self._full = full

    def write(self, entry: Entry) -> None:
        """Keep the entry."""
        if self._full:
            raise RefusedError("No room.")
        self.entries.append(entry)

    def note_counts(self, ends: Collection[Count], known: OperationState) -> frozenset[Count]:
        """Nothing is counted here."""
        raise AssertionError(ends, known)

    def close(self) -> None:
        """It is never closed here."""
        raise AssertionError


def known(plan: Plan, notes: Notes) -> Operation:
    """Return the operation in the journal."""
    found = Operation.from_entries([Entry(EntryKind.BEGUN, plan, ADA), *notes.entries])
    assert found
    return found


@pytest.fixture(params=[MemoryExecuting, RealExecuting])
def executing(request: pytest.FixtureRequest) -> Executing:
    """Return an executor with its plan."""
    made: Executing = request.param()
    return made


def test_each_push_is_noted_before_it_begins_and_when_it_ended(executing: Executing) -> None:
    """An entry with what is pushed comes before all of them."""
    notes = Notes()
    report = executing.execute(notes)
    assert report.result is Result.DONE
    assert not report.unfinished
    kinds = [entry.kind for entry in notes.entries]
    assert kinds[0] is EntryKind.PUBLISHING
    assert {*notes.entries[0].made} == {"api", "web"}
    for repo in ("api", "web"):
        of_one = [entry.kind for entry in notes.entries if entry.repos == (repo,)]
        assert of_one == [EntryKind.PUSHING, EntryKind.SETTLED]
    assert known(executing.plan, notes).state.flights == {}


def test_a_refusal_is_settled_and_leaves_it_unfinished(executing: Executing) -> None:
    """The other repository is published."""
    executing.refuse("web")
    notes = Notes()
    report = executing.execute(notes)
    assert report.unfinished
    state = known(executing.plan, notes).state
    assert (state.of("api").settled, state.of("web").settled) == (State.PUBLISHED, State.FAILED)
    assert state.flights == {}


def test_a_push_whose_end_nobody_saw_may_still_arrive(executing: Executing) -> None:
    """It is unknown, and its flight stays open."""
    executing.cut_off("web")
    notes = Notes()
    report = executing.execute(notes)
    assert report.count(State.UNKNOWN) == 1
    assert report.unfinished
    assert {*known(executing.plan, notes).state.flights} == {"web"}


def test_what_cannot_be_noted_does_not_begin(executing: Executing) -> None:
    """Without an entry no one could continue it."""
    notes = Notes(full=True)
    with pytest.raises(RefusedError):
        executing.execute(notes)
    assert notes.entries == []
