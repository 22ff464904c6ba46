"""`multigit lock`: who holds the stage locks, and how one that was left behind is released."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.core.progress.locks import Holder, lock_ref
from multigit.core.progress.stage_refs import StageRef
from multigit.errors import RefusedError, UsageError
from multigit.operation.locking import HeldLock, locks_in, release_lock, stage_refs
from multigit.operation.ports import TakenLocks
from multigit.operation.session import Session
from tests.operation.sessions import records, session
from tests.support.fake_git import FakeGit

LEFT = Holder("aaaa", "op-1", "promote", "Ada", "laptop", 7, "2025-01-15T15:01:30Z", "release")


@pytest.fixture
def git() -> FakeGit:
    """Return repositories, one of which has the locks."""
    return FakeGit("api", "ops")


@pytest.fixture
def here(tmp_path: Path, git: FakeGit) -> Session:
    """Return the session of `multigit lock`."""
    return session(tmp_path, git, lock_repo="ops")


def hold(here: Session, *stages: str, holder: Holder = LEFT) -> AbstractContextManager[TakenLocks]:
    """Hold the locks of these stages."""
    return here.locks().hold(stages, holder, report=lambda _: None)


def held_locks(here: Session) -> tuple[HeldLock, ...]:
    """Return the locks."""
    return locks_in(stage_refs(here))


def leave(here: Session, *stages: str, holder: Holder = LEFT) -> None:
    """Leave locks behind."""
    with hold(here, *stages, holder=holder) as taken:
        taken.keep()


def test_without_a_place_for_locks_there_is_nothing_to_see(tmp_path: Path, git: FakeGit) -> None:
    """The error says that no repository for locks is configured."""
    with pytest.raises(UsageError) as caught:
        held_locks(session(tmp_path, git))
    assert caught.value.code == "no_lock_repo"


def test_who_holds_which_stage_is_read(here: Session, git: FakeGit) -> None:
    """In the order of the stages; a ref that is not a lock of multigit has no holder."""
    assert held_locks(here) == ()
    remote = git["ops"].remote
    remote.refs[lock_ref("main")] = remote.tip("main")
    leave(here, "stg")
    assert [(each.stage, each.holder) for each in held_locks(here)] == [
        ("stg", LEFT),
        ("main", None),
    ]


def test_a_lock_is_released_on_the_record(here: Session, git: FakeGit) -> None:
    """All stages with this id are released and no others; the records say who held them."""
    leave(here, "stg", "main")
    leave(here, "dev", holder=replace(LEFT, nonce="bbbb"))
    released = release_lock(here, "aaaa", "laptop was stolen")
    assert [each.stage for each in released] == ["stg", "main"]
    assert [ref for ref in git["ops"].remote.refs if "locks" in ref] == [lock_ref("dev")]
    told = [(each.stage, each.result) for each in records(here)]
    assert told == [("stg", "planned"), ("stg", "done"), ("main", "planned"), ("main", "done")]
    assert "laptop was stolen (was: stg is locked by Ada" in records(here)[0].message


def test_a_lock_of_another_id_is_not_released(here: Session, git: FakeGit) -> None:
    """Nothing happens, and nothing is recorded."""
    leave(here, "stg")
    with pytest.raises(RefusedError) as caught:
        release_lock(here, "cccc", "typo")
    assert caught.value.code == "no_such_lock"
    assert lock_ref("stg") in git["ops"].remote.refs
    assert records(here) == []


def test_a_lock_that_changed_hands_stays(
    here: Session, git: FakeGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its operation was continued meanwhile; the attempt is recorded."""
    leave(here, "stg")
    before = RemoteLocks.release

    def too_late(locks: RemoteLocks, stage: str, found: StageRef) -> bool:
        remote = git["ops"].remote
        remote.refs[lock_ref(stage)] = git["ops"].store(b"another")
        return before(locks, stage, found)

    monkeypatch.setattr(RemoteLocks, "release", too_late)
    with pytest.raises(RefusedError) as caught:
        release_lock(here, "aaaa", "left over")
    assert caught.value.code == "lock_changed"
    assert lock_ref("stg") in git["ops"].remote.refs
    assert [each.result for each in records(here)] == ["planned", "failed"]
