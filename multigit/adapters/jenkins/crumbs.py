"""The crumb with which a server accepts a POST: some require one even with an API token."""

from __future__ import annotations

import re
from collections.abc import Mapping

from multigit.adapters.http.documents import mapping
from multigit.adapters.http.request import Reply

PAGE = "/crumbIssuer/api/json"

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_VALUE = re.compile(r"[!-~]+")
_COOKIE = re.compile(r"(?:^|,\s*)([^=;,\s]+=[^;,\s]*)(?=[;,]|$)")  # not a date, which has spaces


def crumb_headers(issued: Reply) -> Mapping[str, str]:
    """Return the headers of a POST with the crumb that was issued, in the session it belongs to.

    Empty if the server issues none.
    """
    answer = mapping(issued.document()) if issued.good else {}
    name, crumb = str(answer.get("crumbRequestField")), str(answer.get("crumb") or "")
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(crumb):
        return {}
    cookies = "; ".join(_COOKIE.findall(issued.headers.get("set-cookie", "")))
    return {name: crumb, **({"Cookie": cookies} if cookies else {})}
