"""What would keep a workflow from starting, read from GitHub before anything is pushed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from multigit.adapters.github.answers import NO_JSON, GithubError
from multigit.adapters.github.client import GithubClient, Thing
from multigit.adapters.github.committed import CommittedWorkflows
from multigit.adapters.github.matching import full_name, started_ref, watched_ref
from multigit.adapters.github.refusals import RIGHTS_HINT
from multigit.adapters.github.workflow_file import FOLDER, WorkflowFile, file_name, read_workflow
from multigit.adapters.http.documents import mapping, text
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import DeploymentSpec
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import short
from multigit.errors import MultigitError
from multigit.hints import Hint
from multigit.phrase import phrase

if TYPE_CHECKING:
    from github.ContentFile import ContentFile
    from github.GithubObject import CompletableGithubObject
    from github.Repository import Repository

MISSING_CODE = "workflow_missing"
SCOPES = {"repo", "public_repo"}  # of a classic token: one of them is needed
_HINTS = {  # by the code of what keeps a push from starting a run
    "push_starts_nothing": 'Add one to {file}, or set trigger = "dispatch".',
    "skip_instruction": "To deploy, promote with a message without it.",
    "path_filter": 'To deploy anyway, change its filter in {file}, or set trigger = "dispatch".',
    "path_filter_unclear": 'Use fewer patterns in {file}, or set trigger = "dispatch".',
}


class WorkflowPreflight:
    """Checks the deployments of one plan; what was read is remembered, errors are not."""

    def __init__(self, client: GithubClient, committed: CommittedWorkflows) -> None:
        self._client = client
        self._committed = committed
        self._things: dict[str, CompletableGithubObject] = {}

    def problems(self, spec: DeploymentSpec, runner: GithubRunner) -> Iterator[Problem]:
        """Yield what would prevent this deployment; raises GithubError if GitHub cannot say."""
        if not runner.by_push and not started_ref(spec, runner):
            yield _no_ref(spec, runner)
        slug, default = runner.slug, self._default_branch(runner.slug)
        path, problem = self._workflow(runner)
        path = path or f"{FOLDER}/{file_name(runner.workflow)}"
        deployed = self._deployed(spec, path)
        is_pushed = spec.branch == default and isinstance(deployed, WorkflowFile)
        if problem and problem.code == MISSING_CODE and isinstance(deployed, WorkflowFile):
            added = is_pushed and not self._file(path, slug)
            problem = (
                None if added or runner.by_push else problem
            )  # the push adds it, or needs none
        if problem:
            yield problem.as_warning() if runner.by_push else problem
            return
        if isinstance(deployed, Problem):
            yield deployed.as_warning() if runner.by_push else deployed
            return
        known = deployed if is_pushed else self._file(path, slug)
        known = known or (deployed if runner.by_push else None)
        if known is None:
            yield _unreadable(runner)
            return
        if not runner.by_push:
            yield from _dispatchable(runner, known=known, deployed=deployed or known)
        if spec.pushed:
            yield from self._pushes(spec, runner, deployed or known)
        if spec.environment in (deployed or known).environments:
            yield from self._environment(spec.environment, slug)

    def _deployed(self, spec: DeploymentSpec, path: str) -> WorkflowFile | Problem | None:
        """Return the workflow's file in the commit that is deployed, None if that is unknown."""
        what = f"what is deployed to {spec.stage} ({spec.sha[:7]})"
        try:
            content = self._committed.content(spec, path)
        except MultigitError:
            return None
        if content is None:
            here = f"Commit it to an earlier stage, or to {spec.branch} as a hotfix"
            hint = f"{here}, or correct workflow."
            return Problem("workflow_not_in_commit", f"{what} has no {path}.", hint)
        try:
            return read_workflow(content)
        except ValueError as error:
            message = f"{path} in {what} is not a workflow: {error}"
            hint = "Fix it on an earlier stage, and promote it with the rest."
            return Problem("workflow_unreadable", message, hint)

    def _pushes(
        self, spec: DeploymentSpec, runner: GithubRunner, file: WorkflowFile
    ) -> Iterator[Problem]:
        """Warn about what the push starts beside what is watched, or does not start.

        It is only a warning: if the file is not that of the pushed commit, that may differ.
        """
        starts = self._committed.starts(spec, runner, file)
        refs = starts.refs if starts else ()
        name, named = full_name(runner), " and ".join(short(ref) for ref in refs)
        if not runner.by_push and refs:
            message = f"{name} would deploy twice: the push of {named} starts it, too."
            hint = f'Remove the push trigger from {runner.workflow}, or set trigger = "push".'
            yield Problem("deploys_twice", message, hint, Severity.WARN)
        if runner.by_push and starts and starts.idle:
            hint = _HINTS[starts.idle.code].format(file=runner.workflow)
            yield Problem(starts.idle.code, starts.idle.reason, hint, Severity.WARN)
        if runner.by_push and len(refs) > 1:
            watched = watched_ref(spec, runner, refs)
            message = f"{name} starts twice, for {named}; only the run for {watched} is watched."
            hint = f"Remove branches or tags from the push trigger of {runner.workflow}."
            yield Problem("push_starts_twice", message, hint, Severity.WARN)
        for other in self._committed.beside(spec, runner):
            message = f"{other} deploys to {spec.environment}, too, and is not watched."
            hint = f"Deploy with one workflow: remove the push trigger from {other}."
            yield Problem("other_workflow_deploys", message, hint, Severity.WARN)

    def _default_branch(self, slug: str) -> str:
        """Return the repository's default branch; raises GithubError if it cannot be deployed."""
        repo = self._known(slug, slug, lambda repo: repo)
        may_push = mapping(repo.raw_data.get("permissions")).get("push", True)
        granted = str(repo.raw_headers.get("x-oauth-scopes", ""))  # only for classic tokens
        scopes = set(granted.replace(",", " ").split())
        if may_push is False or (scopes and not scopes & SCOPES):
            message = f"the token is not allowed to start workflows of {slug}."
            raise GithubError(message, hint=RIGHTS_HINT, code="token_refused")
        for state in ("archived", "disabled"):
            if repo.raw_data.get(state) is True:
                message = f"{slug} is {state}, so it is read-only."
                hint = "Ask its owners, or skip it with -x and its name."
                raise GithubError(message, hint=hint, code="read_only")
        return text(repo.raw_data.get("default_branch"))

    def _workflow(self, runner: GithubRunner) -> tuple[str, Problem | None]:
        """Return the path of the workflow's file, or what is wrong with the workflow."""
        name, slug = file_name(runner.workflow), runner.slug
        try:
            found = self._known(slug, f"{name} of {slug}", lambda repo: repo.get_workflow(name))
        except GithubError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            message = f"{slug} has no workflow {runner.workflow} on its default branch."
            return "", Problem(MISSING_CODE, message, Hint.WRITE_WORKFLOW.format(folder=FOLDER))
        if text(found.raw_data.get("state")).startswith("disabled"):
            enable = f"gh workflow enable {runner.workflow} -R {slug}"
            hint = phrase("Enable it on the Actions page, or run: `{enable}`", enable=enable)
            return "", Problem("workflow_disabled", f"{full_name(runner)} is disabled.", hint)
        return text(found.raw_data.get("path")), None

    def _file(self, path: str, slug: str) -> WorkflowFile | None:
        """Return the workflow's file on the default branch, None if it cannot be read."""
        if not path.startswith(f"{FOLDER}/"):
            return None
        try:
            # PyGithub has no object for the list of a folder, which counts as invalid JSON.
            found = self._known(
                slug, f"{path} of {slug}", lambda repo: cast("ContentFile", repo.get_contents(path))
            )
            return read_workflow(base64.b64decode(str(found.raw_data.get("content"))).decode())
        except GithubError as error:
            if error.status != HTTPStatus.NOT_FOUND and error.code != NO_JSON:
                raise
            return None
        except ValueError:
            return None

    def _environment(self, name: str, slug: str) -> Iterator[Problem]:
        what = f"the environment {name} of {slug}"
        try:
            self._known(slug, what, lambda repo: repo.get_environment(name))
        except GithubError as error:
            if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                return  # a token that may start workflows may be unable to see environments
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            message = f"{slug} has no environment {name}, which its workflow deploys to."
            hint = "Create it in the repository's Settings > Environments, or correct environment."
            yield Problem("environment_missing", message, hint)

    def _known(self, slug: str, what: str, find: Callable[[Repository], Thing]) -> Any:
        if what not in self._things:
            self._things[what] = self._client.look_up(slug, what, find)
        return self._things[what]


def _dispatchable(
    runner: GithubRunner, *, known: WorkflowFile, deployed: WorkflowFile
) -> Iterator[Problem]:
    """Check what a request starts.

    GitHub reads the file on the default branch (`known`), then runs the file of the commit that is
    `deployed`.
    """
    if not (known.dispatchable and deployed.dispatchable):
        where = "in what is deployed" if known.dispatchable else "on the default branch"
        message = f"{full_name(runner)} has no workflow_dispatch trigger {where}."
        add = f'Add "workflow_dispatch:" under "on:" in {runner.workflow}'
        yield Problem("workflow_not_dispatchable", message, f'{add}, or set trigger = "push".')
    if runner.keyed and not any(map(deployed.shows, runner.keyed)):
        name = runner.keyed[0]
        message = (
            f"the run-name of {full_name(runner)} does not show the input {name}, so a run whose "
            "start is not answered cannot be recognized."
        )
        hint = f"Add ${{{{ inputs.{name} }}}} to run-name in {runner.workflow}."
        yield Problem("key_not_shown", message, hint, Severity.WARN)


def _no_ref(spec: DeploymentSpec, runner: GithubRunner) -> Problem:
    message = f"{runner.workflow} runs on the {runner.ref} of {spec.stage}, which has none."
    other = "branch" if runner.ref == "tag" else "tag"
    return Problem("no_deploy_ref", message, f'Set ref = "{other}", or give the stage a tag.')


def _unreadable(runner: GithubRunner) -> Problem:
    message = f"{full_name(runner)} cannot be read on the default branch."
    hint = "Check the file there: it must be YAML that says what triggers it."
    return Problem("workflow_unreadable", message, hint)
