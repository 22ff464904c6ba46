"""Looking at one run again and again: a look is one request, whatever it shows.

Looks at a run that goes on ask in turn for the run and for what happens in it, its jobs or gates:
GitHub says nothing new of a run while its jobs go from step to step. What else belongs to an end,
where it failed and who approved it, is asked for by looks of its own before the end is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from multigit.adapters.github.answers import GithubError
from multigit.adapters.github.client import GithubDoor
from multigit.adapters.github.run_status import (
    ended,
    gate,
    link,
    state_of,
    stray,
    under_way,
    waiting,
)
from multigit.adapters.http.documents import Document, mapping, mappings, text
from multigit.core.values.deployment import Gate, RunState, RunStatus


class Watch:
    """One run of a repository, and what was seen of it last. For one thread at a time."""

    def __init__(self, door: GithubDoor, slug: str, run: str, commit: str) -> None:
        self._door = door
        self._commit = commit  # that it has to be of
        self._path = f"/repos/{slug}/actions/runs/{run}"
        self._what = f"run {run} of {slug}"
        self._next: Callable[[], RunStatus] = self._poll_run
        self._etag = ""
        self._jobs_etag = ""
        self._status: RunStatus | None = None
        self._gated: bool | None = None  # whether it may have waited for somebody
        self._run: Document = {}  # as it ended
        self._jobs: Sequence[Document] | None = None  # at its end
        self._approvals: Sequence[Document] | None = None

    def poll(self) -> RunStatus:
        """Return what is to be seen now, after one request; raises GithubError when nothing is."""
        ask, self._next = self._next, self._poll_run
        self._status = ask()
        return self._status

    def gates(self) -> tuple[Gate, ...]:
        """Return what the run waits for."""
        value = self._door.get(f"{self._path}/pending_deployments", self._what).document()
        if not isinstance(value, list):
            raise self._door.no_json(self._what)
        return tuple(map(gate, mappings(value)))

    def review(self, gates: Sequence[Gate], *, approve: bool, comment: str) -> None:
        """Let the run go on, or not; raises UnclearError when that may have arrived."""
        body = {
            "environment_ids": [one.environment for one in gates],
            "state": "approved" if approve else "rejected",
            "comment": comment,
        }
        self._door.post(f"{self._path}/pending_deployments", body, f"the review of {self._what}")

    def _poll_run(self) -> RunStatus:
        reply = self._door.get(self._path, self._what, etag=self._etag)
        if self._status is None or reply.status != HTTPStatus.NOT_MODIFIED:
            status = self._seen(mapping(reply.document()))
            self._etag = reply.headers.get("etag", "")  # only now: a look that failed is repeated
        else:
            status = replace(self._status, more=False)
        if self._run:  # it ended, and what belongs to that is asked for next
            return status
        if status.state is RunState.RUNNING and not status.more:
            self._next = self._poll_jobs
        elif status.state is RunState.WAITING and status.more:
            self._next = self._poll_gates
        return status

    def _seen(self, run: Document) -> RunStatus:
        state = state_of(run)
        if state is None:
            raise self._door.no_json(self._what)
        head = text(run.get("head_sha"))
        if head and self._commit and head != self._commit:
            return stray(run, head, self._commit)
        if self._gated is None:  # joined late, who knows what was before
            self._gated = state is not RunState.QUEUED
        self._run, self._jobs, self._approvals = (run if state.over else {}), None, None
        if state.over:
            return self._end()
        self._gated = self._gated or state is RunState.WAITING
        waits = state is RunState.WAITING  # it changed, so it may wait for somebody else now
        if self._status and self._status.state is state:
            return replace(self._status, more=waits)
        return RunStatus(state, url=link(run), more=waits)

    def _end(self) -> RunStatus:
        """Return the end when all is asked for that belongs to it, or that there is more to come.

        The end is the end, whether its circumstances can be read or not.
        """
        if state_of(self._run) is not RunState.SUCCEEDED and self._jobs is None:
            self._next = self._poll_failure
        elif self._gated and self._approvals is None:
            self._next = self._poll_approvals
        else:
            return ended(self._run, self._jobs or (), self._approvals or ())
        return replace(self._status or RunStatus(RunState.RUNNING, url=link(self._run)), more=True)

    def _poll_failure(self) -> RunStatus:
        self._jobs = ()
        with suppress(GithubError):
            self._jobs_etag = ""
            self._jobs = self._read_jobs() or ()
        return self._end()

    def _poll_approvals(self) -> RunStatus:
        self._approvals = ()
        with suppress(GithubError):
            path = f"{self._path}/approvals"
            self._approvals = mappings(self._door.get(path, self._what).document())
        return self._end()

    def _read_jobs(self) -> tuple[Document, ...] | None:
        """Return the jobs of the newest attempt, None where they are as before."""
        query = {"per_page": "100"}
        path = f"{self._path}/jobs"
        reply = self._door.get(path, self._what, query, etag=self._jobs_etag)
        self._jobs_etag = reply.headers.get("etag", "")
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return None
        return mappings(mapping(reply.document()).get("jobs"))

    def _poll_jobs(self) -> RunStatus:
        before = self._status or RunStatus(RunState.RUNNING)
        jobs = self._read_jobs()
        if jobs is None:
            return before
        over = bool(jobs) and all(job.get("status") == "completed" for job in jobs)
        return replace(under_way(before.state, before.url, jobs), more=over)

    def _poll_gates(self) -> RunStatus:
        before = self._status or RunStatus(RunState.WAITING)
        gates = self.gates()
        if not gates and before.reviewers:
            return replace(before, more=True)
        return waiting(before.url, gates)
