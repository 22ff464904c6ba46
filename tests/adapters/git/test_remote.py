"""The URLs that a remote is fetched from and pushed to are those that git uses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pytest_git import GitRepo

from multigit.adapters.git.config import read_config
from multigit.adapters.git.process import require_git
from multigit.adapters.git.remote import Remote, same_repository, without_alias
from multigit.core.values.remote_url import has_credentials
from tests.adapters.git.clones import open_door
from tests.support.gitenv import git

ORIGIN = "remote.origin"


@pytest.fixture
def folder(git_repo: GitRepo) -> Path:
    """Return an empty repository."""
    return Path(git_repo.workspace)


def configured(folder: Path, settings: Sequence[tuple[str, str]], named: str = "") -> Remote:
    """Configure the remote origin and read it."""
    for key, value in settings:
        git(folder, "config", "--add", key, value)
    return Remote("origin", read_config(open_door(folder)).values, require_git(), folder, named)


WRITTEN = [
    [],
    [("url.git@github.com:.insteadOf", "gh:")],
    [("url.git@github.com:.insteadOf", "gh:"), ("url.https://x/.insteadOf", "gh:acme/")],
    [("url.https://x/.insteadOf", "gh:acme/"), ("url.git@github.com:.insteadOf", "gh:")],
    [("url.one:.insteadOf", "gh:"), ("url.two:.insteadOf", "gh:")],
    [("url.two:.insteadOf", "g"), ("url.two:.insteadOf", "gh:"), ("url.one:.insteadOf", "gh:a")],
    [("url.https://x/.pushInsteadOf", "gh:")],
    [("url.https://x/.pushInsteadOf", "gh:"), ("url.git@github.com:.insteadOf", "gh:")],
    [("url.https://x/.pushInsteadOf", "gh:"), (f"{ORIGIN}.pushurl", "gh:robin/api.git")],
    [("url.git@github.com:.insteadOf", "gh:"), (f"{ORIGIN}.pushurl", "gh:robin/api.git")],
    [(f"{ORIGIN}.url", "other:api.git"), ("url.https://x/.pushInsteadOf", "gh:")],
    [(f"{ORIGIN}.url", "other:api.git")],
    [(f"{ORIGIN}.pushurl", "DISABLED")],
    [("url.a=b.c:.insteadOf", "gh:")],
    [("url.everything:.insteadOf", "")],
    [("URL.Case:.InsteadOf", "gh:")],
]


@pytest.mark.parametrize("settings", WRITTEN)
def test_urls_are_rewritten_as_git_does(folder: Path, settings: list[tuple[str, str]]) -> None:
    """The longest prefix wins, and a separate push URL is not rewritten by `pushInsteadOf`."""
    remote = configured(folder, [(f"{ORIGIN}.url", "gh:acme/api.git"), *settings])
    assert remote.fetched() == git(folder, "remote", "get-url", "origin").strip()
    pushed = git(folder, "remote", "get-url", "--push", "--all", "origin")
    assert list(remote.pushed()) == pushed.split()


def test_an_empty_url_means_what_it_means_to_this_git(folder: Path) -> None:
    """Newer versions of git then ignore the URLs before it."""
    settings = {"remote.origin.url": ("one:x", "", "two:x"), "remote.origin.pushurl": ("",)}
    old = Remote("origin", settings, (2, 45, 9), folder)
    new = Remote("origin", settings, (2, 46, 0), folder)
    assert (old.fetched(), old.pushed()) == ("one:x", ("",))
    assert (new.fetched(), new.pushed()) == ("two:x", ("two:x",))
    assert old.detour() is not None
    assert new.detour() is None


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        ([(f"{ORIGIN}.url", "https://robin@bitbucket.org/acme/api.git")], False),
        ([(f"{ORIGIN}.url", "https://robin:hunter2@bitbucket.org/acme/api.git")], True),
        ([(f"{ORIGIN}.url", "x:api"), (f"{ORIGIN}.pushurl", "https://ghp_1@github.com/a/b")], True),
        ([(f"{ORIGIN}.url", "x:api"), ("url.https://a:b@host/.insteadOf", "x:")], True),
        ([(f"{ORIGIN}.url", "x:api"), ("url.https://a:b@host/.pushInsteadOf", "x:")], True),
        ([(f"{ORIGIN}.url", "x:api"), ("url.https://a:b@host/.insteadOf", "y:")], False),
    ],
)
def test_secrets_are_seen_where_git_uses_them(
    folder: Path, settings: list[tuple[str, str]], *, secret: bool
) -> None:
    """This covers URLs as configured and as rewritten; a user name alone is not a secret."""
    assert configured(folder, settings).has_credentials() is secret


@pytest.mark.parametrize(
    ("fetched", "pushed"),
    [
        ("https://github.com/acme/api", "git@github.com:acme/api.git"),
        ("https://github.com/acme/api", "ssh://robin@GitHub.com:443/acme/api/"),
        ("git://host/srv/api.git", "host:srv/api"),
        ("https://host/acme/api", "https://host:443/acme/api"),
        ("http://host:3000/acme/api", "https://host:3443/acme/api"),
        ("ssh://git@host:2222/acme/api", "git@host:acme/api"),
        ("work:acme/api", "https://github.com/acme/api.git"),
        ("work:acme/api", "git@home:acme/api.git"),
        ("quick:acme/api", "git@github.com:acme/api.git"),
        ("{bare}", "file://{bare}"),
        ("{bare}", "{link}"),
        ("{bare}", "../remotes/api"),
    ],
)
def test_a_push_by_another_protocol_is_no_detour(
    fetched: str, pushed: str, places: Mapping[str, str], ssh: str, tmp_path: Path
) -> None:
    """An alias of the host or another path to the same folder is not a detour, either."""
    work = tmp_path / "work"
    work.mkdir()
    one, other = fetched.format(**places), pushed.format(**places)
    assert same_repository(one, other, work, ssh)


@pytest.mark.parametrize(
    ("fetched", "pushed"),
    [
        ("https://github.com/acme/api", "git@github.com:robin/api.git"),
        ("https://github.com/acme/api", "https://gitlab.com/acme/api"),
        ("http://localhost:3000/acme/api", "http://localhost:3001/acme/api"),
        ("https://host/acme/api", "https://host:8443/acme/api"),
        ("work:acme/api", "git@elsewhere:acme/api.git"),
        ("https://github.com/acme/api", "no_push"),
        ("{bare}", "{bare}x"),
        ("{bare}", "{twin}"),
        ("{bare}", ""),
        ("ext::sh -c one", "ext::sh -c two"),
    ],
)
def test_a_push_to_another_repository_is_a_detour(
    fetched: str, pushed: str, places: Mapping[str, str], ssh: str, tmp_path: Path
) -> None:
    """Examples are a fork, another host, and a word that disables pushing."""
    one, other = fetched.format(**places), pushed.format(**places)
    assert not same_repository(one, other, tmp_path, ssh)


@pytest.fixture
def places(tmp_path: Path) -> Mapping[str, str]:
    """Return a bare repository, a link to it, and another one whose name lacks the `.git`."""
    bare, twin, link = (tmp_path / "remotes" / name for name in ("api.git", "web", "linked"))
    for folder in (bare, twin, Path(f"{twin}.git")):
        git(tmp_path, "init", "--quiet", "--bare", str(folder))
    link.symlink_to(bare)
    return {"bare": str(bare), "twin": str(twin), "link": str(link)}


@pytest.fixture
def ssh(tmp_path: Path) -> str:
    """Return an ssh command whose configuration has host aliases."""
    config = tmp_path / "ssh config"
    lines = (
        *("Host work home", "HostName github.com", "User git"),
        *("Host quick", "HostName ssh.github.com", "Port 443"),
    )
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"ssh -F '{config}'"


def test_what_is_no_host_is_never_given_to_ssh(ssh: str, tmp_path: Path) -> None:
    """It reaches ssh neither as an option nor through a shell."""
    for url in ("-oProxyCommand=x:acme/api", "$(touch bad):acme/api", "ssh://-x/acme/api", "a b:c"):
        assert without_alias(url, ssh) == url
    assert without_alias("work:acme/api", "") == "work:acme/api"
    assert without_alias("work:acme/api", "false") == "work:acme/api"
    assert without_alias("work:acme/api", ssh) == "ssh://github.com/acme/api"
    assert not (tmp_path / "bad").exists()
    assert not Path("bad").exists()


def test_a_named_push_url_is_asked_for_what_is_published(folder: Path) -> None:
    """It is passed in the environment, so that no process list shows a token in it."""
    secret = "https://ada:hunter2@host/api.git"
    remote = configured(
        folder, [(f"{ORIGIN}.url", "mirror:api"), (f"{ORIGIN}.pushurl", secret)], named=secret
    )
    assert has_credentials(secret)
    assert remote.detour() is None
    name, environment = remote.published()
    resolved = git(folder, "ls-remote", "--get-url", name, env={**os.environ, **environment})
    assert (resolved.strip(), name != "origin") == (secret, True)
    plain = Remote("origin", remote.settings, remote.git, folder)
    assert plain.published() == ("origin", {})
    elsewhere = plain.detour()
    assert elsewhere
    assert "hunter2" not in elsewhere.to
