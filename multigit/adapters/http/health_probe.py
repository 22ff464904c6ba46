"""Checks the health of a deployed service over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus

from multigit.adapters.http.limiter import retry_after
from multigit.adapters.http.request import address_fault, request
from multigit.core.values.health_check import HealthAnswer
from multigit.errors import MultigitError

LATER = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}  # may ask to wait


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Sends a GET, without any password.

    A redirect is not followed, it is the answer: a login page behind it must not look healthy.
    """

    def ask(self, url: str, *, timeout: float) -> HealthAnswer:
        """Return the answer of an address within `timeout` seconds, with up to 64 KB of its body.

        Raises MultigitError with the reason if there is none.
        """
        if fault := address_fault(url):
            raise MultigitError(f"the address cannot be used: {fault}.", code="health_url")
        reply = request("GET", url, timeout=timeout, headers={"Accept": "application/json, */*"})
        pause = retry_after(reply.headers, time.time()) if reply.status in LATER else 0.0
        return HealthAnswer(reply.status, reply.text, reply.headers, reply.fault, pause)
