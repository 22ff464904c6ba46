"""The table of one repository."""

from __future__ import annotations

from pydantic import Field

from multigit.adapters.config.deploy_sections import DeploySection, HealthSection
from multigit.adapters.config.section import Section
from multigit.adapters.config.values import Folder, Patterns, Ref, Slug, Texts, Url


class RepoSection(Section):
    """One repository; the order in the file is the order in every table."""

    path: Folder = Field(
        default="",
        description='Its folder, relative to this file; "." is the workspace folder itself. '
        "Default: the repository's name.",
    )
    url: Url = Field(
        default="",
        description="The URL that multigit pull clones it from if the folder is missing.",
    )
    remote: Ref = Field(
        default="",
        description="The git remote to fetch from and push to. Default: that of the workspace.",
    )
    push_url: Url = Field(
        default="",
        description="The repository that its remote pushes to, if it fetches from another one, "
        "such as a mirror. Default: the one that it fetches from, and no other.",
    )
    branches: dict[str, Ref] = Field(
        default_factory=dict,
        description="Its branch for a stage, where that is not the stage's: "
        '{dev = "develop"}. Default: the branch of each stage.',
    )
    stages: Texts | None = Field(
        default=None,
        description="The stages that it has, in their order; promotions to others leave it out. "
        "Default: all.",
        json_schema_extra={"minItems": 1, "uniqueItems": True},
    )
    groups: Texts = Field(
        default=(), description="Names to choose it with, together with others: -g NAME."
    )
    hooks: bool = Field(
        default=False, description="Whether pushing runs the repository's own git hooks (pre-push)."
    )
    after: Texts = Field(
        default=(),
        description="Repositories that are published, deployed and healthy before this one starts.",
    )
    github: Slug = Field(
        default="",
        description='Its name on GitHub, "owner/name". Default: taken from the URL of the remote.',
    )
    irreversible: Patterns | None = Field(
        default=None,
        description="Patterns of the files whose changes cannot be rolled back, such as "
        "migrations/**; [] if there are none. Default: nothing is said about that.",
    )
    deploy: dict[str, DeploySection] = Field(
        default_factory=dict,
        description="What is different in its deployment, by stage: [repos.api.deploy.main].",
    )
    health: dict[str, HealthSection] = Field(
        default_factory=dict,
        description="What is different in its health check, by stage: [repos.api.health.main].",
    )
