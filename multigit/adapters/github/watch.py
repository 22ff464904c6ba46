"""Polling one run: a poll is one request, whatever it shows.

Polls of a run that has not ended ask in turn for the run and for what happens in it, its jobs or
gates: GitHub does not update a run while its jobs move from step to step. When it ended, separate
polls ask what its jobs did and who approved it, before the end is reported. Only a run with more
jobs than fit on a page takes a request for each page then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from multigit.adapters.github.answers import GithubError
from multigit.adapters.github.client import PAGE, TOO_MANY, GithubClient
from multigit.adapters.github.reviewing import Reviewing
from multigit.adapters.github.run_status import (
    changed_at,
    ended,
    link,
    state_of,
    stray,
    under_way,
    waiting,
)
from multigit.adapters.github.workflow_file import WorkflowJob
from multigit.adapters.http.documents import Document, mapping, mappings, number, text
from multigit.core.values.deployment import Gate, RunState, RunStatus, Verdict
from multigit.errors import RunGoneError, TooEarlyError

MISSED = 10  # polls in a row that do not find a run, after which it is gone

# The jobs of a run that deploy, () if its file does not show them; None if none can be skipped.
Deploying = Sequence[WorkflowJob] | None


class Watch:
    """One run of a repository, and its last status. For one thread at a time.

    `deploying` is called after a success.
    """

    def __init__(
        self,
        client: GithubClient,
        slug: str,
        run: str,
        commit: str,
        deploying: Callable[[], Deploying],
    ) -> None:
        self._client = client
        self._deploying = deploying
        self._commit = commit  # that it must run
        self._path = f"/repos/{slug}/actions/runs/{run}"
        self._what = f"run {run} of {slug}"
        self._reviewing = Reviewing(client, self._path, self._what)
        self._next: Callable[[], RunStatus] = self._poll_run
        self._etag = ""
        self._jobs_etag = ""
        self._page = 1  # of the jobs: the first on which not all were seen completed
        self._status: RunStatus | None = None
        self._missed = 0  # polls in a row for which there was no such run
        self._gated: bool | None = None  # whether it may have waited for approval
        self._changed = 0.0  # when the run did last, in Unix seconds
        self._run: Document = {}  # as it ended
        self._jobs: Sequence[Document] | None = None  # at its end
        self._approvals: Sequence[Document] | None = None

    def poll(self) -> RunStatus:
        """Return the status now, after one request; raises GithubError if there is none.

        A run that GitHub does not have any more, poll after poll, was deleted: it is unknown.
        """
        ask, self._next = self._next, self._poll_run
        try:
            self._status = ask()
        except TooEarlyError:
            self._next = ask  # it asked for nothing yet
            raise
        except GithubError as error:
            missing = error.status == HTTPStatus.NOT_FOUND
            self._missed = self._missed + 1 if missing else 0
            if not missing:
                raise
            if self._missed < MISSED:
                raise RunGoneError(error.message, hint=error.hint, code=error.code) from error
            url = self._status.url if self._status else ""
            return RunStatus(RunState.UNKNOWN, detail=error.message, url=url)
        self._missed = 0
        return self._status

    def gates(self) -> tuple[Gate, ...]:
        """Return the gates at which the run waits, with the time at which it changed last."""
        run = mapping(self._client.get(self._path, self._what).document())
        since = changed_at(run, self._client.ahead)
        return tuple(replace(each, since=since) for each in self._reviewing.gates())

    def review(self, gates: Sequence[Gate], *, approve: bool, comment: str) -> Sequence[Verdict]:
        """Approve or reject these gates; return what became of each."""
        return self._reviewing.review(gates, approve=approve, comment=comment)

    def _poll_run(self) -> RunStatus:
        reply = self._client.get(self._path, self._what, etag=self._etag)
        if self._status is None or reply.status != HTTPStatus.NOT_MODIFIED:
            status = self._seen(mapping(reply.document()))
            self._etag = reply.headers.get("etag", "")  # only now: a poll that failed is repeated
        else:
            status = replace(self._status, more=False)
        if self._run or status.detail:  # it ended, and its details are next; or it is a stray run
            return status
        if status.state is RunState.RUNNING and not status.more:
            self._next = self._poll_jobs
        elif status.state is RunState.WAITING and status.more:
            self._next = self._poll_gates
        return status

    def _seen(self, run: Document) -> RunStatus:
        state = state_of(run)
        if state is None:
            raise self._client.no_json(self._what)
        head = text(run.get("head_sha"))
        if head and self._commit and head != self._commit:
            return stray(run, head, self._commit)
        if self._gated is None:  # the first poll: it may have waited before
            self._gated = state is not RunState.QUEUED
        self._run, self._jobs, self._approvals = (run if state.over else {}), None, None
        if state.over:
            return self._end()
        self._gated = self._gated or state is RunState.WAITING
        waits = state is RunState.WAITING  # it changed, so it may wait for someone else now
        self._changed = changed_at(run, self._client.ahead)
        if self._status and self._status.state is state:
            return replace(self._status, more=waits)
        return RunStatus(state, url=link(run), more=waits)

    def _end(self) -> RunStatus:
        """Return the end once its details were asked for; before, the last status and `more`.

        A failure is the end even if its details cannot be read.
        """
        if self._jobs is None and self._jobs_matter():
            self._next = self._poll_ended_jobs
        elif self._gated and self._approvals is None:
            self._next = self._poll_approvals
        else:
            deploying = self._deploying() if self._jobs else ()
            return ended(self._run, self._jobs or (), self._approvals or (), deploying or ())
        return replace(self._status or RunStatus(RunState.RUNNING, url=link(self._run)), more=True)

    def _jobs_matter(self) -> bool:
        """Return whether the jobs say more about the end than the run itself."""
        state = state_of(self._run) or RunState.FAILED
        return state.bad or (state is RunState.SUCCEEDED and self._deploying() is not None)

    def _poll_ended_jobs(self) -> RunStatus:
        """Read the jobs of a run that ended; raises GithubError if a success depends on them."""
        self._jobs = ()
        try:
            self._jobs = self._client.pages(f"{self._path}/jobs", self._what, "jobs")
        except GithubError as error:
            if state_of(self._run) is RunState.SUCCEEDED and error.code != TOO_MANY:
                self._next = self._poll_ended_jobs
                raise
        attempt = number(self._run.get("run_attempt"))
        if any(number(job.get("run_attempt")) > attempt for job in self._jobs):
            return self._again()
        return self._end()

    def _again(self) -> RunStatus:
        """Return the status of a run that someone has run again since the last poll."""
        url, self._run, self._etag = link(self._run), {}, ""
        return RunStatus(RunState.RUNNING, url=url, more=True)

    def _poll_approvals(self) -> RunStatus:
        self._approvals = ()
        with suppress(GithubError):
            path = f"{self._path}/approvals"
            self._approvals = mappings(self._client.get(path, self._what).document())
        return self._end()

    def _poll_jobs(self) -> RunStatus:
        """Look at one page of the jobs of the newest attempt, and later at the next one."""
        before = self._status or RunStatus(RunState.RUNNING)
        path, query = f"{self._path}/jobs", {"per_page": str(PAGE), "page": str(self._page)}
        reply = self._client.get(path, self._what, query, etag=self._jobs_etag)
        self._jobs_etag = reply.headers.get("etag", "")
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return before
        listing = mapping(reply.document())
        jobs = mappings(listing.get("jobs"))
        over = bool(jobs) and all(job.get("status") == "completed" for job in jobs)
        follows = over and number(listing.get("total_count")) > self._page * PAGE
        if follows or (self._page > 1 and not jobs):
            self._page, self._jobs_etag = (self._page + 1 if follows else 1), ""
        return replace(under_way(before.state, before.url, jobs), more=over)

    def _poll_gates(self) -> RunStatus:
        before = self._status or RunStatus(RunState.WAITING)
        gates = self._reviewing.gates()
        if not gates and before.reviewers:
            return replace(before, more=True)
        now = waiting(before.url, gates, since=self._changed)
        same = before.environments == now.environments and before.since
        return replace(now, since=before.since) if same else now
