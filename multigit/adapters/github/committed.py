"""The workflow files of commits, as the clones on this machine have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Protocol

from multigit.adapters.github.deploy_jobs import deploy_jobs
from multigit.adapters.github.matching import full_name
from multigit.adapters.github.push_starts import PushStarts, push_starts
from multigit.adapters.github.workflow_file import (
    FOLDER,
    WorkflowFile,
    WorkflowJob,
    file_name,
    read_workflow,
)
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import DeploymentSpec
from multigit.core.values.pushed import Pushed
from multigit.errors import MultigitError

FILES = (".yml", ".yaml")


class CommitSource(Protocol):
    """One clone. Reads raise MultigitError if a commit is not there."""

    def remote_urls(self) -> Sequence[str]:
        """Return the URLs of the remote."""

    def files(self, commit: str, folder: str) -> Mapping[str, str]:
        """Return the content of the files that are directly in a folder of a commit, by path."""

    def pushed(self, commit: str) -> Pushed:
        """Return what a push of a commit to the branch of its first parent brings."""


def path_of(runner: GithubRunner) -> str:
    """Return the path of a workflow's file."""
    return f"{FOLDER}/{file_name(runner.workflow)}"


class CommittedWorkflows:
    """Reads workflows of commits, which never change: each question is answered once."""

    def __init__(self, clone_of: Callable[[str], CommitSource]) -> None:
        self._clone_of = clone_of
        self._files = cache(self._read_files)
        self._pushed = cache(self._read_pushed)

    def content(self, spec: DeploymentSpec, path: str) -> str | None:
        """Return what is at a path of the deployed commit, None if it has no such workflow.

        Raises MultigitError if the commit is not here.
        """
        return self._files(spec.repo, spec.sha).get(path)

    def file(self, spec: DeploymentSpec, path: str) -> WorkflowFile | None:
        """Return the workflow at a path of the deployed commit, None if it is not to be read."""
        with suppress(MultigitError, ValueError):
            return read_workflow(self.content(spec, path) or "")
        return None

    def deploying(self, spec: DeploymentSpec, runner: GithubRunner) -> Sequence[WorkflowJob] | None:
        """Return the jobs that deploy, () if the file does not show them.

        None if the file shows that no job can be skipped.
        """
        file = self.file(spec, path_of(runner))
        if file is None:
            return ()
        skippable = any(job.skippable for job in file.jobs)
        return deploy_jobs(file, spec.environment) if skippable else None

    def starts(
        self, spec: DeploymentSpec, runner: GithubRunner, file: WorkflowFile | None = None
    ) -> PushStarts | None:
        """Return what the push of a deployment's branch and tag starts, None if that is unknown.

        By the file of the commit, or the given one.
        """
        file = file or self.file(spec, path_of(runner))
        if file is None:
            return None
        pushed = self._pushed(spec.repo, spec.sha) if file.pushed else None
        return push_starts(full_name(runner), file, spec.branch, spec.tag, pushed)

    def beside(self, spec: DeploymentSpec, runner: GithubRunner) -> Iterator[str]:
        """Yield the other workflows that the same push starts, and that deploy to the stage."""
        wanted, paths = spec.environment.casefold(), list[str]()
        with suppress(MultigitError):
            paths += self._files(spec.repo, spec.sha)
        for path in paths:
            file = self.file(spec, path) if path.endswith(FILES) else None
            if file is None or path == path_of(runner):
                continue
            if wanted not in {name.casefold() for name in file.environments}:
                continue
            pushed = self._pushed(spec.repo, spec.sha) if file.pushed else None
            if push_starts(path, file, spec.branch, spec.tag, pushed).refs:
                yield file_name(path)

    def _read_files(self, repo: str, commit: str) -> Mapping[str, str]:
        return self._clone_of(repo).files(commit, FOLDER)

    def _read_pushed(self, repo: str, commit: str) -> Pushed | None:
        with suppress(MultigitError):
            return self._clone_of(repo).pushed(commit)
        return None
