"""The table of one repository."""

from __future__ import annotations

from pydantic import Field

from multigit.adapters.config.deploy_sections import DeploySection, HealthSection
from multigit.adapters.config.section import Section
from multigit.adapters.config.values import (
    Folder,
    Ref,
    Slug,
    Texts,
    Url,
    no_default,
)


class RepoSection(Section):
    """One repository; the order in the file is the order in every table."""

    path: Folder = Field(
        default="",
        description='Its folder, relative to this file; "." is the workspace folder itself. '
        "Default: the repository's name.",
        json_schema_extra=no_default,
    )
    url: Url = Field(
        default="",
        description="Where multigit pull clones it from when the folder is missing.",
        json_schema_extra=no_default,
    )
    remote: Ref = Field(
        default="",
        description="The git remote that it is fetched from and pushed to. Default: that of the "
        "workspace.",
        json_schema_extra=no_default,
    )
    push_url: Url = Field(
        default="",
        description="The repository that its remote pushes to, where that is another one than it "
        "fetches from, such as a mirror. Default: the fetched one, and no other.",
        json_schema_extra=no_default,
    )
    groups: Texts = Field(
        default=(), description="Names to choose it by together with others: -g NAME."
    )
    hooks: bool = Field(
        default=False, description="Whether pushing runs the repository's own git hooks (pre-push)."
    )
    after: Texts = Field(
        default=(),
        description="Repositories that are published, deployed and healthy before this one begins.",
    )
    github: Slug = Field(
        default="",
        description='Its name at GitHub, "owner/name". Default: read off the URL of the remote.',
        json_schema_extra=no_default,
    )
    deploy: dict[str, DeploySection] = Field(
        default_factory=dict,
        description="What differs in its deployment, by stage, as in [repos.api.deploy.main].",
    )
    health: dict[str, HealthSection] = Field(
        default_factory=dict,
        description="What differs in its health check, by stage, as in [repos.api.health.main].",
    )
