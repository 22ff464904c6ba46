"""The state of the double: repositories, runs, scripts, checks and counted starts."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .bare import Bare
from .runs import (
    USUAL,
    Environment,
    Point,
    Review,
    Run,
    Start,
    arrived,
    course,
    finished,
    gates,
    may_review,
    moved,
    reviewed,
)
from .workflows import FOLDER, Push, Workflow, as_input, expand, parse, planned

# In the message of a pushed commit; the trailer comes last, after two empty lines.
_SKIPS = re.compile(
    r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|\n\n\nskip-checks: ?true\s*\Z"
)
_MOST_COMMITS = 1000  # beyond which path filters are not evaluated
_FIRST_RUN = 5_000_000_001  # run ids need more than 32 bits


class RefusedError(Exception):
    """A request that GitHub would answer with an error status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of the double: a bare one, and what else GitHub knows about it.

    `workflows` are files of `.github/workflows` (name → YAML) that count as part of every commit,
    before those in git. Files named in `disabled` cannot be dispatched.
    """

    bare: Path
    default_branch: str = "main"
    workflows: Mapping[str, str] = field(default_factory=dict)
    environments: tuple[Environment, ...] = ()
    disabled: frozenset[str] = frozenset()

    @property
    def git(self) -> Bare:
        """The bare repository to read."""
        return Bare(self.bare)

    def workflows_at(self, commit: str | None) -> tuple[Workflow, ...]:
        """The workflow files of a commit."""
        texts = {f"{FOLDER}/{name}": text for name, text in self.workflows.items()}
        for entry in self.git.entries(commit, FOLDER) if commit else ():
            if entry.path.endswith((".yml", ".yaml")):
                texts.setdefault(entry.path, self.git.content(entry.sha).decode())
        return tuple(parse(path, text) for path, text in sorted(texts.items()))


@dataclass(frozen=True, slots=True)
class Token:
    """Who a token belongs to, what it may see (None: everything) and whether it may write."""

    login: str
    repositories: frozenset[str] | None = None
    may_write: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """A check run of a commit; a conclusion such as `success` means that it is completed.

    `app` 0 means none.
    """

    id: int
    repo: str
    sha: str
    name: str
    point: Point
    suite: int = 1
    app: int = 0


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A status of a commit; `state` is success, failure, error or pending."""

    id: int
    repo: str
    sha: str
    context: str
    state: str


@dataclass(slots=True)
class _Script:
    course: Sequence[str | Point]
    repo: str
    workflow: str | None
    times: int | None

    def fits(self, start: Start) -> bool:
        left = self.times is None or self.times > 0
        return left and start.repo == self.repo and self.workflow in (None, start.workflow)


def now() -> datetime:
    """The time in whole seconds, as GitHub gives it."""
    return datetime.now(UTC).replace(microsecond=0)


class World:
    """Everything the double knows. Not thread-safe: one request at a time."""

    def __init__(
        self, repositories: Mapping[str, Repository], clock: Callable[[], datetime]
    ) -> None:
        self.repositories = dict(repositories)
        self.clock = clock
        self.runs: dict[int, Run] = {}
        self.starts: Counter[Start] = Counter()
        self.checks: list[Check] = []
        self.statuses: list[CommitStatus] = []
        self.lateness: dict[str, int] = {}
        self.unseen: Counter[tuple[str, str]] = Counter()
        self._scripts: list[_Script] = []
        self._ids = itertools.count(_FIRST_RUN)
        self._workflow_ids: dict[tuple[str, str], int] = {}
        self._refs = {name: one.git.refs() for name, one in self.repositories.items()}

    # --- Reading

    def workflow_id(self, repo: str, path: str) -> int:
        """A number that is always the same for a workflow's path."""
        return self._workflow_ids.setdefault((repo, path), 7001 + len(self._workflow_ids))

    def workflows(self, repo: str) -> tuple[Workflow, ...]:
        """The workflows of the default branch."""
        repository = self.repositories[repo]
        return repository.workflows_at(repository.git.commit(repository.default_branch))

    def workflow(self, repo: str, name: str) -> Workflow:
        """The workflow with this number, file name or path on the default branch."""
        for one in self.workflows(repo):
            if name in (one.file, one.path, str(self.workflow_id(repo, one.path))):
                return one
        raise RefusedError(404, "Not Found")

    def run(self, repo: str, number: str) -> Run:
        """The run with this id. Raises RefusedError."""
        found = self.runs.get(int(number))
        if found is None or found.repo != repo:
            raise RefusedError(404, "Not Found")
        return found

    def runs_of(self, repo: str) -> list[Run]:
        """The repository's runs, newest first, after starting those for new pushes."""
        self.see_pushes(repo)
        return [run for run in reversed(self.runs.values()) if run.repo == repo]

    def sees(self, repo: str, ref: str) -> bool:
        """Whether the API knows a ref of the bare repository; each request that does not counts."""
        unseen = self.unseen[repo, ref] > 0
        self.unseen[repo, ref] -= unseen
        return not unseen

    # --- Starting

    def script(
        self, repo: str, steps: Sequence[str | Point], workflow: str | None, times: int | None
    ) -> None:
        """Set the course of new runs."""
        course(steps, gated=False)
        self._scripts.append(_Script(steps, repo, workflow, times))

    def see_pushes(self, repo: str) -> None:
        """Start the workflows that are triggered by each branch or tag that moved."""
        repository = self.repositories[repo]
        refs = repository.git.refs()
        before, self._refs[repo] = self._refs[repo], refs
        for ref in [ref for ref, sha in refs.items() if before.get(ref) != sha]:
            commit = repository.git.commit(ref) or ""
            if _SKIPS.search(repository.git.message(commit)):
                continue
            for workflow in repository.workflows_at(commit):
                if workflow.push and workflow.push.takes(ref):
                    if not _files_pass(repository.git, workflow.push, ref, before.get(ref)):
                        continue
                    start = Start(repo, workflow.file, ref.split("/", 2)[2], event="push")
                    self.begin(start, workflow, ref, actor="grace")

    def dispatch(self, repo: str, name: str, body: Mapping[str, Any], actor: str) -> Run:
        """Start a run of a workflow at a branch or tag. Raises RefusedError."""
        repository = self.repositories[repo]
        known = self.workflow(repo, name)
        if known.file in repository.disabled:
            raise RefusedError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        ref = repository.git.find(body["ref"])
        if ref is None or not self.sees(repo, ref):
            raise RefusedError(422, f"No ref found for: {body['ref']}")
        at_ref = repository.workflows_at(repository.git.commit(ref))
        workflow = next((one for one in at_ref if one.path == known.path), None)
        if workflow is None or workflow.inputs is None:
            raise RefusedError(422, "Workflow does not have 'workflow_dispatch' trigger")
        inputs = _checked(workflow, body.get("inputs") or {})
        start = Start(repo, workflow.file, ref.split("/", 2)[2], tuple(sorted(inputs.items())))
        return self.begin(start, workflow, ref, actor)

    def begin(
        self, start: Start, workflow: Workflow, ref: str, actor: str, *, counted: bool = True
    ) -> Run:
        """A new run at the first point of its script."""
        repository = self.repositories[start.repo]
        sha = repository.git.commit(ref) or ""
        values = _values(start, ref, sha, actor)
        jobs = planned(workflow.jobs, values)
        title = expand(workflow.run_name, values) if workflow.run_name else workflow.name
        earlier = [run for run in self.runs.values() if run.repo == start.repo]
        now, first = self.clock(), Point("queued")
        run = Run(
            next(self._ids), len(earlier) + 1, start, workflow, title, ref, sha, actor, jobs,
            now, now, now, first, (), repository.environments,
            hidden=self.lateness.get(start.repo, 0),
        )  # fmt: skip
        return self._set_off(run, start, counted=counted)

    def rerun(self, run: Run, actor: str, *, counted: bool = True) -> Run:
        """The next attempt of a run. Raises RefusedError."""
        if not run.point.over:
            raise RefusedError(403, "This workflow is already running")
        again = replace(
            run, attempt=run.attempt + 1, actor=actor, begun=self.clock(), gates=(), rejected=False
        )
        return self._set_off(again, replace(run.start, event="rerun"), counted=counted)

    def _set_off(self, run: Run, start: Start, *, counted: bool) -> Run:
        self.starts[start] += counted
        first, *rest = course(self._course(run), gated=bool(gates(run)))
        return self.keep(arrived(replace(run, rest=tuple(rest)), first, self.clock()))

    def _course(self, run: Run) -> Sequence[str | Point]:
        """The run's script; if all of its jobs are skipped, it concludes at once as skipped."""
        if run.jobs and all(job.skipped for job in run.jobs):
            return ("skipped",)
        return self._script(run.start)

    def _script(self, start: Start) -> Sequence[str | Point]:
        """Counted scripts in order, then the newest of the others, then the usual course."""
        fitting = [script for script in self._scripts if script.fits(start)]
        for script in fitting:
            if script.times is not None:
                script.times -= 1
                return script.course
        return fitting[-1].course if fitting else USUAL

    # --- Progress

    def keep(self, run: Run) -> Run:
        """Store a run."""
        self.runs[run.id] = run
        return run

    def poll(self, run: Run) -> Run:
        """The run as a poll shows it; afterwards it is one point further."""
        self.keep(moved(run, self.clock()))
        return run

    def listed(self, run: Run) -> bool:
        """Whether a listing shows a run; every listing that hides it is counted."""
        if run.hidden > 0:
            self.keep(replace(run, hidden=run.hidden - 1))
        return run.hidden == 0

    def cancel(self, run: Run) -> None:
        """End a run as cancelled. Raises RefusedError."""
        if run.point.over:
            raise RefusedError(409, "Cannot cancel a workflow run that is completed.")
        self.keep(finished(run, replace(run.point, word="cancelled"), self.clock()))

    def review(self, run: Run, review: Review) -> None:
        """Approve or reject gates of a run. Raises RefusedError."""
        environments = {one.name: one for one in run.environments}
        for name in review.environments:
            if name not in run.gates:
                raise RefusedError(422, "No pending deployment requests to approve or reject")
            if not may_review(run, environments[name], review.login):
                raise RefusedError(422, f"{review.login} may not review {name}")
        self.keep(reviewed(run, review, self.clock()))


def _files_pass(git: Bare, push: Push, ref: str, before: str | None) -> bool:
    """Whether a path filter, if there is one, lets a push of a ref start the workflow."""
    if push.paths is None and push.paths_ignore is None:
        return True
    if ref.startswith("refs/tags/"):
        return True
    count, changed = git.changes(before, git.commit(ref) or "")
    return count > _MOST_COMMITS or push.takes_files(changed)


def _checked(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, str]:
    """The inputs as the workflow sees them, defaults included."""
    known = {one.name: one for one in workflow.inputs or ()}
    strange = sorted(given.keys() - known.keys())
    if strange:
        raise RefusedError(422, f"Unexpected inputs provided: {strange}")
    inputs = {name: as_input(value) for name, value in given.items()}
    for name, one in known.items():
        if one.required and one.default is None and not inputs.get(name):
            raise RefusedError(422, f"Required input '{name}' not provided")
        if one.default is not None:
            inputs.setdefault(name, one.default)
        if one.options and name in inputs and inputs[name] not in one.options:
            raise RefusedError(422, f"Provided value '{inputs[name]}' for input '{name}'")
    return inputs


def _values(start: Start, ref: str, sha: str, actor: str) -> dict[str, str]:
    """The values that expressions in a workflow file may use."""
    inputs = {
        f"{prefix}.{name}": value
        for prefix in ("inputs", "github.event.inputs")
        for name, value in start.inputs
    }
    return inputs | {
        "github.ref": ref,
        "github.ref_name": start.ref,
        "github.sha": sha,
        "github.actor": actor,
    }
