"""Asks a deployed service over HTTP how it is."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.adapters.http.request import address_fault, request
from multigit.core.values.health_check import HealthAnswer
from multigit.errors import MultigitError


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Asks with GET, and without any password.

    A redirect is not followed: it is the answer. A login page behind one must not look healthy.
    """

    def ask(self, url: str, *, timeout: float) -> HealthAnswer:
        """Return what the address answers within `timeout` seconds, its body up to 64 KB.

        Raises MultigitError when there is no answer, with the reason.
        """
        if fault := address_fault(url):
            raise MultigitError(f"it cannot be asked: {fault}.", code="health_url")
        reply = request("GET", url, timeout=timeout, headers={"Accept": "application/json, */*"})
        return HealthAnswer(reply.status, reply.text, reply.headers)
