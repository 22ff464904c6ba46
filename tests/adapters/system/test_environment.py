"""Git variables from a calling hook are removed from the environment; the user's own are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from multigit.adapters.system.environment import forget_outer_repository, secrets
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, untouched
from tests.support.gitenv import git

KEPT = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": "/home/ada/.gitconfig",
    "GIT_SSH_COMMAND": "ssh -i key",
    "GIT_SSL_CAINFO": "/etc/ca.pem",
    "HTTPS_PROXY": "http://proxy",
    "PATH": "/usr/bin",
}


def test_every_variable_that_points_at_a_repository_is_forgotten(tmp_path: Path) -> None:
    """These are all variables that the installed git lists as local to a repository."""
    local = git(tmp_path, "rev-parse", "--local-env-vars").split()
    environment = {**dict.fromkeys(local, "leftover"), **KEPT}
    forget_outer_repository(environment)
    assert environment == KEPT
    assert {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"} <= set(local)


@pytest.mark.parametrize("kind", ["GLOB", "NOGLOB", "ICASE", "LITERAL"])
def test_nothing_changes_how_pathspecs_are_read(kind: str) -> None:
    """With literal pathspecs, for example, `:(top)` would be the name of a file."""
    environment = {f"GIT_{kind}_PATHSPECS": "1"}
    forget_outer_repository(environment)
    assert environment == {}


def test_a_calling_hook_does_not_lead_astray(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the hook's variables, git uses the repository that was asked for."""
    api, outer = forge.add("api"), forge.add("outer")
    tip = api.local_commit({"a": "1\n"})
    api.write({"b": "1\n"})
    monkeypatch.setenv("GIT_DIR", str(outer.clone / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(outer.clone))
    monkeypatch.setenv("GIT_INDEX_FILE", str(outer.clone / ".git/index"))
    forget_outer_repository(os.environ)
    with untouched(forge):
        work = open_clone(forge, api).work_tree()
    assert (work.head, [each.path for each in work.changes]) == (tip, ["b"])


def test_secrets_are_known_by_the_names_of_their_variables() -> None:
    """Every long enough line of a secret counts; a deployment's key is not a secret."""
    environment = {
        "MULTIGIT_TOKEN": "token-one",
        "JENKINS_TOKEN": "token-two",
        "client_secret": " secret-three ",
        "DB_PASSWORD": "four",
        "SSH_KEY": "-----BEGIN-----\nfive==\nsix-six-six\n",
        "MULTIGIT_KEY": "20250115T150130Z-promote/api/1",
        "HOME": "/home/ada",
    }
    found = {"token-one", "token-two", "secret-three", "-----BEGIN-----", "six-six-six"}
    assert set(secrets(environment)) == found
