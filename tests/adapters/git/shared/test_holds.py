"""Holds in the refs of stages: kept by every lock, set at once, and gone only when released."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.shared.locks import RemoteLocks
from multigit.core.progress.locks import Holder, lock_ref
from multigit.core.progress.shared import shared_in
from multigit.core.progress.stage_refs import StageRef, hold_bytes
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.hold import Ends, HeldRepo, Hold, SeenHold
from multigit.core.values.problem import Problem
from multigit.errors import LockedError, MultigitError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo

NOON = "2025-01-15T12:00:00Z"
ADA = Holder("aaaa", "op-2", "promote", "Ada", "laptop", 7, NOON, "release")
GRACE = replace(ADA, nonce="bbbb", operation="op-3", who="Grace")
HOLD = Hold(
    *("stg", "op-1", "r-1", "r-2", "Grace", "laptop", NOON, "charges twice"),
    {"api": HeldRepo("old", "new"), "web": HeldRepo("old", "new")},
)
REST = replace(HOLD, repos={"web": HeldRepo("old", "new")})
STG = lock_ref("stg")


@pytest.fixture
def clone(forge: Forge, api: ForgeRepo) -> GitRepository:
    """Return a clone of the repository whose remote has the locks."""
    return open_clone(forge, api)


@pytest.fixture
def locks(clone: GitRepository) -> RemoteLocks:
    """Return the locks on its remote."""
    return RemoteLocks(clone)


def quiet(problem: Problem) -> None:
    """Fail on any problem."""
    pytest.fail(problem.message)


def there(clone: GitRepository) -> StageRef | None:
    """Return what the ref of stg says on the remote."""
    clone.fetch_shared()
    return shared_in(clone.shared_refs()).stages.get("stg")


def held_by(clone: GitRepository) -> tuple[str, Hold | None]:
    """Return who has the lock of stg, and the hold on it."""
    ref = there(clone)
    return (ref.holder.who if ref and ref.holder else "", ref.hold if ref else None)


def set_hold(clone: GitRepository, hold: Hold = HOLD) -> SeenHold:
    """Hold stg, as an operation that is over left it; return it as a plan sees it."""
    before = there(clone)
    sha = clone.store(hold_bytes(hold.document()))
    assert clone.push([Publication(STG, before.sha if before else "", sha)]).accepted
    clone.fetch_shared()
    return SeenHold(hold.operation, sha)


def pushes(clone: GitRepository, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Publication]]:
    """Return the pushes from now on."""
    seen: list[Sequence[Publication]] = []
    push = clone.push

    def noted(publications: Sequence[Publication]) -> PushReport:
        seen.append(publications)
        return push(publications)

    monkeypatch.setattr(clone, "push", noted)
    return seen


def test_a_hold_is_seen_at_once_and_stays(clone: GitRepository, locks: RemoteLocks) -> None:
    """While the lock is held it is in it, and afterwards it is all that is left."""
    with locks.hold(["stg", "main"], ADA, report=quiet) as taken:
        taken.hold("stg", HOLD)
        assert held_by(clone) == ("Ada", HOLD)
    assert held_by(clone) == ("", HOLD)
    assert lock_ref("main") not in clone.shared_refs()


def test_a_hold_that_is_set_next_comes_with_the_lock(
    clone: GitRepository, locks: RemoteLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in place of another one: no push of its own is needed."""
    seen, own = {"stg": set_hold(clone)}, replace(HOLD, operation=ADA.operation)
    made = pushes(clone, monkeypatch)
    with locks.hold(["main", "stg"], ADA, seen=seen, ahead=own, report=quiet) as taken:
        assert held_by(clone) == ("Ada", own)
        taken.hold("stg", own)
    assert held_by(clone) == ("", own)
    assert len(made) == 2


@pytest.mark.parametrize("lost", [False, True])
def test_a_hold_that_was_not_set_after_all_is_not_left(
    clone: GitRepository, locks: RemoteLocks, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    """What was held before stays: nothing of the operation has begun, or the lock is unknown."""
    seen, own = {"stg": set_hold(clone)}, replace(HOLD, operation=ADA.operation)
    if lost:
        answer_lost(clone, monkeypatch, 1)
        monkeypatch.setattr(locks, "read", _gone)
    with suppress(LockedError), locks.hold(["stg"], ADA, seen=seen, ahead=own, report=quiet):
        assert not lost
        assert held_by(clone) == ("Ada", own)
    monkeypatch.undo()
    assert held_by(clone) == ("", HOLD)


def test_a_hold_that_the_plan_saw_stays(
    clone: GitRepository, locks: RemoteLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no more pushes than a lock without one."""
    seen = set_hold(clone)
    made = pushes(clone, monkeypatch)
    with locks.hold(["main", "stg"], ADA, seen={"stg": seen}, report=quiet):
        assert held_by(clone) == ("Ada", HOLD)
    assert held_by(clone) == ("", HOLD)
    assert len(made) == 2
    assert there(clone) == StageRef(seen.sha, None, HOLD, HOLD.document())


@pytest.mark.parametrize("rest", [None, REST])
def test_a_hold_is_released_with_the_lock(
    rest: Hold | None, clone: GitRepository, locks: RemoteLocks
) -> None:
    """Wholly or in part, and not before."""
    seen = {"stg": set_hold(clone)}
    with locks.hold(["stg"], ADA, seen=seen, report=quiet) as taken:
        taken.release_hold("stg", rest)
        assert held_by(clone) == ("Ada", HOLD)
    assert held_by(clone) == ("", rest)


def test_a_lock_that_is_kept_keeps_the_hold(clone: GitRepository, locks: RemoteLocks) -> None:
    """Also one that was to be released: the command that finishes the operation says that again."""
    seen, heard = {"stg": set_hold(clone)}, list[Problem]()
    with locks.hold(["stg"], ADA, seen=seen, report=heard.append) as taken:
        taken.release_hold("stg")
        taken.keep()
    assert [each.code for each in heard] == ["lock_kept"]
    assert held_by(clone) == ("Ada", HOLD)
    again = replace(ADA, nonce="cccc")
    with locks.hold(["stg"], again, seen=seen, report=quiet) as taken:
        taken.release_hold("stg")
    assert there(clone) is None


def test_a_hold_that_came_since_the_plan_stops_the_operation(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """The error says who held the stage and why, and nothing changes."""
    set_hold(clone)
    for seen in ({}, {"stg": SeenHold("op-0", "0" * 40)}):
        with (
            pytest.raises(LockedError) as caught,
            locks.hold(["main", "stg"], ADA, seen=seen, report=quiet),
        ):
            pytest.fail("it was taken")
        assert caught.value.code == "held_since"
        assert "Grace on laptop rolled it back to r-1 (charges twice)" in caught.value.message
        assert "Nothing was changed." in caught.value.message
    assert held_by(clone) == ("", HOLD)
    assert lock_ref("main") not in clone.shared_refs()


def test_a_hold_that_is_gone_or_smaller_stops_nothing(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """What is left of it stays."""
    seen = {"stg": set_hold(clone)}
    set_hold(clone, REST)
    with locks.hold(["stg"], ADA, seen=seen, report=quiet):
        assert held_by(clone) == ("Ada", REST)
    found = there(clone)
    assert found
    assert found.hold == REST
    assert clone.push([Publication(STG, found.sha, "")]).accepted
    with locks.hold(["stg"], ADA, seen=seen, report=quiet):
        assert held_by(clone) == ("Ada", None)
    assert there(clone) is None


def test_a_hold_that_changed_stops_what_is_to_change_it(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """It would hold again what someone has let go out, or start beside what is running now."""
    seen, more = {"stg": set_hold(clone)}, replace(HOLD, running=("api",))
    refused = [(REST, seen), (more, seen), (None, seen), (HOLD, {"stg": SeenHold("op-1")})]
    for now, plan in refused:
        set_hold(clone, now or HOLD)
        before = there(clone)
        assert before
        if now is None:
            assert clone.push([Publication(STG, before.sha, "")]).accepted
        with (
            pytest.raises(LockedError) as caught,
            locks.hold(["stg"], ADA, seen=plan, exact=True, report=quiet),
        ):
            pytest.fail("it was taken")
        assert caught.value.code == "held_since"
        assert held_by(clone) == ("", now)
    own, unseen = replace(HOLD, operation=ADA.operation), {"stg": SeenHold(ADA.operation)}
    for now, plan in ((HOLD, seen), (own, unseen)):
        set_hold(clone, now)
        with locks.hold(["stg"], ADA, seen=plan, exact=True, report=quiet):
            assert held_by(clone) == ("Ada", now)


def test_a_stage_that_someone_locked_since_is_not_taken(
    forge: Forge, api: ForgeRepo, clone: GitRepository, locks: RemoteLocks
) -> None:
    """Not even with the lock's object as what the plan saw."""
    seen = {"stg": set_hold(clone)}
    other = RemoteLocks(open_clone(forge, api))
    with other.hold(["stg"], GRACE, seen=seen, report=quiet):
        locked = there(clone)
        assert locked
        for plan in (seen, {"stg": SeenHold("op-1", locked.sha)}, {"stg": SeenHold("op-1")}):
            with (
                pytest.raises(LockedError) as caught,
                locks.hold(["stg"], ADA, seen=plan, report=quiet),
            ):
                pytest.fail("it was taken")
            assert caught.value.code == "locked_remotely"
        assert there(clone) == locked
    with locks.hold(["stg"], ADA, seen={"stg": SeenHold("op-1")}, report=quiet):
        assert held_by(clone) == ("Ada", HOLD)


def test_an_operation_takes_over_its_own_lock_with_the_hold(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """It was killed after it had held the stage; its plan knows nothing of that."""
    with suppress(KeyboardInterrupt), locks.hold(["stg"], ADA, report=lambda _: None) as taken:
        taken.hold("stg", replace(HOLD, operation=ADA.operation))
        taken.keep()
        raise KeyboardInterrupt
    with locks.hold(["stg"], replace(ADA, nonce="cccc"), report=quiet):
        assert held_by(clone) == ("Ada", replace(HOLD, operation=ADA.operation))
    assert held_by(clone) == ("", replace(HOLD, operation=ADA.operation))
    # Its lock was released by hand meanwhile: its hold is still its own.
    with locks.hold(["stg"], replace(ADA, nonce="dddd"), report=quiet) as taken:
        taken.release_hold("stg")
    assert there(clone) is None


def test_an_undo_leaves_every_hold(clone: GitRepository, locks: RemoteLocks) -> None:
    """It deploys nothing."""
    set_hold(clone)
    with locks.hold(["stg"], ADA, also="op-0", report=quiet):
        assert held_by(clone) == ("Ada", HOLD)
    assert held_by(clone) == ("", HOLD)


def answer_lost(clone: GitRepository, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Lose the answer to one of the next pushes."""
    push, count = clone.push, iter(range(1, 100))

    def lost(publications: Sequence[Publication]) -> PushReport:
        report = push(publications)
        if next(count) != number:
            return report
        return PushReport(accepted=False, reason="the remote end hung up", final=False)

    monkeypatch.setattr(clone, "push", lost)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_answer_that_was_lost_changes_nothing(
    number: int, clone: GitRepository, locks: RemoteLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the push of the lock, of the hold, or of what remains: the remote is read."""
    answer_lost(clone, monkeypatch, number)
    with locks.hold(["stg"], ADA, report=quiet) as taken:
        taken.hold("stg", HOLD)
        assert held_by(clone) == ("Ada", HOLD)
    assert held_by(clone) == ("", HOLD)


def test_a_hold_that_is_refused_is_not_left(
    clone: GitRepository, locks: RemoteLocks, api: ForgeRepo
) -> None:
    """What needs it does not begin; the stage is as it was before."""
    seen = {"stg": set_hold(clone)}
    other = replace(HOLD, operation=ADA.operation, why="again")
    with locks.hold(["stg"], ADA, seen=seen, report=quiet) as taken:
        api.reject_pushes("refs/multigit/*", "not today")
        with pytest.raises(LockedError) as caught:
            taken.hold("stg", other)
        api.allow_pushes()
    assert caught.value.code == "lock_refused"
    assert "not today" in caught.value.message
    assert held_by(clone) == ("", HOLD)


def test_a_hold_of_which_nothing_is_known_is_not_left(
    clone: GitRepository, locks: RemoteLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remote has it, but cannot be asked until the lock is released."""
    with locks.hold(["stg"], ADA, report=quiet) as taken:
        answer_lost(clone, monkeypatch, 1)
        monkeypatch.setattr(clone, "remote_refs", _gone)
        with pytest.raises(LockedError) as caught:
            taken.hold("stg", HOLD)
        monkeypatch.undo()
        assert held_by(clone) == ("Ada", HOLD)
    assert caught.value.code == "lock_unreachable"
    assert there(clone) is None


def _gone(refs: Sequence[str]) -> dict[str, str]:
    raise MultigitError(f"{refs} cannot be asked")


def test_what_was_left_behind_is_released_and_its_hold_stays(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """Unless the operation changed it; then that is done, too, and never twice."""
    seen = {"stg": set_hold(clone)}
    for changed, rest in (({}, HOLD), ({"stg": REST}, REST), ({"stg": None}, None)):
        holder = replace(ADA, nonce=f"{rest}")
        with locks.hold(["stg"], holder, seen=seen, report=lambda _: None) as taken:
            taken.keep()
        for _ in range(2):
            locks.release_of(["stg"], ADA.operation, changed=changed, seen=seen, report=quiet)
            assert held_by(clone) == ("", rest)


def test_a_hold_is_released_though_its_lock_was_by_hand(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """Also the operation's own, which gives way to what it found; one that came later stays."""
    seen = {"stg": set_hold(clone)}
    locks.release_of(["stg"], ADA.operation, changed={"stg": None}, seen=seen, report=quiet)
    assert there(clone) is None
    set_hold(clone, replace(HOLD, operation=ADA.operation))
    locks.release_of(["stg"], ADA.operation, report=quiet)
    assert held_by(clone) == ("", replace(HOLD, operation=ADA.operation))
    locks.release_of(["stg"], ADA.operation, changed={"stg": HOLD}, seen=seen, report=quiet)
    assert held_by(clone) == ("", HOLD)
    set_hold(clone, replace(HOLD, operation="op-9"))
    locks.release_of(["stg"], ADA.operation, changed={"stg": None}, seen=seen, report=quiet)
    assert held_by(clone) == ("", replace(HOLD, operation="op-9"))


def test_a_lock_that_is_released_by_hand_leaves_its_hold(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """Only the lock is stale."""
    seen = {"stg": set_hold(clone)}
    with locks.hold(["stg"], ADA, seen=seen, report=lambda _: None) as taken:
        taken.keep()
    found = there(clone)
    assert found
    assert locks.release("stg", found)
    assert held_by(clone) == ("", HOLD)


def die_holding(locks: RemoteLocks, own: Hold) -> None:
    """Leave the lock and the hold as a roll-back does that is killed."""
    with locks.hold(["stg"], ADA, ahead=own, report=lambda _: None) as taken:
        taken.hold("stg", own)
        taken.keep()


def test_a_hold_says_what_is_left_until_its_operation_tells(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """A crash leaves it as it was set; so does a lock that another machine releases by hand."""
    both = ("api", "web")
    own = replace(HOLD, operation=ADA.operation, running=both, left=both)
    for ends in (Ends(frozenset({"api"}), frozenset({"web"})), Ends(done=frozenset(both))):
        die_holding(locks, own)
        locks.release_of(["stg"], ADA.operation, ends=ends, report=quiet)
        assert held_by(clone) == ("", own.after(ends))
    die_holding(locks, own)
    found = there(clone)
    assert found
    assert locks.release("stg", found)
    assert held_by(clone) == ("", own)


def test_what_a_later_version_wrote_stays_in_a_smaller_hold(
    clone: GitRepository, locks: RemoteLocks
) -> None:
    """Whether the operation that makes it smaller ended by itself or was killed."""
    later = {**HOLD.document(), "ticket": "OPS-7"}
    for killed in (True, False):
        sha = clone.store(hold_bytes(later))
        now = clone.remote_refs([STG]).get(STG, "")
        assert clone.push([Publication(STG, now, sha)]).accepted
        seen = {"stg": SeenHold("op-1", sha)}
        with locks.hold(["stg"], ADA, seen=seen, report=lambda _: None) as taken:
            if killed:
                taken.keep()
            taken.release_hold("stg", REST)
        locks.release_of(["stg"], ADA.operation, changed={"stg": REST}, seen=seen, report=quiet)
        ref = there(clone)
        assert ref
        assert (ref.hold, ref.written["ticket"]) == (REST, "OPS-7")


def test_an_unreadable_ref_is_not_taken(clone: GitRepository, locks: RemoteLocks) -> None:
    """It may be a hold that this version does not know."""
    sha = clone.store(b'{"hold": {"reason": "a later version"}}')
    assert clone.push([Publication(STG, "", sha)]).accepted
    for also in ("", "op-1"):
        with (
            pytest.raises(LockedError) as caught,
            locks.hold(["stg"], ADA, also=also, report=quiet),
        ):
            pytest.fail("it was taken")
        assert caught.value.code == "lock_unreadable"
    locks.release_of(["stg"], ADA.operation, changed={"stg": None}, report=quiet)
    assert there(clone) == StageRef(sha)


def test_a_remote_that_went_away_keeps_the_hold(
    clone: GitRepository, locks: RemoteLocks, api: ForgeRepo
) -> None:
    """The lock stays, and is reported."""
    seen, heard, away = {"stg": set_hold(clone)}, list[Problem](), api.bare.with_name("moved")
    with locks.hold(["stg"], ADA, seen=seen, report=heard.append) as taken:
        taken.release_hold("stg")
        shutil.move(api.bare, away)
    shutil.move(away, api.bare)
    assert [each.code for each in heard] == ["lock_left"]
    assert held_by(clone) == ("Ada", HOLD)
