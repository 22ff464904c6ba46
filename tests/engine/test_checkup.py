"""Checking repositories: what each remote is asked, on the fake git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multigit.core.progress.locks import lock_ref
from multigit.core.reports.checkup import Checkup, DoctorRequest, LockTrial
from multigit.core.values.git_answers import Publication, PushReport
from multigit.engine.checkup import check_repositories
from multigit.engine.fleet import Fleet
from multigit.errors import GitError
from tests.engine.operations import Listening
from tests.support.fake_git import (
    FakeGit,
    FakeRemote,
    answer_lost,
    answer_never_came,
    never_arrived,
)

PROBE = lock_ref("doctor-1")


def examined(git: FakeGit, *, lock: str = "") -> Mapping[str, Checkup]:
    """Check all repositories, and assert that no remote is changed."""
    space, before = git.workspace, git.remote_refs()
    request = DoctorRequest(space.repos, space, PROBE, lock)
    seen = check_repositories(git, request, Fleet(Listening(), 4))
    assert git.remote_refs() == before
    return seen


def test_without_locks_nothing_is_pushed() -> None:
    """The push is only a dry run."""
    git = FakeGit("api", "web")
    seen = examined(git)
    assert [each.push for each in seen.values()] == [None, None]
    assert [each.lock for each in seen.values()] == [None, None]
    assert [repo.remote.pushes for repo in git.repos.values()] == [[], []]


def test_a_lock_is_set_and_deleted_in_its_repository_alone() -> None:
    """Two pushes of one ref, with exact leases."""
    git = FakeGit("api", "web")
    seen = examined(git, lock="api")
    assert (seen["api"].lock, seen["web"].lock) == (LockTrial(), None)
    (taken,), (given,) = git["api"].remote.pushes
    assert (taken.ref, taken.before) == (PROBE, "")
    assert given == Publication(PROBE, taken.after, "")
    assert git["web"].remote.pushes == []


def test_a_refused_lock_keeps_its_reason() -> None:
    """Nothing is deleted, because nothing was created."""
    git = FakeGit("api")
    git["api"].remote.reject("refs/multigit/*", "not here")
    assert examined(git, lock="api")["api"].lock == LockTrial(refused="hook declined; not here")
    assert len(git["api"].remote.pushes) == 1


def test_a_lock_whose_answer_was_lost_is_deleted() -> None:
    """It is deleted after a push that returned no answer, and after one that never returned."""
    for fault in (answer_lost, answer_never_came):
        git = FakeGit("api")
        git["api"].remote.next_push = fault
        assert examined(git, lock="api")["api"].lock == LockTrial()


def test_a_lock_whose_push_was_lost_is_not_set() -> None:
    """The reason is reported; the dry run showed that the remote can be reached."""
    git = FakeGit("api")
    git["api"].remote.next_push = never_arrived
    lock = examined(git, lock="api")["api"].lock
    assert lock
    assert "hung up" in lock.refused


def test_a_lock_that_is_not_given_back_says_why() -> None:
    """The result has the reason, and the caller reports it."""

    def no_deletion(remote: FakeRemote, publications: Sequence[Publication]) -> PushReport:
        report = remote.receive(publications)
        remote.next_push = lambda *_: PushReport(accepted=False, reason="deletion is not allowed")
        return report

    git = FakeGit("api")
    git["api"].remote.next_push = no_deletion
    request = DoctorRequest(git.workspace.repos, git.workspace, PROBE, "api")
    seen = check_repositories(git, request, Fleet(Listening(), 1))
    assert seen["api"].lock == LockTrial(stays="deletion is not allowed")


def test_a_remote_that_cannot_be_read_is_not_pushed_to() -> None:
    """The unreachable remote is reported, and nothing else is checked."""
    git = FakeGit("api")
    git["api"].remote.reachable = False
    seen = examined(git, lock="api")["api"]
    assert seen.snapshot.stale
    assert seen.snapshot.stale.code == "unreachable"
    assert (seen.push, seen.lock, git["api"].remote.pushes) == (None, None, [])


def test_a_clone_that_cannot_be_read_stops_no_other() -> None:
    """Its snapshot has the reason."""
    git = FakeGit("api", "web")
    git["api"].broken = GitError("is not a git repository.", code="not_a_repository")
    seen = examined(git)
    assert seen["api"].snapshot.error
    assert seen["web"].snapshot.error is None
