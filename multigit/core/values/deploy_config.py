"""How a repository is deployed, according to the configuration: runner, targets, health check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Literal, Self
from urllib.parse import quote


class Trigger(StrEnum):
    """What starts a workflow: our request, or the push itself."""

    DISPATCH = "dispatch"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class AnyRunner:
    """What the rules need to know about a runner, so that they never name a host."""

    host: ClassVar[str] = ""  # on which people review runs
    reruns: ClassVar[bool] = False  # whether anyone can run a failed one again, on its page
    queues: ClassVar[bool] = True  # whether a run that was started may wait before it runs

    @property
    def by_push(self) -> bool:
        """True when the push starts the deployment, so that it cannot be requested."""
        return False

    @property
    def starts_on(self) -> Literal["tag", "branch", ""]:
        """Return which kind of ref it needs to start on; empty if a commit is enough."""
        return ""

    def of(self, slug: str) -> Self:  # noqa: ARG002
        """Return the runner for a repository with this name on its host."""
        return self


@dataclass(frozen=True, slots=True)
class GithubRunner(AnyRunner):
    """A GitHub Actions workflow; `ref` is tag or branch, `slug` is "owner/name" or empty.

    Without a slug, it is read from the URL of the remote. `inputs` are templates.
    """

    workflow: str
    trigger: Trigger = Trigger.DISPATCH
    ref: Literal["tag", "branch"] = "tag"
    inputs: Mapping[str, str] = field(default_factory=dict)
    slug: str = ""
    type: Literal["github"] = "github"
    host: ClassVar[str] = "GitHub"
    reruns: ClassVar[bool] = True

    @property
    def keyed(self) -> tuple[str, ...]:
        """Return the inputs whose value identifies a deployment."""
        return tuple(name for name, value in self.inputs.items() if "{key}" in value)

    @property
    def by_push(self) -> bool:
        """True when the push itself starts the workflow."""
        return self.trigger is Trigger.PUSH

    @property
    def starts_on(self) -> Literal["tag", "branch", ""]:
        """Return the ref that the workflow is dispatched on."""
        return self.ref

    def of(self, slug: str) -> Self:
        """Return the workflow of a repository."""
        return replace(self, slug=slug)


@dataclass(frozen=True, slots=True)
class CommandRunner(AnyRunner):
    """A program with its arguments, each a template, run in an export of the commit."""

    command: tuple[str, ...]
    type: Literal["command"] = "command"
    queues: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class JenkinsRunner(AnyRunner):
    """A Jenkins job with parameters. `token_env` names the variable that holds the API token."""

    url: str
    job: str
    user: str = ""
    token_env: str = "JENKINS_TOKEN"  # noqa: S105  (a variable's name)
    params: Mapping[str, str] = field(default_factory=dict)
    type: Literal["jenkins"] = "jenkins"
    reruns: ClassVar[bool] = True

    @property
    def path(self) -> str:
        """Return the path of the job's page: shop/api is /job/shop/job/api."""
        return "".join(f"/job/{quote(part, safe='')}" for part in self.job.split("/"))


Runner = GithubRunner | CommandRunner | JenkinsRunner


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """What a healthy deployment answers. `url` and `equals` are templates; times in seconds.

    If `json` (a dotted path) or `header` names a part of the answer, it must equal `equals`.
    """

    url: str
    status: int = 200
    json: str = ""
    header: str = ""
    equals: str = "{sha}"
    attempts: int = 10
    interval: float = 10.0
    successes: int = 1
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class Deploy:
    """How a repository is deployed to a stage: to each target, one after the other.

    Without targets it is deployed once. `timeout` is in seconds, for each target.
    """

    runner: Runner
    targets: tuple[str, ...] = ()
    timeout: float = 1800.0
    health: HealthCheck | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How many deployments of a stage run at a time (0: all), and the seconds between starts."""

    concurrency: int = 0
    pause: float = 0.0
