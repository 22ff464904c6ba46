"""What `multigit.toml` says about deployments: its sections, their rules, and what they become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from multigit.adapters.config.values import (
    NO_PAUSE,
    Duration,
    Pause,
    Text,
    Texts,
    Url,
    duration,
    no_default,
)
from multigit.core.values.deployment import (
    CommandRunner,
    Deploy,
    GithubRunner,
    HealthCheck,
    JenkinsRunner,
    Pace,
    Runner,
    Trigger,
)

if TYPE_CHECKING:
    from multigit.adapters.config.sections import RepoSection, StageSection

Key = tuple[str | int, ...]
S = TypeVar("S", bound=BaseModel)

COMMON = ("runner", "targets", "timeout", "concurrency", "pause")
OWN = {  # which keys belong to which runner; the first ones are demanded
    "github": (("workflow",), ("trigger", "ref", "inputs")),
    "command": (("command",), ()),
    "jenkins": (("url", "job"), ("user", "token_env", "params")),
    "none": ((), ()),
}


class DeploySection(BaseModel):
    """How a stage is deployed after a promotion; in a repository's table, what differs there."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    runner: Literal["github", "command", "jenkins", "none"] = Field(
        default="none",
        description="What carries the deployment out: a GitHub Actions workflow, a command, a "
        "Jenkins job; none for none.",
    )
    targets: Texts = Field(
        default=(),
        description="Where it is deployed to, one after the other, up to the first failure. "
        "Default: once, without a name.",
    )
    timeout: Duration = Field(
        default="30m", description="How long one deployment to one target may take."
    )
    concurrency: int = Field(
        default=0,
        ge=0,
        le=100,
        description="How many repositories are deployed at a time; 0 for all of a wave.",
    )
    pause: Pause = Field(
        default="0s", description="How long to wait between two starts. Units: s, m, h."
    )
    workflow: Text = Field(
        default="", description="github: the workflow's file name.", json_schema_extra=no_default
    )
    trigger: Literal["dispatch", "push"] = Field(
        default="dispatch",
        description="github: dispatch starts the workflow; push finds the run that the push began.",
    )
    ref: Literal["tag", "branch"] = Field(
        default="tag", description="github: whether it is dispatched on the deploy tag or branch."
    )
    inputs: dict[str, str] = Field(
        default_factory=dict, description="github: the workflow's inputs, as templates."
    )
    command: Texts = Field(
        default=(),
        description="command: a program and its arguments, as templates, run in an export of the "
        "commit.",
    )
    url: Url = Field(default="", description="jenkins: its address.", json_schema_extra=no_default)
    job: Text = Field(
        default="",
        description="jenkins: the job, with its folders: shop/deploy.",
        json_schema_extra=no_default,
    )
    user: Text = Field(
        default="", description="jenkins: the user of the API token.", json_schema_extra=no_default
    )
    token_env: Text = Field(
        default="JENKINS_TOKEN", description="jenkins: the variable that holds the API token."
    )
    params: dict[str, str] = Field(
        default_factory=dict, description="jenkins: the job's parameters, as templates."
    )


class HealthSection(BaseModel):
    """What a deployment has to answer before it counts as done."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    url: Text = Field(
        default="",
        description="The address that is asked, as a template.",
        json_schema_extra=no_default,
    )
    status: int = Field(default=200, ge=100, le=599, description="The status it must answer with.")
    json_path: Text = Field(
        default="",
        alias="json",
        json_schema_extra=no_default,
        description="A dotted path in the JSON of the answer whose value must be equals.",
    )
    header: Text = Field(
        default="",
        description="A header of the answer whose value must be equals.",
        json_schema_extra=no_default,
    )
    equals: Text = Field(default="{sha}", description="What json or header must be, a template.")
    attempts: int = Field(default=10, ge=1, le=1000, description="How often it may be wrong.")
    interval: Duration = Field(default="10s", description="How long to wait between two tries.")
    successes: int = Field(
        default=1, ge=1, le=100, description="How often in a row it must be right."
    )
    timeout: Duration = Field(default="5s", description="How long one try may take.")


def deploy_of(stage: StageSection) -> Deploy | None:
    """Return how most repositories are deployed to a stage."""
    return _deploy(stage.deploy, stage.health)


def deploys_of(
    repo: RepoSection, stages: Mapping[str, StageSection]
) -> Mapping[str, Deploy | None]:
    """Return a repository's own ways, by stage: what it says, over what the stage says."""
    return {
        name: _deploy(*merged(stages[name], repo, name))
        for name in stages
        if name in repo.deploy or name in repo.health
    }


def merged(
    stage: StageSection, repo: RepoSection, name: str
) -> tuple[DeploySection | None, HealthSection | None]:
    """Return the stage's sections with the repository's keys over them."""
    deploy, health = repo.deploy.get(name), repo.health.get(name)
    return (
        _over(DeploySection, stage.deploy, deploy, without=_of_another_runner(deploy)),
        _over(HealthSection, stage.health, health, without=_of_another_part(health)),
    )


def _of_another_runner(above: DeploySection | None) -> set[str]:
    """Return the keys that mean nothing to the runner that a repository chose for itself."""
    if above is None or "runner" not in above.model_fields_set:
        return set()
    demanded, own = OWN[above.runner]
    return set(DeploySection.model_fields) - {*COMMON, *demanded, *own}


def _of_another_part(above: HealthSection | None) -> set[str]:
    """Return the other part of an answer, where a repository chose one for itself."""
    chosen = {"json_path", "header"} & above.model_fields_set if above else set()
    return {"json_path", "header"} - chosen if chosen else set()


def pace_of(stage: StageSection) -> Pace:
    """Return how fast a stage's deployments are started."""
    if stage.deploy is None:
        return Pace()
    return Pace(stage.deploy.concurrency, _seconds(stage.deploy.pause))


def _over(kind: type[S], below: S | None, above: S | None, *, without: set[str]) -> S | None:
    """Return the keys of `above` over those of `below`, some of these left out."""
    if below is None or above is None:
        return above or below
    kept = below.model_fields_set - without
    values = {key: getattr(below, key) for key in kept}
    values |= {key: getattr(above, key) for key in above.model_fields_set}
    made: S = kind.model_construct(_fields_set=set(values), **{**_defaults(kind), **values})
    return made


def _defaults(kind: type[BaseModel]) -> dict[str, Any]:
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
    }


def _deploy(section: DeploySection | None, health: HealthSection | None) -> Deploy | None:
    if section is None or section.runner == "none":
        return None
    return Deploy(
        runner=_runner(section),
        targets=section.targets,
        timeout=duration(section.timeout),
        health=_health(health),
    )


def _runner(section: DeploySection) -> Runner:
    match section.runner:
        case "github":
            return GithubRunner(
                section.workflow, Trigger(section.trigger), section.ref, dict(section.inputs)
            )
        case "jenkins":
            return JenkinsRunner(
                section.url, section.job, section.user, section.token_env, dict(section.params)
            )
        case _:
            return CommandRunner(section.command)


def _health(section: HealthSection | None) -> HealthCheck | None:
    if section is None:
        return None
    return HealthCheck(
        url=section.url,
        status=section.status,
        json=section.json_path,
        header=section.header,
        equals=section.equals,
        attempts=section.attempts,
        interval=duration(section.interval),
        successes=section.successes,
        timeout=duration(section.timeout),
    )


def _seconds(text: str) -> float:
    return 0.0 if text == NO_PAUSE else duration(text)
