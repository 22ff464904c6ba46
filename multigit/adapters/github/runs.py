"""Deployments by GitHub Actions: workflows are started, found and polled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from multigit.adapters.github import checks as github_checks
from multigit.adapters.github.answers import GithubError, UnclearError
from multigit.adapters.github.client import GithubClient
from multigit.adapters.github.committed import CommitSource, CommittedWorkflows
from multigit.adapters.github.matching import full_name, own_run, started_ref
from multigit.adapters.github.preflight import WorkflowPreflight
from multigit.adapters.github.run_status import link
from multigit.adapters.github.slug import checked_slug, slug_from
from multigit.adapters.github.watch import Watch
from multigit.adapters.github.workflow_file import file_name
from multigit.adapters.http.documents import Document, mapping, number, text
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import DeploymentSpec, Gate, Idle, Run, RunStatus, Verdict
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError, UnknownStartError

if TYPE_CHECKING:
    from github.Repository import Repository

POLLS, LAG = 3, 2.0  # how often a branch is read before a start, and the seconds in between
REQUESTS = 8  # of a start on a ref that GitHub does not know yet, with the same pause
NO_REF = "No ref found"  # GitHub's words for that
SLACK = 600.0  # seconds before the request from which runs are listed, since clocks differ


class GithubRuns:
    """Starts, finds and polls workflows, from any thread; implements `RunnerPort`.

    `clone_of` returns the clone of a repository, whose remote names it for specs without a slug.
    """

    def __init__(self, client: GithubClient, clone_of: Callable[[str], CommitSource]) -> None:
        self._client = client
        self._clone_of = clone_of
        self._committed = CommittedWorkflows(clone_of)
        self._preflight = WorkflowPreflight(client, self._committed)
        self._watches: dict[tuple[str, str], Watch] = {}
        self._owners: dict[str, str] = {}  # run → the key of its deployment
        self._details = True  # whether the host may return the id of a run that it starts

    # Reads

    def check(self, spec: DeploymentSpec) -> tuple[Problem, ...]:
        """Return what would keep this deployment from starting; a missing token comes first."""
        try:
            runner = self._runner(spec)
            self._client.requester()
            return tuple(self._preflight.problems(spec, runner))
        except MultigitError as error:
            return (Problem.of(error),)

    def checks(self, repo: str, slug: str, sha: str) -> tuple[Problem, ...]:
        """Return why a commit is not green: all of its statuses and check runs must be."""
        try:
            return github_checks.problems(self._client, self._slug(repo, slug), sha)
        except MultigitError as error:
            return (Problem.of(error),)

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Return the run that this spec, or the push that it belongs to, started.

        None if there is none to be seen. Raises MultigitError if several could be it.
        """
        runner = self._runner(spec)
        name = quote(file_name(runner.workflow), safe="")
        path = f"/repos/{runner.slug}/actions/workflows/{name}/runs"
        query = _query(spec, runner, self._client.ahead)
        starts = self._committed.starts(spec, runner) if runner.by_push else None
        try:
            runs = self._client.pages(path, full_name(runner), "workflow_runs", query)
        except GithubError as error:
            if starts and error.status == HTTPStatus.NOT_FOUND:
                return None  # GitHub learns of a workflow with its first run, if not by default
            raise
        free = [run for run in runs if self._may_be(spec, run)]
        found = own_run(spec, runner, free, self._client.ahead, starts.refs if starts else ())
        return self._own(spec, found) if found else None

    def idle(self, spec: DeploymentSpec) -> Idle | None:
        """Return why the push starts no run, or perhaps none, by the pushed commit's file."""
        runner = self._runner(spec)
        starts = self._committed.starts(spec, runner) if runner.by_push else None
        return starts.idle if starts else None

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Poll a run, with one request."""
        return self._watch(spec, run).poll()

    def pending(self, spec: DeploymentSpec, run: Run) -> tuple[Gate, ...]:
        """Return the environments at which the run waits for approval."""
        return self._watch(spec, run).gates()

    # Writes: sent once

    def start(self, spec: DeploymentSpec) -> Run:
        """Start the workflow, once; raises UnknownStartError if that may have happened."""
        runner = self._runner(spec)
        if runner.ref == "branch":
            self._require_branch(spec, runner.slug)
        try:
            started = self._dispatch_when_known(spec, runner)
        except UnclearError as error:
            raise UnknownStartError(error.message, hint=error.hint, code="start_unclear") from None
        return self._own(spec, started) if number(started.get("id")) else self._started_run(spec)

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """Do nothing: a run on the host keeps running, and someone may still need it."""

    def review(
        self, spec: DeploymentSpec, run: Run, gates: Sequence[Gate], *, approve: bool, comment: str
    ) -> Sequence[Verdict]:
        """Approve or reject what a run waits for; return what became of each gate."""
        return self._watch(spec, run).review(gates, approve=approve, comment=comment)

    def _require_branch(self, spec: DeploymentSpec, slug: str) -> None:
        """Raise MultigitError if the branch that the workflow starts on has moved."""
        what, ref = f"{spec.branch} of {slug}", f"heads/{spec.branch}"
        now = ""
        for left in reversed(range(POLLS)):
            try:
                found = self._client.look_up(slug, what, lambda repo: repo.get_git_ref(ref))
            except GithubError as error:
                if not left or error.status != HTTPStatus.NOT_FOUND:
                    raise
            else:
                now = text(mapping(found.raw_data.get("object")).get("sha"))
            if now == spec.sha:
                return
            if left:
                self._client.wait(LAG)  # what was just pushed may be visible a little later
        raise MultigitError(
            f"{spec.branch} of {slug} is now at {now[:7]}, not at {spec.sha[:7]}, so this "
            "would not deploy what was planned.",
            hint="Promote or deploy again, to see what is there now.",
            code="moved",
        )

    def _dispatch_when_known(self, spec: DeploymentSpec, runner: GithubRunner) -> Document:
        """Request a run, and again while GitHub does not know the ref, which was just pushed.

        Such a refusal started nothing.
        """
        left = REQUESTS
        while True:
            left -= 1
            try:
                return self._dispatch(spec, runner)
            except GithubError as error:
                unknown = (
                    error.status == HTTPStatus.UNPROCESSABLE_ENTITY and NO_REF in error.message
                )
                if not left or not unknown:
                    raise
            self._client.wait(LAG)

    def _dispatch(self, spec: DeploymentSpec, runner: GithubRunner) -> Document:
        """Request a run and its details; an older host refuses the details, and starts nothing."""
        inputs = {name: spec.fill(value) for name, value in runner.inputs.items()}
        ref, name = started_ref(spec, runner), full_name(runner)

        def send(repo: Repository, details: Any) -> Document:
            workflow = repo.get_workflow(file_name(runner.workflow))
            started = workflow.create_dispatch(ref, inputs, throw=True, return_run_details=details)
            return {} if started is True else {"id": started.id, "html_url": started.html_url}

        if self._details:
            try:
                return self._client.write(runner.slug, name, partial(send, details=True))
            except GithubError as error:
                if error.status != HTTPStatus.BAD_REQUEST:
                    raise
        started = self._client.write(runner.slug, name, partial(send, details=False))
        self._details = False
        return started

    def _started_run(self, spec: DeploymentSpec) -> Run:
        """Return the run of a start that was accepted without returning its id."""
        message = "GitHub accepted the start, but its run is not visible yet."
        try:
            if run := self.find(spec):
                return run
        except MultigitError as error:
            message = f"GitHub accepted the start, but {error.message}"
        raise UnknownStartError(message, code="start_unclear")

    def _own(self, spec: DeploymentSpec, found: Document) -> Run:
        run = Run(str(found["id"]), link(found))
        self._owners[run.id] = spec.key
        return run

    def _may_be(self, spec: DeploymentSpec, run: Document) -> bool:
        """Return whether a run is not known to belong to another deployment."""
        name = str(number(run.get("id")))
        return name not in spec.others and self._owners.get(name, spec.key) == spec.key

    def _watch(self, spec: DeploymentSpec, run: Run) -> Watch:
        """Return what polls a run; its id may come from a log, which anyone may have written."""
        if not run.id.isdecimal():
            raise MultigitError(f"{run.id!r} is not a run of GitHub.")
        slug = self._runner(spec).slug
        deploying = partial(self._committed.deploying, spec, self._runner(spec))
        watch = Watch(self._client, slug, run.id, spec.sha, deploying)
        return self._watches.setdefault((slug, run.id), watch)

    def _runner(self, spec: DeploymentSpec) -> GithubRunner:
        """Return the spec's workflow, with the slug of its repository."""
        if not isinstance(spec.runner, GithubRunner):
            raise TypeError(spec.runner)
        return spec.runner.of(self._slug(spec.repo, spec.runner.slug))

    def _slug(self, repo: str, slug: str) -> str:
        return (
            checked_slug(slug)
            if slug
            else slug_from(self._clone_of(repo).remote_urls(), self._client.host)
        )


def _query(spec: DeploymentSpec, runner: GithubRunner, ahead: float) -> dict[str, str]:
    """Return what narrows the listing of runs; `own_run` decides."""
    if runner.by_push:
        return {"event": "push", "head_sha": spec.sha}
    earliest = datetime.fromtimestamp(max(spec.since + ahead - SLACK, 0), UTC)
    return {"event": "workflow_dispatch", "created": f">={earliest:%Y-%m-%dT%H:%M:%SZ}"}
