"""URLs of remotes: which repository they name, and whether they contain a secret."""

from __future__ import annotations

import pytest

from multigit.core.values.remote_url import (
    has_credentials,
    place,
    without_credentials,
    without_user,
)

LONG = "a1b2c3d4e5" * 3

SAME = [
    {
        "git@github.com:acme/api.git",
        "github.com:acme/api",
        "git@GitHub.com:/Acme/API.git",
        "ssh://git@github.com/acme/api.git",
        "ssh://git@ssh.github.com:443/acme/api.git",
        "git+ssh://git@github.com/acme/api",
        "git://github.com/acme/api.git",
        "https://github.com/acme/api",
        "https://github.com:443/acme/api.git/",
        "https://robin:s3cret@www.github.com//acme/api.git",
    },
    {"https://git.example.org/scm/shop/api.git", "ssh://git@git.example.org:7999/shop/api.git"},
    {"https://git.example.org/a/shop/web", "ssh://robin@git.example.org:29418/shop/web"},
    {
        "https://dev.azure.com/acme/shop/_git/api",
        "https://acme@dev.azure.com/acme/shop/_git/api",
        "git@ssh.dev.azure.com:v3/acme/shop/api",
        "https://acme.visualstudio.com/DefaultCollection/shop/_git/api",
        "acme@vs-ssh.visualstudio.com:v3/acme/shop/api",
    },
    {"https://dev.azure.com/acme/_git/shop", "git@ssh.dev.azure.com:v3/acme/shop/shop"},
    {"https://gitlab.com/acme/api.git", "git@altssh.gitlab.com:acme/api.git"},
    {"git@[::1]:srv/api.git", "ssh://git@[::1]:22/srv/api.git"},
    {"[git.example.com:2222]:srv/api", "ssh://git.example.com/srv/api"},
    {"https://host/my%20team/api", "https://host/my team/api.git"},
    {"/srv/git/api.git", "file:///srv/git/api.git", "/srv//git/x/../api/"},
    {"/srv/git/API.git"},
    {"git@git.example.com:srv/API"},
    {"git@git.example.com:api"},
    {"git@github.com:robin/api.git"},
    {"git@work:acme/api.git"},
    {"https://github.com.example.org/acme/api"},
    {"https://github.com@example.org/acme/api"},
    {"ext::ssh host %S /srv/git/api.git"},
    {"DISABLED"},
    {"no_push"},
    {"/dev/null"},
    {"https://[broken/acme/api"},
    {""},
]


def test_urls_of_several_protocols_name_one_repository() -> None:
    """The user, port, `.git`, slashes and the host's case are ignored, and all else counts."""
    places = [{place(url) for url in urls} for urls in SAME]
    assert [len(each) for each in places] == [1] * len(SAME)
    assert len(set[object]().union(*places)) == len(SAME)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://ada:s3cret@host/x", "https://host/x"),
        ("https://:s3cret@host/x", "https://host/x"),
        ("https://ghp_s3cret@host/x", "https://host/x"),
        ("https://gho_s3cret:x-oauth-basic@host/x", "https://host/x"),
        ("https://s3cret:x-oauth-basic@host/x", "https://host/x"),
        ("https://x-access-token:s3cret@host/x", "https://host/x"),
        ("https://github_pat_s3cret@host/x", "https://host/x"),
        ("https://glpat-s3cret@host/x", "https://host/x"),
        (f"https://{LONG}@host/x", "https://host/x"),
        ("http://ada:s3@cret@host/x", "http://host/x"),
        ("ssh://ada:s3cret@host/x", "ssh://host/x"),
        ("ssh://ghp_s3cret@host/x", "ssh://host/x"),
        ("codecommit::https://ada:s3cret@host/x", "codecommit::https://host/x"),
    ],
)
def test_a_url_with_a_password_or_token_has_credentials(url: str, plain: str) -> None:
    """They would be shown in process lists and errors."""
    assert has_credentials(url)
    assert without_credentials(url) == plain
    assert not has_credentials(plain)


@pytest.mark.parametrize(
    "url",
    [
        "https://host/x.git",
        "https://robin@bitbucket.org/acme/api.git",
        "https://acme@dev.azure.com/acme/shop/_git/api",
        "https://glenn-smith@host/x",
        "https://robin:@host/x",
        "https://robin.example-of-accounting%40example.org@host/x",
        "https://host:8443/x@y",
        "ssh://git@host:22/x",
        f"ssh://{LONG}@host/x",
        "git@github.com:acme/api.git",
        "/srv/git/a:b@c.git",
        "../api.git",
        "",
    ],
)
def test_a_url_without_a_password_has_none(url: str) -> None:
    """A user name, a port and an @ in the path are not secrets."""
    assert not has_credentials(url)
    assert without_credentials(url) == url


def test_a_url_for_everyone_names_no_user() -> None:
    """The user stays if the form of the URL requires one."""
    assert without_user("https://robin@host/x@y") == "https://host/x@y"
    assert without_user("git@host:x.git") == "git@host:x.git"
