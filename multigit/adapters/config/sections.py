"""The sections of `multigit.toml`, one model for each.

The descriptions of the fields are part of the JSON Schema, and shown by editors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import ConfigDict, Field, Strict

from multigit.adapters.config.deploy_sections import DeploySection, HealthSection
from multigit.adapters.config.notify_sections import MetricsSection, NotifySection
from multigit.adapters.config.repo_section import RepoSection
from multigit.adapters.config.section import Section
from multigit.adapters.config.values import (
    NAME,
    Duration,
    LogName,
    Ref,
    Size,
    Tag,
    Text,
    Texts,
    Timezone,
    Url,
)
from multigit.core.values.push_rules import PushRules
from multigit.core.values.workspace import Confirm, OnUnhealthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.config import JsonDict


class WorkspaceSection(Section):
    """The workspace as a whole."""

    name: Text = Field(
        default="",
        description="The product's name, shown to people. Default: the name of the folder.",
    )
    remote: Ref = Field(default="origin", description="The git remote to fetch from and push to.")
    timezone: Timezone = Field(
        default="UTC",
        description="The timezone of the timestamps in tag names, such as Europe/Berlin.",
    )
    jobs: int = Field(
        default=8,
        ge=1,
        le=64,
        description="How many repositories to work on at the same time; --jobs overrides it.",
    )
    log: LogName = Field(
        default="deployment.log",
        description="The deployment log, a file in the workspace folder. It is append-only.",
    )


class StageSection(Section):
    """One step on the way to production: a branch with its rules."""

    branch: Ref = Field(
        default="", description="The stage's branch in every repository. Default: the stage's name."
    )
    promotes_from: str = Field(
        default="",
        description="The earlier stage that commits come from. Default: none, the first stage.",
    )
    tag: Tag = Field(
        default="",
        description="The tag that each promotion to this stage creates. {timestamp} becomes "
        "YYYYMMDD-HHMMSS, the same in all repositories. Default: no tag.",
    )
    confirm: Annotated[Confirm, Strict(strict=False)] = Field(
        default=Confirm.YES,
        description="How to confirm a change of this stage: none (no question), yes (y/N), name "
        "(type the stage's name).",
    )
    checklist: Texts = Field(
        default=(), description="What must be done first: items to check off before the question."
    )
    require_message: bool = Field(
        default=False,
        description="Whether a push or a promotion to this stage requires a message (-m).",
    )
    environment: Text = Field(
        default="",
        description="The stage's name in deployments, such as production. Default: its own name.",
    )
    require_checks: bool = Field(
        default=False,
        description="Whether a commit can be promoted to this stage only if the checks on its host "
        "are green for it. For GitHub.",
    )
    deploy: DeploySection | None = Field(
        default=None,
        description="How the stage is deployed after a promotion. Default: not at all.",
    )
    health: HealthSection | None = Field(
        default=None,
        description="The answer that a service must give before its deployment counts as done.",
    )
    on_unhealthy: Annotated[OnUnhealthy, Strict(strict=False)] = Field(
        default=OnUnhealthy.NOTHING,
        description="What to do after a release whose deployment or health check failed: nothing, "
        "or rollback (to the last good release). Every repository that is deployed here must set "
        "irreversible.",
    )


class PushSection(Section):
    """What multigit push commits, by shell patterns; `!` makes an exception."""

    ignore: Texts = Field(
        default=PushRules().ignore,
        description="Files that are never committed, such as those of the operating system.",
    )
    secrets: Texts = Field(
        default=PushRules().secrets,
        description="Files that look like secrets: they block, unless --allow names them.",
    )
    max_file_size: Size = Field(
        default="10MB",
        description="Larger files block, unless --allow names them. Units: B, KB, MB, GB (1 KB is "
        "1000 bytes).",
    )


class GitSection(Section):
    """How git is run."""

    timeout: Duration = Field(
        default="10m",
        description="How long one git command may take until it is ended. Units: s, m, h.",
    )


class GithubSection(Section):
    """The GitHub that runs deployments."""

    api_url: Url = Field(
        default="",
        description="The address of its API. Default: that in the variable GITHUB_API_URL, or "
        "https://api.github.com.",
    )


class LockSection(Section):
    """The lock across machines: without it, operations exclude each other only in one workspace."""

    repo: str = Field(
        default="",
        description="The repository whose remote has the lock refs (refs/multigit/locks/STAGE). "
        "Default: none, no lock across machines.",
    )


_NAMED: JsonDict = {"minProperties": 1, "propertyNames": {"pattern": f"^{NAME}$"}}


class Configuration(Section):
    """The configuration of a multigit workspace: its stages and its repositories."""

    model_config = ConfigDict(
        title="multigit.toml", json_schema_extra={"required": ["stages", "repos"]}
    )

    workspace: WorkspaceSection = Field(default_factory=WorkspaceSection)
    stages: dict[str, StageSection] = Field(
        default_factory=dict,
        description="The stages by name: [stages.stg]. promotes_from sets their order.",
        json_schema_extra=_NAMED,
    )
    repos: dict[str, RepoSection] = Field(
        default_factory=dict,
        description="The repositories by name: [repos.api].",
        json_schema_extra=_NAMED,
    )
    push: PushSection = Field(default_factory=PushSection)
    git: GitSection = Field(default_factory=GitSection)
    lock: LockSection = Field(default_factory=LockSection)
    github: GithubSection = Field(default_factory=GithubSection)
    notify: NotifySection = Field(default_factory=NotifySection)
    metrics: MetricsSection = Field(default_factory=MetricsSection)


_BY_NAME: Mapping[str, type[Section]] = {"stages": StageSection, "repos": RepoSection}
SECTIONS: Mapping[str, type[Section]] = {
    name: _BY_NAME.get(name) or cast("type[Section]", field.annotation)
    for name, field in Configuration.model_fields.items()
}
NESTED: Mapping[str, type[Section]] = {"deploy": DeploySection, "health": HealthSection}


def section_at(key: tuple[str | int, ...]) -> type[Section]:
    """Return the model of the table that contains a key."""
    inner = [part for part in key[2:-1] if part in NESTED]
    if inner:
        return NESTED[str(inner[0])]
    return SECTIONS[str(key[0])] if len(key) > 1 else Configuration
