"""What all observations have in common: the fetch, failures, Ctrl-C and notifications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from multigit.core.values.git_answers import RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import Observation, observe
from multigit.engine.ports import Repository
from multigit.errors import GitError
from tests.engine.observe.observing import look_at, promotion
from tests.engine.operations import Listening
from tests.support.fake_git import FakeGit


@dataclass(frozen=True)
class ActingLook(Observation):
    """An observation that acts instead of fetching, and sees nothing."""

    act: Callable[[], object]

    @property
    def query(self) -> RefQuery:
        """Return an empty query."""
        return RefQuery(())

    def reach(self, name: str, repository: Repository, show: ShowActivity) -> Snapshot:
        """Act, and return an empty snapshot."""
        del repository, show
        self.act()
        return Snapshot(name)

    def read(self, repository: Repository, seen: Snapshot, show: ShowActivity) -> Snapshot:
        """Return the snapshot as is."""
        del repository, show
        return seen


def test_every_repository_is_observed() -> None:
    """Each snapshot has what the remote has now."""
    git = FakeGit("api", "web")
    tips = {name: repo.remote.commit("dev", {"a": "1"}) for name, repo in git.repos.items()}
    seen = look_at(git, promotion(git))
    remotes = {name: snapshot.refs.branch("dev").remote for name, snapshot in seen.items()}
    assert {name: tip.sha for name, tip in remotes.items() if tip} == tips


def test_a_repository_that_cannot_be_read_says_why() -> None:
    """The others are still observed."""
    git = FakeGit("api", "web")
    git["api"].broken = GitError(
        "is not a git repository.", hint="Move it.", code="not_a_repository"
    )
    git["web"].remote.commit("dev", {"a": "1"})
    seen = look_at(git, promotion(git))
    problem = Problem("not_a_repository", "is not a git repository.", "Move it.")
    assert seen["api"] == Snapshot("api", error=problem)
    assert seen["web"].error is None
    assert seen["web"].merges


def test_a_bug_is_no_snapshot() -> None:
    """Only multigit's own errors become part of a snapshot."""
    git = FakeGit("api")
    with pytest.raises(ZeroDivisionError):
        look_at(git, ActingLook(lambda: 1 // 0))


def test_ctrl_c_while_reading_ends_everything(press_ctrl_c: Callable[[], None]) -> None:
    """Nothing has happened yet, so there is nothing to report."""
    git = FakeGit("api", "web")
    with pytest.raises(KeyboardInterrupt):
        look_at(git, ActingLook(press_ctrl_c), jobs=1)


def test_the_listener_hears_of_every_repository() -> None:
    """It is notified when each repository starts and how it ended."""
    git, heard = FakeGit("api", "web"), Listening()
    git["web"].broken = GitError("is broken.")
    observe(git, git.workspace.repos, promotion(git).of, Fleet(heard, 1))
    assert heard.heard[0] == ("Reading", "api", "web")
    assert [event for event in heard.heard if event[0] == "api"] == [
        ("api", "fetching"),
        ("api", "read", ""),
    ]
    assert [event for event in heard.heard if event[0] == "web"] == [
        ("web", "fetching"),
        ("web", "failed", "is broken."),
    ]


def test_the_listener_hears_nothing_of_a_fetch_that_is_not_made() -> None:
    """Without a fetch, the listener is notified of reading."""
    git, heard = FakeGit("api"), Listening()
    look = promotion(git)
    observe(git, git.workspace.repos, look.of, Fleet(heard, 1), doing="reading")
    assert ("api", "reading") in heard.heard
    assert ("api", "fetching") not in heard.heard
