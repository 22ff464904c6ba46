"""Observe all repositories of a fake, and assert that the user's files and refs stay."""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.routes import hop
from multigit.core.values.snapshot import Snapshot
from multigit.engine.fleet import Fleet
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.observe.observation import Observation, observe
from tests.engine.operations import MOMENT, Listening
from tests.support.fake_git import FakeGit, FakeRepository


def look_at(git: FakeGit, look: Observation, *, jobs: int = 4) -> Mapping[str, Snapshot]:
    """Observe all repositories, and assert that the user's files and refs stay."""
    before = {name: users(repo) for name, repo in git.repos.items()}
    remotes = git.remote_refs()
    seen = observe(git, git.workspace.repos, look.of, Fleet(Listening(), jobs))
    assert {name: users(repo) for name, repo in git.repos.items()} == before
    assert git.remote_refs() == remotes
    return seen


def users(repo: FakeRepository) -> tuple[object, ...]:
    """Return what belongs to the user: branches, tags, HEAD, index and files."""
    own = {r: s for r, s in repo.own_refs.items() if r.startswith(("refs/heads/", "refs/tags/"))}
    return own, repo.branch, repo.detached, dict(repo.index), dict(repo.files)


def promotion(git: FakeGit) -> Observation:
    """Return the observation for a promotion of dev to stg."""
    space = git.workspace
    hops = (hop(space, space.stage("dev"), space.stage("stg"), "Ship it", forward=True),)
    return MergeObservation(MergeRequest("promote", MOMENT, hops, space.repos))
