"""A repository whose remote has another name, next to an `origin` that is someone's fork."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED, codes, hook, in_shell, rows, states
from tests.cli.test_submodules import take_in
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a clone of `upstream` whose `origin` is a fork, in a workspace with web.

    Every default that git itself would use leads to the fork.
    """
    forge.add("web")
    api = forge.add("api")
    fork = fork_of(forge)
    shutil.copytree(api.bare, fork)
    api.git("remote", "rename", "origin", "upstream")
    api.git("remote", "add", "origin", fork.as_uri())
    api.git("fetch", "--quiet", "origin")
    api.git("branch", "--quiet", "--track", "stg", "origin/stg")
    api.git("branch", "--quiet", "--set-upstream-to=origin/dev", "dev")
    api.git("config", "remote.pushDefault", "origin")
    for key in ("uploadpack", "receivepack"):
        api.git("config", f"remote.origin.{key}", f"touch {forge.root}/canary; git {key[:-4]}-pack")
    config = forge.write_config()
    text = config.read_text().replace('path = "api"\n', 'path = "api"\nremote = "upstream"\n')
    config.write_text(f'{text}\n[lock]\nrepo = "api"\n')
    return api


def fork_of(forge: Forge) -> Path:
    """Return the path of the fork."""
    return forge.remotes / "fork.git"


def of_fork(forge: Forge, api: ForgeRepo) -> dict[str, str]:
    """Return the fork's refs, and everything the clone stores about them."""
    git_dir = api.clone / ".git"
    seen = {
        "refs": git(fork_of(forge), "for-each-ref", env=forge.env),
        "tracking": api.git("for-each-ref", "refs/remotes/origin"),
    }
    logs = (git_dir / "logs/refs/remotes/origin").rglob("*")
    return seen | {str(file): file.read_text() for file in logs if file.is_file()}


def test_nothing_touches_the_fork(forge: Forge, api: ForgeRepo) -> None:
    """All commands, hints, the lock and a new clone use `upstream` alone."""
    seen, before = forge.root / "seen", of_fork(forge, api)
    hook(api.bare / "hooks/update", f'echo "$1" >>{seen}')
    api.commit("dev", {"theirs": "1\n"})
    (pair, _) = rows(forge.json("status", check=DONE))["api"]["pairs"]
    assert pair["commits"] == 1
    assert states(forge.json("pull", "dev", check=DONE))["api"] == "updated"
    api.write({"mine": "1\n"})
    assert rows(forge.json("status", check=DONE))["api"]["changed_files"] == 1
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tip("dev") == api.git("rev-parse", "dev")

    stg = api.tip("stg")
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert api.tip("stg") == api.git("rev-parse", "stg") != stg
    assert seen.read_text().count("refs/multigit/locks/stg\n") == 2  # taken, and released
    forge.json("undo", "--yes", check=DONE)
    assert api.tip("stg") == api.git("rev-parse", "stg") == stg

    api.git("switch", "--quiet", "stg")
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    (left,) = rows(document)["api"]["problems"]
    assert left["code"] == "local_branch_left"
    assert in_shell(forge, left["hint"].split(": ", 1)[1]).returncode == 0
    assert api.git("rev-parse", "HEAD") == api.tip("stg")
    api.git("switch", "--quiet", "dev")

    api.commit("stg", {"hot": "1\n"}, message="fix: hot")
    forge.json("backmerge", "stg", "--yes", check=DONE)
    assert "hot" in api.tree("dev")
    forge.json("lock", "status", check=DONE)
    assert codes(rows(forge.json("doctor", check=DONE)).get("api", {"problems": []})) == []
    assert forge.json("log", "--verify", "--remote", check=DONE)["exit_code"] == 0
    assert of_fork(forge, api) == before
    assert not (forge.root / "canary").exists()

    shutil.rmtree(api.clone)
    forge.json("pull", "dev", check=DONE)
    assert api.git("remote") == "upstream"


def test_only_its_own_remote_has_a_submodules_commit(forge: Forge) -> None:
    """A commit that only the fork has does not count; the hint pushes it to `upstream`."""
    top, lib = forge.add("top", path="."), forge.add("lib")
    shutil.copytree(lib.bare, fork_of(forge))
    config = forge.write_config()
    config.write_text(
        config.read_text().replace('path = "lib"\n', 'path = "lib"\nremote = "upstream"\n')
    )
    take_in(top, lib.url)
    lib.git("remote", "rename", "origin", "upstream")
    lib.git("remote", "add", "origin", fork_of(forge).as_uri())
    made = lib.local_commit({"work.txt": "1\n"})
    lib.git("push", "--quiet", "origin", "dev")
    push = ("push", "dev", "-r", "top", "--yes")
    with untouched(forge):
        said = forge.json(*push, check=REFUSED)
    follow(forge, said, Hint.PUSH_SUBMODULE, "git -C lib push upstream dev")
    forge.json(*push, check=DONE)
    assert top.remote_git("rev-parse", "dev:lib") == lib.tip("dev") == made
