"""The name of a repository on GitHub: from the URL of its remote to "owner/name"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from multigit.adapters.http.request import address_fault
from multigit.core.values.remote_url import parsed
from multigit.core.values.text import masked, visible
from multigit.errors import ConfigError, RefusedError

DEFAULT_API = "https://api.github.com"

_SLUG = re.compile(r"(?!\.)[A-Za-z0-9_.-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+")


def api_address(configured: str) -> str:
    """Return the API's address without a trailing slash; raises ConfigError if it is invalid."""
    address = (configured or DEFAULT_API).rstrip("/")
    if address_fault(address) or set("?#") & set(address):
        message = f"{visible(masked(address))} is not an address of GitHub's API."
        hint = 'Set api_url in the [github] section, such as "https://ghe.example.com/api/v3".'
        raise ConfigError(message, hint=hint, code="api_url")
    return address


def web_host(api: str) -> str:
    """Return the host whose repositories an API serves, in lower case."""
    host = (urlsplit(api).hostname or "").lower()
    if host == "api.github.com" or host.endswith(".ghe.com"):
        return host.removeprefix("api.")
    return host


def checked_slug(slug: str) -> str:
    """Return a configured slug; raises RefusedError if it is not "owner/name"."""
    if _SLUG.fullmatch(slug):
        return slug
    message = f"{visible(slug)} is not the name of a GitHub repository."
    hint = 'Set github = "owner/name" for this repository.'
    raise RefusedError(message, hint=hint, code="github_slug")


def slug_from(urls: Sequence[str], host: str) -> str:
    """Return "owner/name" from the first of these URLs that is on this host.

    Raises RefusedError if none of them is.
    """
    hosts = {host, f"ssh.{host}", f"www.{host}"}  # github.com also listens as ssh.github.com
    for url in urls:
        parts = parsed(url)
        slug = parts.path.strip("/").removesuffix(".git")
        if parts.scheme != "file" and parts.host in hosts and _SLUG.fullmatch(slug):
            return slug
    shown = visible(masked(next(iter(urls), ""))) or "without a URL"
    message = f"the remote {shown} is not on the configured host {host}."
    hint = 'Set github = "owner/name" for this repository, or api_url in [github].'
    raise RefusedError(message, hint=hint, code="not_on_github")


def comparison(host: str, slug: str, *, base: str, head: str) -> str:
    """Return the page with the commits of the branch `head` that the branch `base` lacks."""
    return f"https://{host}/{slug}/compare/{quote(base)}...{quote(head)}"
