"""Open clones of a forge through the adapter under test."""

from __future__ import annotations

from pathlib import Path

from multigit.adapters.git.process import GitDoor
from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.transcript import Transcript
from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.workspace import Repo, Workspace
from tests.support.forge import Forge, ForgeRepo

SIGNATURE = Signature("Merge dev into main", "1736500000 +0000")
STAGES = RefQuery(("dev", "stg", "main"), ("deploy-*",))


def open_clone(
    forge: Forge, repo: ForgeRepo, *, hooks: bool = False, timeout: float = 30.0
) -> GitRepository:
    """Open a clone like a workspace configured with all of the forge's repositories does."""
    repos = tuple(
        Repo(each.name, each.path, url=each.url, hooks=hooks) for each in forge.repos.values()
    )
    workspace = Workspace(forge.shop, (), repos, git_timeout=timeout)
    chosen = next(each for each in repos if each.name == repo.name)
    return GitRepositories(workspace).repository(chosen)


def open_folder(folder: Path, *, timeout: float = 30.0) -> GitRepository:
    """Open a folder as the repository `x`, whatever is in it."""
    repo = Repo("x", folder.name)
    return GitRepositories(Workspace(folder.parent, (), (repo,), git_timeout=timeout)).repository(
        repo
    )


def open_door(folder: Path, *, timeout: float = 30.0) -> GitDoor:
    """Return a `GitDoor` for a folder."""
    return GitDoor(folder, timeout=timeout, transcript=Transcript())


def sides(repository: GitRepository) -> tuple[Tip, Tip]:
    """Fetch, and return the remote's main and dev: ours and theirs of a merge."""
    repository.fetch(STAGES)
    refs = repository.refs(STAGES)
    ours, theirs = refs.branch("main").remote, refs.branch("dev").remote
    assert ours
    assert theirs
    return ours, theirs
