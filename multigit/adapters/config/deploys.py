"""What the sections of `multigit.toml` about deployments become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, assert_never

from pydantic import BaseModel

from multigit.adapters.config.deploy_sections import DeploySection, HealthSection
from multigit.adapters.config.values import NO_PAUSE, duration
from multigit.core.values.deploy_config import (
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
    from multigit.adapters.config.repo_section import RepoSection
    from multigit.adapters.config.sections import StageSection

S = TypeVar("S", bound=BaseModel)

COMMON = ("runner", "targets", "timeout", "concurrency", "pause")
OWN = {  # the keys of each runner; the first ones are required
    "github": (("workflow",), ("trigger", "ref", "inputs")),
    "command": (("command",), ()),
    "jenkins": (("url", "job"), ("user", "token_env", "params")),
    "none": ((), ()),
}


def deploys_of(
    repo: RepoSection, stages: Mapping[str, StageSection]
) -> Mapping[str, Deploy | None]:
    """Return a repository's own deployments by stage, its keys over the stage's."""
    return {
        name: deploy_of(*merged(stages[name], repo, name))
        for name in stages
        if name in repo.deploy or name in repo.health
    }


def merged(
    stage: StageSection, repo: RepoSection, name: str
) -> tuple[DeploySection | None, HealthSection | None]:
    """Return the stage's sections with the repository's keys over them."""
    deploy, health = repo.deploy.get(name), repo.health.get(name)
    return (
        _over(stage.deploy, deploy, without=_of_another_runner(deploy)),
        _over(stage.health, health, without=_of_another_part(health)),
    )


def _of_another_runner(above: DeploySection | None) -> set[str]:
    """Return the keys that do not apply to the runner that a repository chose for itself."""
    if above is None or "runner" not in above.model_fields_set:
        return set()
    required, own = OWN[above.runner]
    return set(DeploySection.model_fields) - {*COMMON, *required, *own}


def _of_another_part(above: HealthSection | None) -> set[str]:
    """Return the other part of an answer, if a repository chose one for itself."""
    chosen = {"json_path", "header"} & above.model_fields_set if above else set()
    return {"json_path", "header"} - chosen if chosen else set()


def pace_of(stage: StageSection) -> Pace:
    """Return how fast a stage's deployments may be started."""
    if stage.deploy is None:
        return Pace()
    pause = stage.deploy.pause
    return Pace(stage.deploy.concurrency, 0.0 if pause == NO_PAUSE else duration(pause))


def _over(below: S | None, above: S | None, *, without: set[str]) -> S | None:
    """Return a section with the keys of `above` over those of `below`, `without` some of these."""
    if below is None or above is None:
        return above or below
    values = {key: getattr(below, key) for key in below.model_fields_set - without}
    values |= {key: getattr(above, key) for key in above.model_fields_set}
    return type(above).model_construct(**values)


def deploy_of(section: DeploySection | None, health: HealthSection | None) -> Deploy | None:
    """Return how to deploy by these sections; None if there is nothing to deploy."""
    if section is None or (runner := _runner(section)) is None:
        return None
    return Deploy(
        runner=runner,
        targets=section.targets,
        timeout=duration(section.timeout),
        health=_health(health),
    )


def _runner(section: DeploySection) -> Runner | None:
    match section.runner:
        case "github":
            return GithubRunner(
                section.workflow, Trigger(section.trigger), section.ref, dict(section.inputs)
            )
        case "jenkins":
            return JenkinsRunner(
                section.url, section.job, section.user, section.token_env, dict(section.params)
            )
        case "command":
            return CommandRunner(section.command)
        case "none":
            return None
        case _:
            assert_never(section.runner)


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
