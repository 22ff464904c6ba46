"""Locks as refs on a remote: all are taken or none, and their holder releases them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier

import pytest

from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.core.progress.locks import PREFIX, Holder, lock_ref
from multigit.core.progress.stage_refs import StageRef
from multigit.core.values.problem import Problem
from multigit.errors import LockedError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo

ADA = Holder("aaaa", "op-1", "promote", "Ada", "laptop", 7, "2025-01-15T15:01:30Z", "release")
GRACE = replace(ADA, nonce="bbbb", operation="op-2", who="Grace", pid=8)


@pytest.fixture
def locks(forge: Forge, api: ForgeRepo) -> RemoteLocks:
    """Return the locks on a repository's remote."""
    return RemoteLocks(open_clone(forge, api))


def refs(repo: ForgeRepo) -> dict[str, str]:
    """Return the lock refs that exist on the remote."""
    return {ref: sha for ref, sha in repo.remote_refs().items() if ref.startswith(PREFIX)}


def holders(locks: RemoteLocks) -> dict[str, Holder | None]:
    """Return who holds which stage."""
    return {stage: ref.holder for stage, ref in locks.read(["stg", "main"]).items()}


@contextmanager
def held(
    locks: RemoteLocks, *stages: str, holder: Holder = ADA, also: str = ""
) -> Iterator[list[Problem]]:
    """Hold the locks of some stages, and yield the problems that are reported at the end."""
    problems: list[Problem] = []
    with locks.hold(stages, holder, also=also, report=problems.append):
        yield problems


def refused(locks: RemoteLocks, *stages: str, holder: Holder = GRACE) -> LockedError:
    """Return why the locks cannot be taken."""
    with pytest.raises(LockedError) as caught, held(locks, *stages, holder=holder):
        pytest.fail("they were taken")
    return caught.value


def test_all_stages_are_locked_and_released_together(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Anyone can read who holds them, and nothing else on the remote changes."""
    before = api.remote_refs()
    with held(locks, "stg", "main") as problems:
        assert refs(api).keys() == {lock_ref("stg"), lock_ref("main")}
        assert locks.read(["stg"]) == {"stg": StageRef(refs(api)[lock_ref("stg")], ADA)}
    assert api.remote_refs() == before
    assert locks.read(["stg"]) == {}
    assert problems == []


def test_a_lock_on_one_stage_keeps_others_from_all(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The error names the holder, and the hint has the id to release a stale lock with."""
    with held(locks, "main"):
        before = refs(api)
        error = refused(locks, "stg", "main")
        assert refs(api) == before
    assert error.code == "locked_remotely"
    assert "Ada" in error.message
    assert ADA.nonce in error.hint


def test_of_two_that_try_at_once_only_one_gets_the_lock(forge: Forge, api: ForgeRepo) -> None:
    """The other one is refused, and neither leaves a lock behind."""
    both = Barrier(2, timeout=20)

    def take(holder: Holder) -> str:
        locks = RemoteLocks(open_clone(forge, api))
        both.wait()
        try:
            with held(locks, "stg", holder=holder):
                both.wait()  # neither releases it before the other has tried
                return "taken"
        except LockedError:
            both.wait()
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert [*pool.map(take, (ADA, GRACE))].count("taken") == 1
    assert refs(api) == {}


def test_an_operation_takes_over_its_own_locks(locks: RemoteLocks, api: ForgeRepo) -> None:
    """It takes over locks from an earlier attempt, even if only some stages were locked."""
    stale = api.remote_git("hash-object", "-w", "--stdin", input=_content(locks, api))
    api.remote_git("update-ref", lock_ref("stg"), stale)
    again = replace(ADA, nonce="cccc")
    with held(locks, "stg", "main", holder=again):
        assert holders(locks) == {"stg": again, "main": again}
    assert refs(api) == {}


def test_an_undo_takes_over_the_lock_of_what_it_undoes(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The undo passes the id of that operation."""
    stale = api.remote_git("hash-object", "-w", "--stdin", input=_content(locks, api))
    api.remote_git("update-ref", lock_ref("stg"), stale)
    with held(locks, "stg", holder=GRACE, also=ADA.operation):
        assert holders(locks) == {"stg": GRACE}
    assert refs(api) == {}


def _content(locks: RemoteLocks, api: ForgeRepo) -> str:
    """Return the content of one of Ada's locks."""
    with held(locks, "stg"):
        return api.remote_git("cat-file", "blob", lock_ref("stg"))


def test_a_ref_that_is_not_a_lock_is_left_alone(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Someone else created it, so only they can decide about it."""
    api.remote_git("update-ref", lock_ref("stg"), api.tip("main"))
    before = refs(api)
    assert refused(locks, "stg").code == "lock_unreadable"
    assert locks.read(["stg"]) == {"stg": StageRef(api.tip("main"))}
    locks.release_of(["stg"], ADA.operation, report=lambda problem: pytest.fail(problem.message))
    assert refs(api) == before


def test_a_remote_that_refuses_locks_says_why(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The error has the server's own words."""
    api.reject_pushes("refs/multigit/*", "no such refs here")
    error = refused(locks, "stg")
    assert error.code == "lock_refused"
    assert "no such refs here" in error.message


def test_an_unreachable_remote_locks_nothing(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The operation does not start."""
    shutil.move(api.bare, api.bare.with_name("moved"))
    assert refused(locks, "stg").code == "lock_unreachable"


def test_a_lock_that_is_gone_need_not_be_released(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Someone released it by hand; if someone else has taken it since, their lock stays."""
    with held(locks, "stg") as problems:
        sha = refs(api)[lock_ref("stg")]
        assert locks.release("stg", StageRef(sha, ADA))
        with held(locks, "stg", holder=GRACE):
            assert not locks.release("stg", StageRef(sha, ADA))
            locks.release_of(["stg"], ADA.operation, report=problems.append)
            assert holders(locks) == {"stg": GRACE}
    assert problems == []
    assert refs(api) == {}


def test_a_lock_that_cannot_be_released_is_reported(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The report has its id, and only the end of the same operation can release it later."""
    with held(locks, "stg") as problems:
        api.reject_pushes("refs/multigit/*")
    assert [problem.code for problem in problems] == ["lock_left"]
    assert ADA.nonce in problems[0].hint
    assert refs(api).keys() == {lock_ref("stg")}
    api.allow_pushes()
    locks.release_of(["stg"], GRACE.operation, report=problems.append)
    assert refs(api).keys() == {lock_ref("stg")}
    locks.release_of(["stg"], ADA.operation, report=problems.append)
    assert refs(api) == {}
    assert len(problems) == 1
