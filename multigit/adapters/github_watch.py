"""Looking at one run again and again: one request for a look while nothing changes.

Looks at an unchanged run ask in turn for the run and for what happens in it, its jobs or gates:
GitHub says nothing new of a run while its jobs go from step to step.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from multigit.adapters.github_answers import UNCHANGED, GithubError, mapping, mappings, no_json
from multigit.adapters.github_door import GithubDoor
from multigit.adapters.github_sight import (
    Document,
    ended,
    gate,
    link,
    state_of,
    under_way,
    waiting,
)
from multigit.core.deployment import Gate, RunState, Sight


class Watch:
    """One run of a repository, and what was seen of it last. For one thread at a time."""

    def __init__(self, door: GithubDoor, slug: str, run: str) -> None:
        self._door = door
        self._path = f"/repos/{slug}/actions/runs/{run}"
        self._what = f"run {run} of {slug}"
        self._etag = ""
        self._jobs_etag = ""
        self._sight: Sight | None = None
        self._unchanged = False  # what the last look at the run itself showed
        self._gated: bool | None = None  # whether it may have waited for somebody

    def look(self) -> Sight:
        """Return what is to be seen now; raises GithubError when nothing is."""
        sight = self._sight
        if sight and self._unchanged and sight.state is RunState.RUNNING:
            return self._look_at_jobs(sight)
        if sight and self._unchanged and sight.state is RunState.WAITING:
            return self._look_at_gates(sight)
        return self._look_at_run()

    def gates(self) -> tuple[Gate, ...]:
        """Return what the run waits for."""
        value = self._door.get(f"{self._path}/pending_deployments", self._what).value
        if not isinstance(value, list):
            raise no_json(self._what, self._door.host)
        return tuple(map(gate, mappings(value)))

    def review(self, gates: Sequence[Gate], *, approve: bool, comment: str) -> None:
        """Let the run go on, or not; raises UnclearError when that may have arrived."""
        body = {
            "environment_ids": [one.environment for one in gates],
            "state": "approved" if approve else "rejected",
            "comment": comment,
        }
        self._door.post(f"{self._path}/pending_deployments", body, f"the review of {self._what}")

    def _look_at_run(self) -> Sight:
        reply = self._door.get(self._path, self._what, etag=self._etag)
        self._unchanged = reply.status == UNCHANGED
        if self._sight is None or not self._unchanged:
            self._sight = self._seen(mapping(reply.value))
            self._etag = reply.headers.get("etag", "")  # only now: a look that failed is repeated
        return self._sight

    def _seen(self, run: Document) -> Sight:
        state = state_of(run)
        if state is None:
            raise no_json(self._what, self._door.host)
        if self._gated is None:  # joined late, who knows what was before
            self._gated = state is not RunState.QUEUED
        if state is RunState.WAITING:
            self._gated = True
            return waiting(link(run), self.gates())
        if state is RunState.RUNNING:
            return under_way(state, link(run), self._jobs() or ())
        if not state.over:
            return Sight(state, url=link(run))
        return self._end(run, state)

    def _end(self, run: Document, state: RunState) -> Sight:
        """The end is the end, whether its circumstances can be read or not."""
        jobs: Sequence[Document] = ()
        approvals: Sequence[Document] = ()
        if state is not RunState.SUCCEEDED:
            with suppress(GithubError):
                self._jobs_etag = ""
                jobs = self._jobs() or ()
        if self._gated:
            with suppress(GithubError):
                approvals = mappings(self._door.get(f"{self._path}/approvals", self._what).value)
        return ended(run, jobs, approvals)

    def _jobs(self) -> tuple[Document, ...] | None:
        """Return the jobs of the newest attempt, None where they are as before."""
        query = {"per_page": "100"}
        path = f"{self._path}/jobs"
        reply = self._door.get(path, self._what, query, etag=self._jobs_etag)
        self._jobs_etag = reply.headers.get("etag", "")
        if reply.status == UNCHANGED:
            return None
        return mappings(mapping(reply.value).get("jobs"))

    def _look_at_jobs(self, sight: Sight) -> Sight:
        self._unchanged = False  # the next look is at the run
        jobs = self._jobs()
        if jobs is None:
            return sight
        if all(job.get("status") == "completed" for job in jobs):
            return self._look_at_run()
        self._sight = under_way(sight.state, sight.url, jobs)
        return self._sight

    def _look_at_gates(self, sight: Sight) -> Sight:
        self._unchanged = False  # the next look is at the run
        gates = self.gates()
        if not gates and sight.reviewers:
            return self._look_at_run()
        self._sight = waiting(sight.url, gates)
        return self._sight
