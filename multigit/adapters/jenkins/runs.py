"""Deployments that are builds of a Jenkins job with parameters."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from multigit.adapters.http.documents import mapping, mappings, number
from multigit.adapters.http.limiter import LONGEST_WAIT, Limiter
from multigit.adapters.jenkins.ownership import Ownership
from multigit.adapters.jenkins.server import (
    KEY,
    LAST,
    JenkinsServer,
    authorization,
    defined,
    job_missing,
    unfit,
)
from multigit.core.values.deploy_config import JenkinsRunner
from multigit.core.values.deployment import DeploymentSpec, Run, RunState, RunStatus
from multigit.core.values.health_check import excerpt
from multigit.core.values.problem import Problem
from multigit.errors import MultigitError, RunGoneError

TIMEOUT = 10.0  # seconds for one request
PATIENCE = 60.0  # seconds in which polls find nothing before a run is called gone

_ITEM = re.compile(r"/queue/item/(\d{1,18})/(?:#(.*))?$")
_BUILD = re.compile(r"/(\d{1,18})/$")
_RESULTS = {
    "SUCCESS": RunState.SUCCEEDED,
    "FAILURE": RunState.FAILED,
    "UNSTABLE": RunState.FAILED,
    "NOT_BUILT": RunState.FAILED,
    "ABORTED": RunState.CANCELLED,
}
_HINT = "Check Jenkins: the build may have been deleted, or Jenkins may be restarting."


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why a poll found nothing, and the page where it should have."""

    why: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class JenkinsRuns:
    """Starts, finds and polls builds; implements `RunnerPort` for specs with a JenkinsRunner.

    A run's id is the address of its queue item, or of its build if that was found instead. If no
    parameter has {key}, the id of the Jenkins process follows after a #. `environment` has the
    tokens; `pause` waits between two tries of a read; `clock` returns monotonic seconds. `patience`
    and `notify` are those of each server's `Limiter`.
    """

    environment: Mapping[str, str] = field(repr=False)
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    timeout: float = TIMEOUT
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    patience: float = LONGEST_WAIT
    notify: Callable[[str], None] = field(default=lambda _: None, repr=False)
    _limiters: dict[str, Limiter] = field(default_factory=dict, repr=False)  # by the server's URL
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)  # of builds, by a run's id
    _missed: dict[str, float] = field(default_factory=dict, repr=False)  # since when, by a run's id

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Return what would keep the build from starting, except for a missing permission."""
        try:
            _check(self._server(spec))
        except MultigitError as error:
            return (Problem.of(error),)
        return ()

    def start(self, spec: DeploymentSpec) -> Run:
        """Request the build, once; raises UnknownStartError if the result is unknown."""
        server = self._server(spec)
        filled = {name: spec.fill(text) for name, text in server.runner.params.items()}
        if server.keyed:
            return Run(server.item_url(server.start(filled)), server.job_url)
        page = server.job()
        if page is None:
            raise job_missing(server.runner)
        item = server.start(filled, parameterized=bool(defined(page.document)))
        session = f"#{page.session}" if page.session else ""
        return Run(f"{server.item_url(item)}{session}", server.job_url)

    def find(self, spec: DeploymentSpec) -> Run | None:
        """Return the build, or the queue item, that has this spec's key, or None.

        Only a parameter with {key} identifies it. Someone may have built it again, so the oldest
        counts: it is the one that others were made from.
        """
        server = self._server(spec)
        if not server.keyed:
            return None
        own = _ownership(spec, server)
        # In this order: what leaves the queue in between is seen as a build.
        items = [number(one.get("id")) for one in server.queued() if own.has_key(one)]
        shown = mappings(server.builds().document.get("builds"))
        builds = [number(one.get("number")) for one in shown if own.has_key(one)]
        if builds:
            return Run(server.build_url(min(builds)), server.build_url(min(builds)))
        return Run(server.item_url(min(items)), server.job_url) if items else None

    def idle(self, spec: DeploymentSpec) -> None:
        """Return None: no push starts a build."""

    def poll(self, spec: DeploymentSpec, run: Run) -> RunStatus:
        """Return the status of the build, or of the queue item that it has not left yet.

        What Jenkins does not show is unknown only if that lasts: while it restarts, a proxy in
        front of it may answer 404. Until then, the poll fails.
        """
        server = self._server(spec)
        item, build = _ITEM.search(run.id), _BUILD.search(run.id)
        own = _ownership(spec, server, *((int(item[1]), item[2] or "") if item else ()))
        if item:
            status = self._item(server, run, own)
        elif build:
            status = _build(server, self._numbers.setdefault(run.id, int(build[1])), own)
        else:
            return RunStatus(RunState.UNKNOWN, detail="this is not a run of Jenkins.")
        if own.key and (isinstance(status, _Missing) or status.state.bad):
            status = self._built_again(server, run, own) or status
        if isinstance(status, RunStatus):
            self._missed.pop(run.id, None)
            return status
        now = self.clock()
        if now - self._missed.setdefault(run.id, now) < PATIENCE:
            raise RunGoneError(status.why, hint=_HINT, code="jenkins_run_missing")
        return RunStatus(RunState.UNKNOWN, detail=status.why, url=status.url)

    def end(self, spec: DeploymentSpec, run: Run) -> None:
        """Do nothing: the build keeps running in Jenkins, where people see it."""

    def _server(self, spec: DeploymentSpec) -> JenkinsServer:
        if not isinstance(spec.runner, JenkinsRunner):
            raise TypeError(spec.runner)
        login = authorization(spec.runner, self.environment)
        made = Limiter("Jenkins", wait=self.pause, patience=self.patience, notify=self.notify)
        limiter = self._limiters.setdefault(spec.runner.url, made)
        return JenkinsServer(spec.runner, login, self.pause, self.timeout, limiter)

    def _item(self, server: JenkinsServer, run: Run, own: Ownership) -> RunStatus | _Missing:
        """Return the status of a queue item, or of its build once it has left the queue."""
        if run.id not in self._numbers:
            page = server.queue_item(own.item)
            if page is None or not own.of_item(page.document, page):
                if own.key and any(own.has_key(each) for each in server.queued()):
                    return RunStatus(RunState.QUEUED)
                found = _number_of(server, own)
            elif page.document.get("cancelled"):
                detail = "it was cancelled in the queue of Jenkins."
                return RunStatus(RunState.CANCELLED, detail=detail)
            elif not (found := number(mapping(page.document.get("executable")).get("number"))):
                why = page.document.get("why")
                return RunStatus(RunState.QUEUED, step=excerpt(str(why)) if why else "")
            if isinstance(found, _Missing):
                return found
            self._numbers[run.id] = found
        return _build(server, self._numbers[run.id], own)

    def _built_again(
        self, server: JenkinsServer, run: Run, own: Ownership
    ) -> RunStatus | _Missing | None:
        """Return the status of a newer build with the same key, None if there is none.

        Anyone can rebuild one that failed, and the rebuild has its parameters.
        """
        if any(own.has_key(item) for item in server.queued()):
            return RunStatus(RunState.QUEUED)
        shown = mappings(server.builds().document.get("builds"))
        newest = max((number(one.get("number")) for one in shown if own.has_key(one)), default=0)
        if newest <= self._numbers.get(run.id, 0):
            return None
        self._numbers[run.id] = newest
        return _build(server, newest, own)


def _ownership(
    spec: DeploymentSpec, server: JenkinsServer, item: int = 0, session: str = ""
) -> Ownership:
    params = server.runner.params
    filled = {name: spec.fill(text) for name, text in params.items() if "{" in text}
    key = {name: text for name, text in filled.items() if KEY in params[name]}
    return Ownership(key, item, session, filled)


def _number_of(server: JenkinsServer, own: Ownership) -> int | _Missing:
    """Return the number of an item's build: Jenkins forgets items, builds know theirs."""
    page = server.builds()
    if found := own.build(page):
        return found
    if not own.key and page.session != own.session:
        return _Missing(
            f"Jenkins was restarted, so its queue item {own.item} may belong to another deployment"
            f" now. With {KEY} in a parameter, multigit could tell."
        )
    return _Missing(
        f"Jenkins has forgotten queue item {own.item}, and none of the last {LAST} builds"
        f" of {server.runner.job} came from it."
    )


def _build(server: JenkinsServer, build: int, own: Ownership) -> RunStatus | _Missing:
    name, url = f"{server.runner.job} #{build}", server.build_url(build)
    seen = server.build(build)
    if seen is None:
        return _Missing(f"Jenkins no longer has build {name}.", url)
    if not own.of_build(seen):
        return _Missing(f"the build {name} in Jenkins belongs to another deployment.", url)
    result = seen.get("result")
    if seen.get("building") or result is None:
        return RunStatus(RunState.RUNNING, job=name, url=url)
    state = _RESULTS.get(str(result), RunState.UNKNOWN)
    good = state is RunState.SUCCEEDED
    detail = "" if good else f"{name} ended as {excerpt(str(result))}."
    return RunStatus(state, job="" if good else name, detail=detail, url=url)


def _check(server: JenkinsServer) -> None:
    """Raise what keeps the job from being started with the runner's parameters."""
    runner, page = server.runner, server.job()
    if page is None:
        raise job_missing(runner)
    job = page.document
    if "buildable" not in job:
        raise unfit(f"{runner.job} is a folder in Jenkins, not a job.", "Name a job in it.")
    if not job["buildable"]:
        raise unfit(f"the job {runner.job} is disabled in Jenkins.", "Enable it there.")
    known = defined(job)
    if runner.params and not known:
        hint = (
            "Remove params, or select “This project is parameterized”, or run a Jenkinsfile with"
            " parameters once."
        )
        raise unfit(f"the job {runner.job} takes no parameters.", hint)
    if unknown := sorted(runner.params.keys() - known):
        names = ", ".join(unknown)
        message = f"the job {runner.job} does not take {names}, which Jenkins would ignore."
        raise unfit(message, f"It takes {', '.join(sorted(known))}.")
