"""What an operation records, and how it continues after it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Plan, State
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.progress.state import OperationState
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import RunState
from multigit.errors import GitError
from tests.engine.operations import (
    STG,
    TAG,
    Listening,
    Notes,
    begun,
    execute,
    outcome,
    plan_promotion,
    states,
    with_changes,
)
from tests.support.fake_git import FakeGit, answer_lost, never_arrived

NAMES = ("api", "web")


@pytest.fixture
def git() -> FakeGit:
    """Return two repositories with something to promote from dev to stg."""
    return with_changes(FakeGit(*NAMES))


# --- What is recorded


def test_what_will_be_pushed_is_noted_before_it_is(git: FakeGit) -> None:
    """All objects are recorded before any remote moves, then each push and its result."""
    plan, before, notes = plan_promotion(git), git.remote_refs(), Notes(git)
    git["web"].remote.reject(STG, "protected")
    report = execute(git, plan, jobs=1, journal=notes)
    assert notes.entries[0].kind is EntryKind.PUBLISHING
    for name in NAMES:
        kinds = [entry.kind for entry in notes.entries if entry.repos == (name,)]
        assert kinds == [EntryKind.PUSHING, EntryKind.SETTLED]
    assert notes.entries[0].made == {name: outcome(report, name).made for name in NAMES}
    assert notes.remotes[0] == before
    assert notes.remotes[1] == before
    settled = {each.repos: each.state for each in notes.entries if each.kind is EntryKind.SETTLED}
    assert settled == {("api",): State.PUBLISHED, ("web",): State.FAILED}


def test_what_stops_before_publishing_notes_nothing(git: FakeGit) -> None:
    """Nothing was started, so nothing is recorded."""
    plan, notes = plan_promotion(git), Notes(git)
    git["web"].unsigned = GitError("No private key found.")
    execute(git, plan, journal=notes)
    assert notes.entries == []


def test_a_journal_that_cannot_be_written_stops_before_the_first_push(git: FakeGit) -> None:
    """A push that cannot be recorded is not started."""

    class Full:
        def write(self, entry: Entry) -> None:
            raise OSError(28, entry.kind)

    before = git.remote_refs()
    with pytest.raises(OSError, match="publishing"):
        execute(git, plan_promotion(git), journal=Full())
    assert git.remote_refs() == before


# --- Continuing


def test_continuing_publishes_what_was_prepared(git: FakeGit) -> None:
    """The same objects are published, not new ones."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    before = git["api"].remote.refs[TAG]
    rest = replace(plan, repos=(replace(plan.repos[0], state=State.UP_TO_DATE), plan.repos[1]))
    report = execute(git, rest, again=True, state=so_far)
    assert states(report) == {"api": "up_to_date", "web": "published"}
    assert git["web"].remote.refs[STG] == plan.repos[1].after
    assert outcome(report, "web").made == so_far.of("web").made
    assert git["api"].remote.refs[TAG] == before
    assert len(git["api"].remote.pushes) == 1


def test_continuing_what_is_published_already_changes_nothing(git: FakeGit) -> None:
    """Pushing again is harmless, because the remote already has it."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = answer_lost
    so_far, before = begun(plan, git), git.remote_refs()
    report = execute(git, plan, again=True, state=so_far)
    assert states(report) == dict.fromkeys(NAMES, "published")
    assert git.remote_refs() == before


@pytest.fixture
def one_published(git: FakeGit) -> tuple[Plan, OperationState]:
    """Return the rest of a plan: api is published but not deployed, and web was refused."""
    git["web"].remote.reject(STG, "protected")
    plan = plan_promotion(git)
    so_far = begun(plan, git)
    api, web = plan.repos
    step = DeployStep("stg", "stg", "stg", "", CommandRunner(("true",)), 60.0)
    left = replace(plan, repos=(web, replace(api, steps=(*api.steps, step))))
    there = replace(so_far.of("api"), settled=State.PUBLISHED)
    return left, replace(so_far, repos={**so_far.repos, "api": there})


def test_what_was_published_before_is_called_so_even_if_it_was_not_reached(
    git: FakeGit, one_published: tuple[Plan, OperationState], press_ctrl_c: Callable[[], None]
) -> None:
    """After Ctrl-C it is published and not deployed, so the operation stays unfinished."""

    def act(*event: str) -> None:
        if event == ("web", "pushing"):
            press_ctrl_c()

    plan, so_far = one_published
    report = execute(git, plan, jobs=1, again=True, listener=Listening(act), state=so_far)
    assert states(report) == {"web": "failed", "api": "published"}
    assert [each.state for each in outcome(report, "api").deployments] == [RunState.NOT_STARTED]
    assert report.unfinished


def test_what_was_published_before_is_called_so_where_another_cannot_be_prepared(
    git: FakeGit, one_published: tuple[Plan, OperationState]
) -> None:
    """Its merge is not made again."""
    plan, so_far = one_published
    git["web"].unsigned = git["api"].unsigned = GitError("No private key found.")
    for each in git.repos.values():
        each.objects.commits.pop(plan.repos[0].after, None)
    report = execute(git, plan, again=True, state=so_far)
    assert states(report) == {"web": "failed", "api": "published"}
    assert report.unfinished
