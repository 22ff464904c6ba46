"""What a command knows of holds, from its plan to the push that takes its locks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from multigit.adapters.files.folder import WorkspaceFiles
from multigit.core.planning.overrides import override_of
from multigit.core.planning.plan import Result
from multigit.core.progress.locks import lock_ref
from multigit.core.progress.shared import Shared
from multigit.core.progress.stage_refs import hold_bytes, stage_ref
from multigit.core.values.hold import Ends, HeldRepo, Hold, SeenHold
from multigit.core.values.workspace import Workspace
from multigit.errors import GitError
from multigit.operation.run import Ended
from multigit.operation.stage_locks import LocksInRemotes
from tests.core.builders import ADA
from tests.operation.conftest import with_work
from tests.operation.desk import DRY, YES, Desk
from tests.support.fake_git import FakeRepository, never_arrived

HOLD = Hold(
    *("stg", "op-1", "r-1", "r-2", "Grace", "laptop", "2025-01-15T12:00:00Z", "charges twice"),
    {"api": HeldRepo("old", "new")},
)
STG = lock_ref("stg")
RELEASING = replace(YES, override=override_of((), "it is fixed", release_hold=True))


def sharing(space: Workspace) -> Workspace:
    """Return the workspace with its locks on the remote of api."""
    return replace(space, lock_repo="api")


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Return a workspace whose stages are locked and held on the remote of api."""
    desk.change = sharing
    desk.git["api"].shares = True
    return desk


def set_hold(desk: Desk, hold: Hold = HOLD) -> str:
    """Hold stg from another machine; return the object."""
    remote = desk.git["api"].remote
    remote.refs[STG] = remote.objects.blob(hold_bytes(hold.document()))
    return remote.refs[STG]


def hold_of(desk: Desk) -> Hold | None:
    """Return the hold on stg that the remote has."""
    remote = desk.git["api"].remote
    sha = remote.refs.get(STG, "")
    return stage_ref("stg", sha, remote.objects.blobs[sha]).hold if sha else None


def counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return, as they come, the repositories from which holds are fetched."""
    fetches: list[str] = []
    fetch = FakeRepository.fetch_shared

    def noted(repository: FakeRepository) -> None:
        fetches.append(repository.name)
        fetch(repository)

    monkeypatch.setattr(FakeRepository, "fetch_shared", noted)
    for name in ("api", "web"):
        monkeypatch.setattr(desk.git[name], "shared_fetched", False)
    return fetches


def code(ended: Ended) -> str:
    """Return the code of the only problem of an operation as a whole."""
    (problem,) = ended.report.problems
    return problem.code


def test_what_is_shared_comes_with_the_fetch(shared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch of its own is made only if the lock repository takes no part."""
    fetches = counted(shared, monkeypatch)
    assert shared.promote(DRY, "api").report.result is Result.PLANNED
    assert fetches == ["api"]
    fetches = counted(shared, monkeypatch)
    assert shared.promote(DRY, "web").report.result is Result.PLANNED
    assert fetches == ["api"]
    fetches = counted(shared, monkeypatch)
    shared.session().shared(fetch=False)
    assert fetches == []


def test_a_plan_knows_the_holds_on_its_stages(shared: Desk) -> None:
    """Its journal has them; what it releases is gone when it has ended, and not before."""
    sha = set_hold(shared)
    ended = shared.promote(RELEASING)
    assert ended.report.result is Result.DONE
    assert ended.report.plan.holds == {"stg": SeenHold("op-1", sha)}
    assert hold_of(shared) is None
    _, operation = WorkspaceFiles(shared.session().workspace).read_journal(
        ended.report.plan.operation
    )
    assert operation.plan.holds == ended.report.plan.holds


def test_a_hold_that_comes_after_the_plan_stops_it(
    shared: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is pushed, and the record says why."""
    pinned = LocksInRemotes.pinned

    def held_meanwhile(locks: LocksInRemotes, plan: Any) -> Any:
        set_hold(shared)
        return pinned(locks, plan)

    monkeypatch.setattr(LocksInRemotes, "pinned", held_meanwhile)
    before = shared.git.remote_refs()
    ended = shared.promote(YES)
    assert code(ended) == "held_since"
    set_hold(shared)
    before["api"][STG] = shared.git.remote_refs()["api"][STG]
    assert shared.git.remote_refs() == before
    (record,) = shared.records
    assert (record.result, record.reason) == ("blocked", "held_since")
    monkeypatch.undo()
    assert shared.promote(RELEASING).report.result is Result.DONE


def test_an_unfinished_operation_is_stopped_by_a_later_hold(shared: Desk) -> None:
    """Its journal has the holds of its plan, and not this one; undo is still possible."""
    with shared.killed("web"):
        shared.promote(YES)
    remote = shared.git["api"].remote
    del remote.refs[STG]  # released by hand
    set_hold(shared)
    session = shared.session()
    (name,) = shared.unfinished
    _, operation = session.files.read_journal(name)
    assert operation.plan.holds == {}
    locks = LocksInRemotes("api", session.locks, session.files.holds)
    heard: list[Any] = []
    with (
        pytest.raises(Exception, match="Grace on laptop rolled it back"),
        locks.hold(operation.plan, ADA, heard.append),
    ):
        pytest.fail("it was taken")
    undo = replace(operation.plan, operation="undo-1", undoes=name)
    with locks.hold(undo, ADA, heard.append):
        assert hold_of(shared) == HOLD
    assert hold_of(shared) == HOLD
    assert heard == []


def test_a_remote_that_cannot_be_read_is_told(shared: Desk) -> None:
    """What was fetched last can be shown, and is called stale; nothing is asked twice."""
    set_hold(shared)
    assert shared.session().shared() == Shared(shared.session().shared().stages)
    shared.git["api"].remote.reachable = False
    seen = shared.session().shared()
    assert seen.holds() == {"stg": HOLD}
    assert seen.stale
    assert seen.stale.code == "unreachable"
    shared.git["api"].shared_error = GitError("it did not answer.", code="timeout")
    again = shared.session().shared()
    assert again.stale
    assert again.stale.code == "timeout"


def test_without_a_lock_repository_holds_are_local(desk: Desk, tmp_path: Path) -> None:
    """They stay until an operation releases them, and one that comes later stops it."""
    with_work(desk)
    session = desk.session()
    assert session.shared() == Shared()
    files, local = session.files.holds, replace(HOLD, local=True)
    plan = desk.promote(DRY).report.plan
    assert plan.holds == {}
    files.write(HOLD)
    assert desk.session().shared().holds() == {"stg": local}
    locks, heard = LocksInRemotes("", session.locks, files), list[Any]()
    with (
        pytest.raises(Exception, match="is held in this workspace"),
        locks.hold(plan, ADA, heard.append),
    ):
        pytest.fail("it was taken")
    held = replace(plan, holds={"stg": SeenHold("op-1")})
    with locks.hold(held, ADA, heard.append):
        pass
    assert files.holds() == {"stg": local}
    ended = desk.promote(RELEASING)
    assert ended.report.result is Result.DONE
    assert ended.report.plan.holds == held.holds
    assert files.holds() == {}
    files.write(HOLD)
    with locks.hold(replace(plan, undoes="op-0"), ADA, heard.append) as taken:
        taken.release_hold("stg")
    assert files.holds() == {}
    files.write(HOLD)
    assert locks.release(plan, {"stg": None}) == ()
    assert files.holds() == {}
    (tmp_path / ".multigit/holds/stg.json").write_text("{")
    with pytest.raises(Exception, match=r"stg\.json exists"), locks.hold(plan, ADA, heard.append):
        pytest.fail("it was taken")
    assert heard == []


def test_a_hold_of_the_workspace_says_what_is_left_once_its_operation_is_closed(
    desk: Desk,
) -> None:
    """A killed roll-back has left it as it was set; that of another one stays."""
    files, both = desk.session().files.holds, ("api", "web")
    plan = with_work(desk).promote(DRY).report.plan
    locks = LocksInRemotes("", desk.session().locks, files)
    own = replace(HOLD, operation=plan.operation, running=both, left=both, local=True)
    ends = Ends(over=frozenset({"api"}), done=frozenset({"api"}))
    for hold, wanted in ((own, own.after(ends)), (replace(own, operation="op-9"), None)):
        files.write(hold)
        assert locks.release(plan, ends=ends) == ()
        assert files.holds() == {"stg": wanted or hold}
    assert own.after(ends).left == own.after(ends).running == ("web",)


def test_a_lock_that_did_not_arrive_leaves_the_hold(shared: Desk) -> None:
    """The operation is refused, and the stage is held as before."""
    set_hold(shared)
    shared.git["api"].remote.next_push = never_arrived
    assert code(shared.promote(RELEASING)) == "lock_unreachable"
    assert hold_of(shared) == HOLD


def test_a_hold_from_before_there_was_a_lock_repository_counts(shared: Desk) -> None:
    """It blocks until it is released, and a hold that all machines share takes its place."""
    files, local = shared.session().files.holds, replace(HOLD, local=True)
    files.write(HOLD)
    assert shared.session().shared().holds() == {"stg": local}
    (problems,) = {each.problems for each in shared.promote(YES).report.outcomes}
    assert [each.code for each in problems] == ["held"]
    set_hold(shared, replace(HOLD, operation="op-2"))
    assert shared.session().shared().holds() == {"stg": replace(HOLD, operation="op-2")}
    del shared.git["api"].remote.refs[STG]
    ended = shared.promote(RELEASING)
    assert ended.report.result is Result.DONE
    assert files.holds() == {}
    assert hold_of(shared) is None
    plan, heard = ended.report.plan, list[Any]()
    locks = LocksInRemotes("api", shared.session().locks, files)
    for rest in (HOLD, None):
        files.write(HOLD)
        assert locks.release(plan, {"stg": rest}) == ()
        assert files.holds() == ({"stg": local} if rest else {})
    files.write(HOLD)
    with locks.hold(plan, ADA, heard.append) as taken:
        taken.hold("stg", HOLD)
        taken.keep()
    assert files.holds() == {"stg": local}
    with locks.hold(plan, ADA, heard.append) as taken:
        taken.hold("stg", HOLD)
    assert files.holds() == {}
    assert hold_of(shared) == HOLD
    assert [each.code for each in heard] == ["lock_kept"]
