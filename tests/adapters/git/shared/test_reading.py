"""What all machines share comes with the fetch of the repository that has it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.git_answers import Publication
from multigit.core.values.workspace import Repo, Workspace
from multigit.errors import GitError
from tests.adapters.git.clones import STAGES
from tests.support.forge import Forge, ForgeRepo

LOCK = "refs/multigit/locks/stg"


def opened(forge: Forge, api: ForgeRepo, *, lock_repo: str = "api", to: str = "") -> GitRepository:
    """Open a clone of a workspace with its locks in a repository; `to` is its push URL."""
    repo = Repo(api.name, api.path, push_url=to)
    space = Workspace(forge.shop, (), (repo,), git_timeout=30.0, lock_repo=lock_repo)
    return GitRepositories(space).repository(repo)


def test_it_comes_with_the_fetch_and_is_pruned(forge: Forge, api: ForgeRepo) -> None:
    """There is no second connection, and nothing of it is left once it is deleted."""
    clone = opened(forge, api)
    sha = clone.store(b"a lock\n")
    assert clone.push([Publication(LOCK, "", sha)]).accepted
    clone.fetch(STAGES)
    assert clone.shared_fetched
    assert clone.shared_refs() == {LOCK: (sha, b"a lock\n")}
    assert clone.push([Publication(LOCK, sha, "")]).accepted
    clone.fetch(STAGES)
    assert clone.shared_refs() == {}


def test_no_other_repository_brings_it(forge: Forge, api: ForgeRepo) -> None:
    """It would be that of another workspace."""
    clone = opened(forge, api, lock_repo="ops")
    assert clone.push([Publication(LOCK, "", clone.store(b"a lock\n"))]).accepted
    clone.fetch(STAGES)
    assert not clone.shared_fetched
    assert clone.shared_refs() == {}


def test_a_mirror_that_may_be_late_is_not_asked(
    forge: Forge, api: ForgeRepo, tmp_path: Path
) -> None:
    """It is read where it is pushed to, by a fetch of its own."""
    main = Path(shutil.copytree(api.bare, tmp_path / "main.git"))
    api.git("config", "remote.origin.pushurl", str(main))
    clone = opened(forge, api, to=str(main))
    sha = clone.store(b"a lock\n")
    assert clone.push([Publication(LOCK, "", sha)]).accepted
    clone.fetch(STAGES)
    assert not clone.shared_fetched
    assert clone.shared_refs() == {}
    clone.fetch_shared()
    assert clone.shared_fetched
    assert clone.shared_refs() == {LOCK: (sha, b"a lock\n")}
    assert LOCK not in api.remote_refs()


def test_why_it_could_not_be_read_is_kept(forge: Forge, api: ForgeRepo) -> None:
    """A command that failed to fetch it does not try again; a later success forgets that."""
    clone, away = opened(forge, api), api.bare.with_name("moved")
    shutil.move(api.bare, away)
    with pytest.raises(GitError) as caught:
        clone.fetch(STAGES)
    assert clone.shared_error is caught.value
    assert not clone.shared_fetched
    shutil.move(away, api.bare)
    clone.fetch(STAGES)
    assert clone.shared_error is None
    assert clone.shared_fetched
