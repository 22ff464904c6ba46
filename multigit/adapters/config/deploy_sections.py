"""The tables for the deployments of a stage and their health checks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from multigit.adapters.config.section import Section
from multigit.adapters.config.values import Duration, Pause, Text, Texts, Url


class DeploySection(Section):
    """How a stage is deployed after a promotion; in a repository's table, what is different."""

    runner: Literal["github", "command", "jenkins", "none"] = Field(
        default="none",
        description="What carries the deployment out: a GitHub Actions workflow, a command, or a "
        "Jenkins job; none for no deployment.",
    )
    targets: Texts = Field(
        default=(),
        description="The places to deploy to, one after the other, up to the first failure. "
        "Default: one, without a name.",
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
    workflow: Text = Field(default="", description="github: the workflow's file name.")
    trigger: Literal["dispatch", "push"] = Field(
        default="dispatch",
        description="github: dispatch starts the workflow; push follows the run that the push "
        "started.",
    )
    ref: Literal["tag", "branch"] = Field(
        default="tag",
        description="github: the ref to dispatch it on, the deploy tag or the branch.",
    )
    inputs: dict[str, str] = Field(
        default_factory=dict, description="github: the workflow's inputs, as templates."
    )
    command: Texts = Field(
        default=(),
        description="command: a program and its arguments, as templates, run in an export of the "
        "commit.",
    )
    url: Url = Field(default="", description="jenkins: its address.")
    job: Text = Field(default="", description="jenkins: the job, with its folders: shop/deploy.")
    user: Text = Field(default="", description="jenkins: the user of the API token.")
    token_env: Text = Field(
        default="JENKINS_TOKEN", description="jenkins: the variable with the API token."
    )
    params: dict[str, str] = Field(
        default_factory=dict, description="jenkins: the job's parameters, as templates."
    )


class HealthSection(Section):
    """The answer that a deployed service must give before its deployment counts as done."""

    url: Text = Field(default="", description="The address to request, as a template.")
    status: int = Field(default=200, ge=100, le=599, description="The required HTTP status.")
    json_path: Text = Field(
        default="",
        alias="json",
        description="A dotted path in the answer's JSON, whose value must be that of equals.",
    )
    header: Text = Field(
        default="", description="A header of the answer, whose value must be that of equals."
    )
    equals: Text = Field(
        default="{sha}", description="The required value of json or header, as a template."
    )
    attempts: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="How often it is asked at the most; `successes` - 1 more, for the answers "
        "after the first right one.",
    )
    interval: Duration = Field(default="10s", description="How long to wait between two attempts.")
    successes: int = Field(
        default=1, ge=1, le=100, description="How often in a row the answer must be right."
    )
    timeout: Duration = Field(default="5s", description="How long one attempt may take.")
