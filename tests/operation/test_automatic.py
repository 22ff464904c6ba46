"""Automatic roll-backs of whole operations: when there is one, and when there must be none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from multigit.adapters.files.journal import Journal
from multigit.core.planning.plan import Result, State
from multigit.core.values.deploy_config import Deploy, GithubRunner
from multigit.core.values.deployment import RunState, RunStatus
from multigit.core.values.workspace import OnUnhealthy, Workspace
from multigit.errors import RefusedError
from multigit.operation.continuing import continue_
from multigit.operation.recovery import abandon
from multigit.operation.run import Ended
from tests.operation.conftest import with_work
from tests.operation.desk import WORKFLOW, YES, Desk, KilledError

LOCK = "refs/multigit/locks/stg"


def going_back(space: Workspace) -> Workspace:
    """Return the workspace whose stages go back by themselves, with its locks on api's remote."""
    stages = tuple(replace(s, on_unhealthy=OnUnhealthy.ROLLBACK) for s in space.stages)
    repos = tuple(replace(repo, irreversible=()) for repo in space.repos)
    return replace(space, stages=stages, repos=repos, lock_repo="api")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a workspace with a good release, and work for the next one."""
    desk = Desk(tmp_path, deploys=WORKFLOW)
    desk.change = going_back
    desk.git["api"].shares = True
    with_work(desk).promote()
    for repo in desk.git.repos.values():
        repo.remote.commit("dev", {"more.txt": "2"})
    return desk


def why_not(ended: Ended) -> list[str]:
    """Return why nothing was rolled back; assert that nothing was."""
    assert ended.report.rolled_back is None
    return [each.message for each in ended.report.problems if each.code == "not_rolled_back"]


def test_what_failed_goes_back(desk: Desk) -> None:
    """Each repository is deployed a third time; both operations have a record."""
    desk.hosts.script("web", RunState.FAILED)
    ended = desk.promote()
    assert ended.report.rolled_back
    assert desk.hosts.starts == {("api", ""): 3, ("web", ""): 3}
    assert [each.command for each in desk.records] == ["promote", "promote", "rollback"]


def test_what_was_published_and_not_started_is_held_with_the_rest(desk: Desk) -> None:
    """Its host asked to wait for too long. The stage has its old commit still, and keeps it."""
    desk.git.deploy = Deploy(GithubRunner("deploy.yml", ref="tag"))
    desk.promote()
    old, runs = desk.git["web"].remote.refs["refs/heads/stg"], dict(desk.hosts.starts)
    for repo in desk.git.repos.values():
        repo.remote.commit("dev", {"more.txt": "3"})
    desk.hosts.script("api", RunState.FAILED)
    desk.hosts.limits[("web", "")] = [9e9]
    back = desk.promote().report.rolled_back
    assert back
    assert {each.repo: each.state for each in back.outcomes}["web"] is State.UP_TO_DATE
    assert desk.hosts.starts == {**runs, ("api", ""): runs["api", ""] + 2}
    hold = desk.session().shared().holds()["stg"]
    assert hold.repos.keys() == {"api", "web"}
    assert hold.repos["web"].to == old
    assert hold.repos["web"].bad == desk.git["web"].remote.refs["refs/heads/stg"]


def test_a_deployment_that_someone_cancelled_is_theirs(desk: Desk) -> None:
    """Nothing goes back, and the hint says what to type."""
    desk.hosts.script("web", RunState.CANCELLED)
    ended = desk.promote()
    assert why_not(ended) == ["stg was not rolled back: the deployment of web was cancelled."]
    assert "multigit rollback stg --last-good" in ended.report.problems[0].hint


def test_an_unknown_result_rolls_nothing_back(desk: Desk) -> None:
    """Also if another deployment has failed."""
    desk.hosts.script("api", RunState.FAILED)
    desk.hosts.script("web", RunState.UNKNOWN)
    ended = desk.promote()
    message = "stg was not rolled back: it is unknown how the deployment of web ends."
    assert why_not(ended) == [message]
    assert ended.report.problems[0].hint == ""


def test_a_deployment_that_someone_rejected_is_theirs(desk: Desk) -> None:
    """Whoever reviews it decides about the rest, too."""
    rejected = RunStatus(RunState.FAILED, detail="it was rejected by ada.", rejected=True)
    desk.hosts.script("web", rejected)
    message = "stg was not rolled back: the deployment of web was rejected."
    assert why_not(desk.promote()) == [message]


def test_a_release_that_was_named_does_not_go_back(desk: Desk) -> None:
    """Whoever names one has chosen it."""
    good = desk.records[-1].release
    desk.hosts.script("web", RunState.FAILED)
    assert why_not(desk.deploy(release=good)) == []


def test_a_stage_that_does_not_ask_for_it_stays(desk: Desk) -> None:
    """That is the default."""
    desk.change = lambda space: replace(space, lock_repo="api")
    desk.hosts.script("web", RunState.FAILED)
    assert why_not(desk.promote()) == []


@pytest.mark.parametrize("way", ["continue", "abandon"])
def test_killed_before_the_failure_is_closed_its_lock_stays(
    way: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next command closes it, and leaves the lock to the roll-back, which takes it over."""
    desk.hosts.script("web", RunState.FAILED)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "close", _die)
        with pytest.raises(KilledError):
            desk.promote()
    refs = desk.git["api"].remote.refs
    before = refs[LOCK]
    with pytest.raises(RefusedError, match="is unfinished"):
        desk.promote()
    assert refs[LOCK] == before, "closing the promotion has released it"
    desk.hosts.script("web", RunState.SUCCEEDED)
    if way == "abandon":
        abandon(desk.session())
        assert LOCK not in refs
        return
    ended = continue_(desk.session(), YES, skip_blocked=False, accept_reverts=False)
    assert isinstance(ended, Ended)
    assert ended.report.result is Result.DONE
    assert [each.command for each in desk.records] == ["promote", "promote", "rollback"]
    assert LOCK not in refs, "what was restored is not held"


def _die(_: Journal) -> None:
    raise KilledError
