"""The configuration is read as git reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_git import GitRepo

from multigit.adapters.git.config import GitConfig, read_config
from tests.adapters.git.clones import open_door
from tests.support.gitenv import git

FLAGS = ("true", "True", "yes", "ON", "1", "false", "no", "off", "0")


@pytest.fixture
def folder(git_repo: GitRepo) -> Path:
    """Return an empty repository."""
    return Path(git_repo.workspace)


def config(folder: Path) -> GitConfig:
    """Read a repository's configuration."""
    return read_config(open_door(folder))


def user(folder: Path) -> str:
    """Return the committer as git finds it, or an empty text if there is none."""
    shown = git(folder, "var", "GIT_COMMITTER_IDENT", env=os.environ, check=False)
    return shown.rsplit(" ", 2)[0]


@pytest.mark.parametrize("value", FLAGS)
def test_a_flag_is_what_git_takes_it_for(value: str, folder: Path) -> None:
    """Every spelling of a boolean is understood as git understands it."""
    git(folder, "config", "commit.gpgSign", value)
    truth = git(folder, "config", "--type=bool", "commit.gpgSign")
    assert config(folder).flag("commit.gpgsign") == (truth == "true")


def test_a_flag_without_a_value_is_set(folder: Path) -> None:
    """A key without `=` is true, and a missing key is false."""
    with (folder / ".git/config").open("a", encoding="utf-8") as file:
        file.write("[commit]\n\tgpgSign\n")
    assert config(folder).flag("commit.gpgsign")
    assert not config(folder).flag("tag.gpgsign")


@pytest.mark.parametrize(("value", "expected"), [(" =", False), (" = 2", True)])
def test_a_flag_without_a_word_is_what_git_takes_it_for(
    value: str, folder: Path, *, expected: bool
) -> None:
    """An empty value is false, and any number but 0 is true."""
    with (folder / ".git/config").open("a", encoding="utf-8") as file:
        file.write(f"[commit]\n\tgpgSign{value}\n")
    truth = git(folder, "config", "--type=bool", "commit.gpgSign") == "true"
    assert truth == expected
    assert config(folder).flag("commit.gpgsign") == expected


def test_the_last_value_counts(folder: Path) -> None:
    """The repository's value overrides the user's, and a later value overrides an earlier one."""
    git(folder, "config", "--add", "user.name", "First")
    git(folder, "config", "--add", "user.name", "Last")
    assert config(folder).last("user.name") == "Last"
    assert config(folder).values["user.name"] == ("Ada Lovelace", "First", "Last")


def test_values_may_hold_anything(folder: Path) -> None:
    """Line breaks, equal signs and dots in the middle of a key are read correctly."""
    git(folder, "config", "branch.a.b=c.note", "one\ntwo=three")
    assert config(folder).last("branch.a.b=c.note") == "one\ntwo=three"


def test_included_files_count(folder: Path) -> None:
    """Values from included files are read in git's order, and the repository is still found."""
    (folder / "extra").write_text("[user]\n\tname = Included\n", encoding="utf-8")
    file = folder / ".git/config"
    file.write_text(f"[include]\n\tpath = {folder}/extra\n{file.read_text()}", encoding="utf-8")
    assert config(folder).last("user.name") == "Included"
    assert config(folder).common_dir == (folder / ".git").resolve()


def test_the_common_directory_is_the_clones(folder: Path, tmp_path: Path) -> None:
    """This holds in a linked work tree, and with an empty configuration file."""
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "m")
    git(folder, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    expected = (folder / ".git").resolve()
    assert config(folder).common_dir == config(tmp_path / "linked").common_dir == expected
    (folder / ".git/config").write_text("", encoding="utf-8")
    assert config(folder).common_dir == expected


ENVIRONMENTS = {
    "configured": {},
    "by environment": {"GIT_COMMITTER_NAME": "Env", "GIT_COMMITTER_EMAIL": "env@example.org"},
    "name only": {"GIT_COMMITTER_NAME": "Env"},
    "crud": {"GIT_COMMITTER_NAME": " .Env, <x>\n;", "GIT_COMMITTER_EMAIL": "<env@example.org>"},
    "fallback": {"EMAIL": "fallback@example.org"},
}


@pytest.mark.parametrize("settings", ENVIRONMENTS.values(), ids=list(ENVIRONMENTS))
@pytest.mark.parametrize("own", [False, True])
def test_the_identity_is_gits(
    settings: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    own: bool,
) -> None:
    """It comes from the environment, from `committer.*` or from `user.*`, as git finds it."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    if own:
        git(folder, "config", "committer.name", "Own")
        git(folder, "config", "committer.email", "own@example.org")
    found = config(folder).identity(os.environ)
    assert found == user(folder) != ""


def test_an_identity_that_git_would_guess_does_not_count(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login and a host name are not an identity to publish with."""
    (home / ".gitconfig").write_text("", encoding="utf-8")
    assert config(folder).identity(os.environ) == ""
    monkeypatch.setenv("EMAIL", "ada@example.org")
    assert config(folder).identity(os.environ) == ""
    git(folder, "config", "user.name", "Ada")
    assert config(folder).identity(os.environ) == "Ada <ada@example.org>"
