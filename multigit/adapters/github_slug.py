"""Where a repository is on GitHub: from the URL of its remote to "owner/name"."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from multigit.core.text import masked, visible
from multigit.errors import ConfigError, RefusedError

DEFAULT_API = "https://api.github.com"

_SLUG = re.compile(r"(?!\.)[A-Za-z0-9_.-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+")
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?!//)(?P<path>\S+)")
_SCHEMES = {"ssh", "git+ssh", "git", "http", "https"}


def api_address(configured: str) -> str:
    """Return the API's address without a slash at its end; raises ConfigError for no address."""
    address = (configured or DEFAULT_API).rstrip("/")
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(
            f"{visible(masked(address))} is no address of GitHub's API.",
            hint='Set api_url in the [github] section, such as "https://ghe.example.com/api/v3".',
            code="api_url",
        )
    return address


def web_host(api: str) -> str:
    """Return the host whose repositories an API serves, in lower case."""
    host = (urlsplit(api).hostname or "").lower()
    if host == "api.github.com" or host.endswith(".ghe.com"):
        return host.removeprefix("api.")
    return host


def checked_slug(slug: str) -> str:
    """Return a configured slug; raises RefusedError where it is no "owner/name"."""
    if _SLUG.fullmatch(slug):
        return slug
    raise RefusedError(
        f"{visible(slug)} is no repository on GitHub.",
        hint='Write github = "owner/name" for this repository.',
        code="github_slug",
    )


def slug_from(url: str, host: str) -> str:
    """Return "owner/name" of a remote on this host; raises RefusedError where it is elsewhere."""
    found, path = _parts(url)
    if _same(found, host):
        slug = path.strip("/").removesuffix(".git")
        if _SLUG.fullmatch(slug):
            return slug
    raise RefusedError(
        f"the remote {visible(masked(url)) or 'without a URL'} is not on the configured host"
        f" {host}.",
        hint='Write github = "owner/name" for this repository, or set api_url in [github].',
        code="not_on_github",
    )


def _parts(url: str) -> tuple[str, str]:
    """Return host and path of a URL or of ssh's short form; both empty for anything else."""
    try:
        parts = urlsplit(url)
        if parts.scheme in _SCHEMES and parts.hostname:
            return parts.hostname.lower(), parts.path
    except ValueError:
        return "", ""
    short = _SCP.fullmatch(url)
    return (short["host"].lower(), short["path"]) if short else ("", "")


def _same(found: str, host: str) -> bool:
    """Tell whether a remote's host is this one; github.com also listens as ssh.github.com."""
    return bool(found) and found in {host, f"ssh.{host}", f"www.{host}"}
