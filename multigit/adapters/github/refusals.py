"""What GitHub says about a refusal: its errors, single sign-on, the rights that a token lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from multigit.adapters.http.documents import mapping
from multigit.adapters.http.request import Reply, address_fault
from multigit.core.values.health_check import excerpt

SHOWN = 3  # errors in one sentence
RIGHTS_HINT = (
    "Create a token that can read and write Actions, and read Contents, Environments, Checks and"
    " commit statuses of this repository (a classic token: scope repo), and set MULTIGIT_TOKEN."
)
_CODES = {
    "missing": "does not exist",
    "missing_field": "is not set",
    "invalid": "is not valid",
    "already_exists": "already exists",
    "unprocessable": "is not valid",
}
_PERMISSIONS = re.compile(r"[a-z_]+=[a-z]+([,;] ?[a-z_]+=[a-z]+)*")
_SCOPE = re.compile(r"[a-z_:]+")
_SIGN_ON = re.compile(r"required\s*;\s*url=(\S+)")


def words(reply: Reply) -> str:
    """Return GitHub's own message with its errors: escaped, short, and without its full stop.

    See docs.github.com, "Troubleshooting the REST API", on the errors of a 422.
    """
    document = mapping(reply.document())
    found = document.get("errors")
    errors = found if isinstance(found, list) else [found]
    named = list(dict.fromkeys(filter(None, map(_error, errors))))
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    parts = (_sentence(document.get("message")), "; ".join(named[:SHOWN]) + more)
    return ": ".join(filter(None, parts))


def _error(error: Any) -> str:
    """Return one of the errors: its message, or its field with what is wrong with it."""
    if not isinstance(error, dict):
        return _sentence(error)
    if said := _sentence(error.get("message")):
        return said
    what, code = (_sentence(error.get(key)) for key in ("field", "code"))
    return " ".join(
        filter(None, (what or _sentence(error.get("resource")), _CODES.get(code, code)))
    )


def _sentence(value: Any) -> str:
    return excerpt(value).rstrip(".") if isinstance(value, str) and value.strip() else ""


def what_to_do(reply: Reply, host: str) -> str:
    """Return the hint for a token that GitHub refuses, as its answer explains it.

    `host` is GitHub's name on the web: only there an address may lead.
    """
    headers, forbidden = reply.headers, reply.status == HTTPStatus.FORBIDDEN
    return _sign_on(headers, host) or _scopes(headers, forbidden=forbidden) or _permissions(headers)


def _sign_on(headers: Mapping[str, str], host: str) -> str:
    """Return how to authorize the token for an organization's single sign-on."""
    header = headers.get("x-github-sso", "").strip()
    if not header.startswith("required"):
        return ""
    found = _SIGN_ON.match(header)
    url = found[1] if found and not address_fault(found[1]) else ""
    if url and (urlsplit(url).scheme, urlsplit(url).hostname) == ("https", host):
        return f"Authorize the token for the organization's single sign-on: {url}"
    return "Authorize the token for the organization's single sign-on, in your settings on GitHub."


def _scopes(headers: Mapping[str, str], *, forbidden: bool) -> str:
    """Return which scope a classic token lacks; only answers to such a token have this header."""
    accepted, has = (
        [
            each
            for each in map(str.strip, headers.get(name, "").split(","))
            if _SCOPE.fullmatch(each)
        ]
        for name in ("x-accepted-oauth-scopes", "x-oauth-scopes")
    )
    if "x-oauth-scopes" not in headers or not accepted:
        return ""
    if set(accepted) & set(has):
        owner = "The token has the scope for it. Check what its owner may do in this repository."
        return owner if forbidden else ""
    needed = f"the scope {accepted[0]}" if len(accepted) == 1 else f"one of {', '.join(accepted)}"
    known = f"has only {', '.join(has)}" if has else "has no scopes"
    return f"The token {known}. Create one with {needed}, and set MULTIGIT_TOKEN."


def _permissions(headers: Mapping[str, str]) -> str:
    """Return which permissions a fine-grained token needs; `;` separates alternatives."""
    header = headers.get("x-accepted-github-permissions", "").strip()
    if not _PERMISSIONS.fullmatch(header):
        return ""
    ways = (way.replace("=", ": ").replace(",", ", ") for way in re.split("; ?", header))
    needed = " or ".join(" ".join(way.split()) for way in ways)
    return (
        f"Create a token with the permission {needed} for this repository, and set MULTIGIT_TOKEN."
    )
