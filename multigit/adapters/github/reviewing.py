"""Reviews of a run: sent once and, if the answer is lost, looked up, never sent again.

GitHub's history of reviews has no times, and spans all attempts of a run. So what is new in it is
what it did not have before the review was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from multigit.adapters.github.answers import GithubError, UnclearError
from multigit.adapters.github.client import GithubClient
from multigit.adapters.github.run_status import gate
from multigit.adapters.http.documents import mapping, mappings, number, text
from multigit.core.values.deployment import Gate, GateState, Verdict
from multigit.errors import MultigitError

LOOKS, LAG = 3, 2.0  # how often a lost review is looked for, and the seconds in between
Decisions = Counter[tuple[int, str, str]]  # environment, state, login


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The gates and reviews of one run; `what` names it in sentences."""

    client: GithubClient
    path: str
    what: str

    def gates(self) -> tuple[Gate, ...]:
        """Return the gates at which the run waits; raises GithubError if they cannot be read."""
        value = self.client.get(f"{self.path}/pending_deployments", self.what).document()
        if not isinstance(value, list):
            raise self.client.no_json(self.what)
        return tuple(map(gate, mappings(value)))

    def review(self, gates: Sequence[Gate], *, approve: bool, comment: str) -> Sequence[Verdict]:
        """Approve or reject these gates; return what became of each.

        Raises GithubError if GitHub refused it, unless someone else was faster at all of them.
        """
        wanted = GateState.APPROVED if approve else GateState.REJECTED
        before = self._decisions()
        body = {
            "environment_ids": [one.environment for one in gates],
            "state": str(wanted),
            "comment": comment,
        }
        try:
            path = f"{self.path}/pending_deployments"
            self.client.post(path, body, f"the review of {self.what}")
        except UnclearError as error:
            return self._look_up(gates, wanted, before, error)
        except GithubError:
            with suppress(MultigitError):  # the refusal counts, whatever the look meets
                found = self._look(gates, wanted, before)
                if all(verdict.state.decided for verdict in found):
                    return found
            raise
        return tuple(Verdict(one, wanted) for one in gates)

    def _look_up(
        self, gates: Sequence[Gate], wanted: GateState, before: Decisions, lost: GithubError
    ) -> Sequence[Verdict]:
        """Look for a review whose answer was lost, a few times: it may be carried out late."""
        found: Sequence[Verdict] = ()
        for left in reversed(range(LOOKS)):
            with suppress(GithubError):
                found = self._look(gates, wanted, before)
                if all(verdict.state.decided for verdict in found):
                    break
            if left:
                self.client.wait(LAG)
        return found or tuple(Verdict(one, GateState.UNKNOWN, detail=lost.message) for one in gates)

    def _look(
        self, gates: Sequence[Gate], wanted: GateState, before: Decisions
    ) -> Sequence[Verdict]:
        waiting = {one.environment for one in self.gates()}
        new = self._decisions() - before
        me = self._login() if new else ""

        def verdict(one: Gate) -> Verdict:
            given = [each[1:] for each in new if each[0] == one.environment]
            if (str(wanted), me) in given:
                return Verdict(one, wanted)
            for state, login in given:
                return Verdict(one, GateState(state), by=login)
            waits = one.environment in waiting
            return Verdict(one, GateState.WAITING if waits else GateState.UNKNOWN)

        return tuple(map(verdict, gates))

    def _decisions(self) -> Decisions:
        """Return all decisions about this run so far."""
        value = self.client.get(f"{self.path}/approvals", self.what).document()
        if not isinstance(value, list):
            raise self.client.no_json(self.what)
        return Counter(
            (number(environment.get("id")), state, text(mapping(each.get("user")).get("login")))
            for each in mappings(value)
            if (state := text(each.get("state"))) in {GateState.APPROVED, GateState.REJECTED}
            for environment in mappings(each.get("environments"))
        )

    def _login(self) -> str:
        """Return who we are, empty if the token does not say: then a reviewer is named."""
        with suppress(GithubError):
            return text(mapping(self.client.get("/user", "the user").document()).get("login"))
        return ""
