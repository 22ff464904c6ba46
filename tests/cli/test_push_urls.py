"""Which repository a release is pushed to: the one that was fetched, or a configured push URL."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, codes, in_shell, rows, states
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git
from tests.support.refs import read_refs

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def web(forge: Forge) -> ForgeRepo:
    """Return web, one of two repositories with work on dev."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    return forge.repos["web"]


@pytest.fixture
def fork(forge: Forge, web: ForgeRepo) -> Path:
    """Return a fork of web that its clone pushes to."""
    folder = forge.root / "fork.git"
    git(forge.root, "clone", "--quiet", "--bare", str(web.bare), str(folder), env=forge.env)
    web.git("remote", "set-url", "--push", "origin", str(folder))
    return folder


def configured(forge: Forge, repo: str, line: str) -> None:
    """Add a line to a repository's table in the configuration."""
    text = forge.write_config().read_text()
    head, found, tail = text.partition(f'[repos."{repo}"]\n')
    assert found
    forge.write_config(f"{head}{found}{line}\n{tail}")


@pytest.mark.parametrize("command", [PROMOTE, ("backmerge", "--yes"), ("push", "dev", "-m", "x")])
def test_a_disabled_push_blocks_while_planning(
    command: tuple[str, ...], forge: Forge, web: ForgeRepo
) -> None:
    """Nothing is published, and the command in the hint enables the push."""
    web.commit("main", {"hotfix.txt": "1\n"})
    web.write({"new.txt": "1\n"})
    web.git("remote", "set-url", "--push", "origin", "DISABLED")
    with untouched(forge):
        document = forge.json(*command, check=REFUSED)
    assert (document["result"], states(document)["web"]) == ("blocked", "blocked")
    problem = rows(document)["web"]["problems"][0]
    assert problem["code"] == "push_disabled"
    assert in_shell(forge, problem["hint"].partition("run: ")[2]).returncode == 0
    assert "push_disabled" not in codes(rows(forge.json(*command, "--dry-run"))["web"])


def test_a_fork_is_not_published_to(forge: Forge, web: ForgeRepo, fork: Path) -> None:
    """Promote and doctor refuse it, and the message names both repositories."""
    before = read_refs(fork)
    with untouched(forge):
        document = forge.json(*PROMOTE, check=REFUSED)
        found = forge.json("doctor", check=REFUSED)["findings"]
    (problem,) = rows(document)["web"]["problems"]
    assert problem["code"] == "other_push_url"
    assert str(fork) in problem["message"]
    assert web.url in problem["message"]
    assert [each["code"] for each in found if each["state"] == "problem"] == ["other_push_url"]
    assert read_refs(fork) == before


def test_a_fork_that_is_named_is_published_to(forge: Forge, web: ForgeRepo, fork: Path) -> None:
    """With push_url, release, continue and undo read and write the fork, never the original."""
    configured(forge, "web", f'push_url = "{fork.as_uri()}"')
    refused = fork / "hooks/update"
    refused.parent.mkdir(exist_ok=True)
    refused.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    refused.chmod(0o755)
    before = web.remote_refs()
    document = forge.json(*PROMOTE, check=FAILED)
    assert states(document) == {"api": "published", "web": "failed"}
    refused.unlink()
    document = forge.json("continue", "--yes", check=DONE)
    assert states(document)["web"] == "published"
    assert read_refs(fork)["refs/heads/stg"] == rows(document)["web"]["after"]
    assert web.remote_refs() == before
    undone = forge.json("undo", "--yes", check=DONE)
    assert states(undone)["web"] == "published"
    assert read_refs(fork) == before


def test_a_clone_pushes_to_what_is_named(forge: Forge, web: ForgeRepo, fork: Path) -> None:
    """The hint sets the push URL of an existing clone; pull sets it in a new one."""
    configured(forge, "web", f'push_url = "{fork}"')
    web.git("config", "--unset-all", "remote.origin.pushurl")
    with untouched(forge):
        document = forge.json(*PROMOTE, check=REFUSED)
    (problem,) = rows(document)["web"]["problems"]
    assert problem["code"] == "other_push_url"
    assert in_shell(forge, problem["hint"].removeprefix("Run: ")).returncode == 0
    forge.json(*PROMOTE, "--dry-run", check=DONE)
    web.clone.rename(forge.root / "away")
    forge.json("pull", "dev", check=DONE)
    assert web.git("remote", "get-url", "--push", "origin").strip() == str(fork)
    forge.json(*PROMOTE, "--dry-run", check=DONE)


def test_a_push_by_another_way_to_the_same_repository(forge: Forge, web: ForgeRepo) -> None:
    """A push URL with another protocol for the same repository is accepted."""
    web.git("remote", "set-url", "--push", "origin", f"{web.bare}/")
    assert forge.json(*PROMOTE, check=DONE)["result"] == "done"


def test_a_push_url_that_changed_meanwhile(forge: Forge, web: ForgeRepo, tmp_path: Path) -> None:
    """Continue does not push to another repository than the plan."""
    web.reject_pushes("refs/heads/*")
    forge.json(*PROMOTE, check=FAILED)
    web.allow_pushes()
    fork = tmp_path / "fork.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(web.bare), str(fork), env=forge.env)
    web.git("remote", "set-url", "--push", "origin", str(fork))
    before = read_refs(fork)
    document = forge.json("continue", "--yes", check=FAILED)
    assert states(document)["web"] == "failed"
    assert read_refs(fork) == before


def test_a_mirror_remote_blocks_while_planning(forge: Forge, web: ForgeRepo) -> None:
    """A mirror remote is refused by promote and doctor, and the hint disables it."""
    web.git("config", "remote.origin.mirror", "true")
    with untouched(forge):
        document = forge.json(*PROMOTE, check=REFUSED)
        found = forge.json("doctor", check=REFUSED)["findings"]
    (problem,) = rows(document)["web"]["problems"]
    assert problem["code"] == "mirror_remote"
    assert [each["code"] for each in found if each["state"] == "problem"] == ["mirror_remote"]
    subprocess.run(
        shlex.split(problem["hint"].removeprefix("Run: ")),
        cwd=forge.shop,
        env=forge.env,
        check=True,
    )
    assert forge.json(*PROMOTE, check=DONE)["result"] == "done"


def test_a_repository_with_a_remote_of_another_name(forge: Forge, web: ForgeRepo) -> None:
    """With remote = "upstream", all commands fetch from, push to, clone and name that remote."""
    web.git("remote", "rename", "origin", "upstream")
    assert codes(rows(forge.json(*PROMOTE, check=REFUSED))["web"]) == ["no_remote"]
    configured(forge, "web", 'remote = "upstream"')
    document = forge.json(*PROMOTE, check=DONE)
    assert set(states(document).values()) == {"published"}
    assert web.tip("stg") == rows(document)["web"]["after"]
    web.write({"new.txt": "1\n"})
    web.git("fetch", "--quiet", "upstream")
    web.git("merge", "--quiet", "--ff-only", "upstream/dev")
    pushed = forge.json("push", "dev", "-m", "feat: new", "--yes", check=DONE)
    assert web.tip("dev") == rows(pushed)["web"]["after"]
    assert forge.json("doctor", check=DONE)["exit_code"] == 0
    web.clone.rename(forge.root / "away")
    forge.json("pull", "dev", check=DONE)
    assert web.git("remote").split() == ["upstream"]
    web.remote_git("branch", "--quiet", "-D", "stg")
    (problem,) = rows(forge.json(*PROMOTE, check=REFUSED))["web"]["problems"]
    assert (problem["code"], "upstream" in problem["message"]) == ("branch_missing", True)
    assert " push upstream " in problem["hint"]
