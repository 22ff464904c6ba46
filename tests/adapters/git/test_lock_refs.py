"""Locks as refs of a remote: taken all at once or not at all, and given back by their holder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier

import pytest

from multigit.adapters.git.lock_refs import RemoteLocks
from multigit.core.progress.locks import PREFIX, Holder, lock_ref
from multigit.core.values.problem import Problem
from multigit.errors import LockedError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo

ADA = Holder("aaaa", "op-1", "promote", "Ada", "laptop", 7, "2025-01-15T15:01:30Z", "release")
GRACE = replace(ADA, nonce="bbbb", operation="op-2", who="Grace", pid=8)


@pytest.fixture
def locks(forge: Forge, api: ForgeRepo) -> RemoteLocks:
    """Return the locks in a repository's remote."""
    return RemoteLocks(open_clone(forge, api))


def refs(repo: ForgeRepo) -> dict[str, str]:
    """Return the refs of the locks that are held."""
    return {ref: sha for ref, sha in repo.remote_refs().items() if ref.startswith(PREFIX)}


@contextmanager
def held(
    locks: RemoteLocks, *stages: str, holder: Holder = ADA, also: str = ""
) -> Iterator[list[Problem]]:
    """Hold the locks of some stages; yields what is said in the end."""
    heard: list[Problem] = []
    with locks.hold(stages, holder, also=also, tell=heard.append):
        yield heard


def refused(locks: RemoteLocks, *stages: str, holder: Holder = GRACE) -> LockedError:
    """Return why the locks cannot be had."""
    with pytest.raises(LockedError) as caught, held(locks, *stages, holder=holder):
        pytest.fail("they were had")
    return caught.value


def test_all_stages_are_locked_and_released_together(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Everybody can read who holds them; nothing else on the remote moves."""
    before = api.remote_refs()
    with held(locks, "stg", "main") as heard:
        assert refs(api).keys() == {lock_ref("stg"), lock_ref("main")}
        assert locks.read("stg") == (refs(api)[lock_ref("stg")], ADA)
    assert api.remote_refs() == before
    assert locks.read("stg") is None
    assert heard == []


def test_one_stage_that_is_held_keeps_all_away(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The error names the holder, and the lock's id for whoever knows that it is left over."""
    with held(locks, "main"):
        before = refs(api)
        error = refused(locks, "stg", "main")
        assert refs(api) == before
    assert error.code == "locked_remotely"
    assert "Ada" in error.message
    assert ADA.nonce in error.hint


def test_of_two_that_come_at_once_one_gets_it(forge: Forge, api: ForgeRepo) -> None:
    """The other is refused, and takes nothing away from it."""
    both = Barrier(2, timeout=20)

    def take(holder: Holder) -> str:
        locks = RemoteLocks(open_clone(forge, api))
        both.wait()
        try:
            with held(locks, "stg", holder=holder):
                both.wait()  # neither lets go before the other has tried
                return "had"
        except LockedError:
            both.wait()
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert [*pool.map(take, (ADA, GRACE))].count("had") == 1
    assert refs(api) == {}


def test_what_an_operation_left_is_taken_over_by_it(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Also where it had only some of the stages; nobody else's is."""
    left = api.remote_git("hash-object", "-w", "--stdin", input=_content(locks, api))
    api.remote_git("update-ref", lock_ref("stg"), left)
    again = replace(ADA, nonce="cccc")
    with held(locks, "stg", "main", holder=again):
        assert locks.read("stg") == (refs(api)[lock_ref("stg")], again)
        assert locks.read("main") == (refs(api)[lock_ref("main")], again)
    assert refs(api) == {}


def test_an_undo_takes_over_the_lock_of_what_it_takes_back(
    locks: RemoteLocks, api: ForgeRepo
) -> None:
    """It names the operation."""
    left = api.remote_git("hash-object", "-w", "--stdin", input=_content(locks, api))
    api.remote_git("update-ref", lock_ref("stg"), left)
    with held(locks, "stg", holder=GRACE, also=ADA.operation):
        assert locks.read("stg") == (refs(api)[lock_ref("stg")], GRACE)
    assert refs(api) == {}


def _content(locks: RemoteLocks, api: ForgeRepo) -> str:
    """Return what a lock of Ada's holds."""
    with held(locks, "stg"):
        return api.remote_git("cat-file", "blob", lock_ref("stg"))


def test_a_ref_that_is_no_lock_is_left_alone(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Somebody put it there, and has to look at it."""
    api.remote_git("update-ref", lock_ref("stg"), api.tip("main"))
    before = refs(api)
    assert refused(locks, "stg").code == "lock_unreadable"
    assert locks.read("stg") == (api.tip("main"), None)
    locks.release_of(["stg"], ADA.operation, tell=lambda each: pytest.fail(each.message))
    assert refs(api) == before


def test_a_remote_that_takes_no_locks_says_why(locks: RemoteLocks, api: ForgeRepo) -> None:
    """In the server's words."""
    api.reject_pushes("refs/multigit/*", "no such refs here")
    error = refused(locks, "stg")
    assert error.code == "lock_refused"
    assert "no such refs here" in error.message


def test_a_remote_that_is_not_there_locks_nothing(locks: RemoteLocks, api: ForgeRepo) -> None:
    """The operation does not begin."""
    shutil.move(api.bare, api.bare.with_name("moved"))
    assert refused(locks, "stg").code == "lock_unreachable"


def test_what_is_gone_already_need_not_be_given_back(locks: RemoteLocks, api: ForgeRepo) -> None:
    """Somebody released it by hand, and may hold it again: that one stays."""
    with held(locks, "stg") as heard:
        sha = refs(api)[lock_ref("stg")]
        assert locks.release("stg", sha)
        with held(locks, "stg", holder=GRACE):
            assert not locks.release("stg", sha)
            locks.release_of(["stg"], ADA.operation, tell=heard.append)
            assert locks.read("stg") == (refs(api)[lock_ref("stg")], GRACE)
    assert heard == []
    assert refs(api) == {}


def test_what_cannot_be_given_back_is_told_with_its_id(locks: RemoteLocks, api: ForgeRepo) -> None:
    """It stays; whatever ends the operation tries again."""
    with held(locks, "stg") as heard:
        api.reject_pushes("refs/multigit/*")
    assert [each.code for each in heard] == ["lock_left"]
    assert ADA.nonce in heard[0].hint
    assert refs(api).keys() == {lock_ref("stg")}
    api.allow_pushes()
    locks.release_of(["stg"], GRACE.operation, tell=heard.append)
    assert refs(api).keys() == {lock_ref("stg")}
    locks.release_of(["stg"], ADA.operation, tell=heard.append)
    assert refs(api) == {}
    assert len(heard) == 1
