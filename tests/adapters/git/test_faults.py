"""Faults of a clone: each has a code and a hint that fixes it when run as is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import RefQuery
from multigit.errors import GitError
from multigit.hints import Hint
from tests.adapters.git.clones import SIGNATURE, STAGES, open_clone
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a clone with loose objects, in which dev and main have diverged."""
    repo = forge.add("api")
    repo.commit("dev", {"a": "1\n"})
    repo.commit("main", {"b": "1\n"})
    repo.git("fetch", "--quiet")
    for pack in (repo.clone / ".git/objects/pack").glob("*.pack"):
        moved = forge.root / pack.name
        pack.rename(moved)
        pack.with_suffix(".idx").unlink()
        repo.git("unpack-objects", "-q", input=moved.read_bytes())
    return repo


def look(forge: Forge, api: ForgeRepo) -> None:
    """Fetch, read and merge as a plan does."""
    repository = open_clone(forge, api)
    repository.fetch(STAGES)
    refs = repository.refs(STAGES)
    sides = [refs.branch(name).remote for name in ("main", "dev")]
    ours, theirs = (side for side in sides if side)
    assert isinstance(ours, Tip)
    repository.work_tree()
    merged = repository.merge(ours, theirs, SIGNATURE, repository.lacking(ours, theirs).forks)
    assert merged.commit


def object_file(api: ForgeRepo, name: str) -> str:
    """Return the path of a loose object."""
    sha = api.git("rev-parse", name)
    return f"objects/{sha[:2]}/{sha[2:]}"


def stale_ref(api: ForgeRepo) -> None:
    """Leave a stale tracking branch below the name of a branch that is to be fetched."""
    api.git("update-ref", "-d", "refs/remotes/origin/dev")
    api.git("update-ref", "refs/remotes/origin/dev/old", "refs/remotes/origin/main")


def locked_ref(api: ForgeRepo) -> None:
    """Leave the lock file of a ref that the fetch has to move."""
    api.commit("dev", {"c": "1\n"})
    (api.clone / ".git/refs/remotes/origin/dev.lock").touch()


def locked_refs(api: ForgeRepo) -> None:
    """Leave the lock file of the packed refs while the fetch has to delete one of them."""
    api.git("pack-refs", "--all")
    api.remote_git("tag", "-a", "-m", "x", "deploy-1", "main")
    api.git("update-ref", "refs/multigit/tags/deploy-9", "HEAD")
    api.git("pack-refs", "--all")
    (api.clone / ".git/packed-refs.lock").touch()


def bad_config(api: ForgeRepo) -> None:
    """Add a line to the configuration that git cannot read."""
    with (api.clone / ".git/config").open("a") as config:
        config.write("[bad\n")


def missing(api: ForgeRepo) -> None:
    """Delete an object."""
    (api.clone / ".git" / object_file(api, "origin/dev^{tree}")).unlink()


def corrupt(api: ForgeRepo) -> None:
    """Overwrite an object, as a failing disk might."""
    file = api.clone / ".git" / object_file(api, "origin/dev^{tree}")
    file.chmod(0o644)
    file.write_text("junk")


def empty(api: ForgeRepo) -> None:
    """Leave an object empty, as a crash might."""
    file = api.clone / ".git" / object_file(api, "origin/dev^{tree}")
    file.chmod(0o644)
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (stale_ref, "stale_ref"),
        (locked_ref, "locked_file"),
        (locked_refs, "locked_file"),
        (bad_config, "bad_git_config"),
        (missing, "broken_object"),
        (corrupt, "broken_object"),
        (empty, "broken_object"),
    ],
)
def test_the_hint_fixes_it(
    forge: Forge, api: ForgeRepo, break_it: Callable[[ForgeRepo], None], code: str
) -> None:
    """The command of the hint works when run in the workspace folder."""
    break_it(api)
    with pytest.raises(GitError) as raised:
        look(forge, api)
    assert raised.value.code == code
    hint = raised.value.hint
    command = hint.split(": ", 1)[1]
    if code == "stale_ref":
        follow(forge, hint, Hint.REMOVE_REF, command)
    elif code == "broken_object" and " && " in command:
        follow(forge, hint, Hint.REFETCH_FILE, command)
    elif code == "broken_object":
        follow(forge, hint, Hint.REFETCH, command)
    else:
        editor = {"EDITOR": "sed -i /^.bad/d"}
        subprocess.run(["sh", "-c", command], cwd=forge.shop, env=forge.env | editor, check=True)
    look(forge, api)


def test_a_partial_clone_that_is_offline(forge: Forge, api: ForgeRepo) -> None:
    """Files that were never fetched cannot be merged; the hint's command fetches all of them."""
    lines = "".join(f"{number}\n" for number in range(20))
    api.commit("main", {"both": lines})
    api.commit("dev", {"both": f"{lines}dev\n"})
    api.remote_git("config", "uploadpack.allowFilter", "true")
    api.git("config", "remote.origin.promisor", "true")
    api.git("config", "remote.origin.partialCloneFilter", "blob:none")
    repository = open_clone(forge, api)
    repository.fetch(STAGES)
    refs = repository.refs(STAGES)
    ours, theirs = (refs.branch(name).remote for name in ("main", "dev"))
    assert ours
    assert theirs
    away = api.bare.rename(api.bare.with_suffix(".away"))
    with pytest.raises(GitError) as raised:
        repository.merge(ours, theirs, SIGNATURE)
    assert raised.value.code == "partial_clone"
    away.rename(api.bare)
    command = raised.value.hint.rsplit(": ", 1)[1]
    follow(forge, raised.value.hint, Hint.FETCH_ALL, command)
    away = api.bare.rename(api.bare.with_suffix(".away"))
    assert not repository.merge(ours, theirs, SIGNATURE).commit


def test_deploy_tags_that_are_gone_are_in_nobodys_way(forge: Forge, api: ForgeRepo) -> None:
    """`deploy-1/x` was deleted on the remote, so the fetch prunes it before it adds `deploy-1`."""
    tags = RefQuery(("main",), ("deploy-*",))
    api.remote_git("tag", "-a", "-m", "x", "deploy-1/x", "main")
    open_clone(forge, api).fetch(tags)
    api.remote_git("tag", "-d", "deploy-1/x")
    api.remote_git("tag", "-a", "-m", "x", "deploy-1", "main")
    repository = open_clone(forge, api)
    repository.fetch(tags)
    assert [tag.name for tag in repository.refs(tags).tags] == ["deploy-1"]
