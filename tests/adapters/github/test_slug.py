"""Turning the URL of a remote into "owner/name" on the configured host."""

from __future__ import annotations

import pytest

from multigit.adapters.github.slug import api_address, checked_slug, slug_from, web_host
from multigit.errors import ConfigError, RefusedError


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("git@github.com:acme/api.git", "acme/api"),
        ("github.com:acme/api", "acme/api"),
        ("git@GitHub.com:/acme/api.git", "acme/api"),
        ("ssh://git@github.com/acme/api.git", "acme/api"),
        ("ssh://git@ssh.github.com:443/acme/api.git", "acme/api"),
        ("git+ssh://git@github.com/acme/api", "acme/api"),
        ("git://github.com/acme/api.git", "acme/api"),
        ("https://github.com/acme/api", "acme/api"),
        ("https://github.com/acme/api.git/", "acme/api"),
        ("https://github.com:443/acme/api.git", "acme/api"),
        ("https://www.github.com/acme/api.git", "acme/api"),
        ("https://ada:hunter2@github.com/acme/api.git", "acme/api"),
        ("https://github.com/acme_corp/a.b-c_d.git", "acme_corp/a.b-c_d"),
        ("https://github.com/acme/.github", "acme/.github"),
    ],
)
def test_a_remote_names_its_repository(url: str, slug: str) -> None:
    """This covers every form of URL that git accepts."""
    assert slug_from([url], "github.com") == slug


@pytest.mark.parametrize(
    "url",
    [
        "",
        "git@gitlab.com:acme/api.git",
        "git@work:acme/api.git",
        "https://github.com.evil.example/acme/api",
        "https://evil.example/github.com/acme/api",
        "https://github.com@evil.example/acme/api",
        "https://ada:hunter2@evil.example/acme/api",
        "https://github.com/acme",
        "https://github.com/acme/api/tree/main",
        "https://github.com/acme/..",
        "https://github.com/../api",
        "https://github.com/acme/a%2Fb",
        "https://[broken/acme/api",
        "file:///srv/git/api.git",
        "/srv/git/api.git",
        "../api.git",
        "https://github.com/acme/a\x1b[31m",
    ],
)
def test_a_remote_on_another_host_is_refused(url: str) -> None:
    """The message shows no password and no control characters."""
    with pytest.raises(RefusedError) as caught:
        slug_from([url], "github.com")
    error = caught.value
    assert (error.code, error.hint[:18]) == ("not_on_github", 'Set github = "owne')
    assert "is not on the configured host github.com." in error.message
    assert "hunter2" not in error.message
    assert error.message.isprintable()


def test_the_first_url_on_the_host_counts() -> None:
    """A URL rewritten by git comes before the one in the configuration."""
    urls = ["/srv/mirror/api.git", "git@github.com:acme/api.git", "git@github.com:robin/api.git"]
    assert slug_from(urls, "github.com") == "acme/api"


@pytest.mark.parametrize(
    ("configured", "address", "host"),
    [
        ("", "https://api.github.com", "github.com"),
        ("https://api.github.com/", "https://api.github.com", "github.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3", "ghe.example.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com", "acme.ghe.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
    ],
)
def test_an_api_serves_the_repositories_of_a_host(configured: str, address: str, host: str) -> None:
    """The host may be github.com, an Enterprise Server, an Enterprise Cloud domain, or a test."""
    assert (api_address(configured), web_host(address)) == (address, host)


@pytest.mark.parametrize(
    "configured",
    [
        "ghe.example.com",
        "ftp://ghe.example.com",
        "https://",
        "https://a:b@ghe.example.com",
        "x y",
        "https://ghe.example.com/?a=b",
        "https://ghe.example.com:99999",
        "https://[x",
    ],
)
def test_an_invalid_address_is_refused(configured: str) -> None:
    """The message does not show a password in it."""
    with pytest.raises(ConfigError) as caught:
        api_address(configured)
    assert (caught.value.code, "a:b" in caught.value.message) == ("api_url", False)


def test_a_configured_slug_is_used_as_is() -> None:
    """It must not be a URL."""
    assert checked_slug("acme/api") == "acme/api"
    with pytest.raises(RefusedError, match="is not the name of a GitHub repository"):
        checked_slug("https://github.com/acme/api")
