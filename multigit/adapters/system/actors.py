"""What kind of actor runs multigit, by the variables that CI systems and agents are known to set.

This is a statement of the environment, which anybody can change, and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.values.agreement import ActorKind

# Each CI system documents its own among the predefined variables of a job.
CI = (
    "CI",  # GitHub Actions, GitLab, CircleCI, Travis, Bitbucket, Buildkite, Woodpecker and others
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "BITBUCKET_BUILD_NUMBER",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",  # AWS CodeBuild
    "JENKINS_URL",
    "HUDSON_URL",  # Jenkins, too, also where JENKINS_URL is not configured
    "TEAMCITY_VERSION",
    "TF_BUILD",  # Azure Pipelines
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "bamboo_buildKey",
    "bamboo_planKey",
    "APPVEYOR",
    "DRONE",
    "GO_PIPELINE_NAME",  # GoCD, which does not set CI
    "HARNESS_BUILD_ID",
    "SEMAPHORE",
    "TRAVIS",
)

# Names that others may well have chosen for something else; together they tell.
CI_TOGETHER = (
    ("JENKINS_HOME", "BUILD_ID"),
    ("TASK_ID", "RUN_ID"),  # Taskcluster
)

# Set for the commands that an agent starts. The first is meant for all of them; the others are
# their own, as packages/detect-agent of vercel/vercel, and lib/cli/util/detect-agent.ts of
# aws/aws-cdk-cli, read them.
AGENTS = (
    "AI_AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "CURSOR_AGENT",
    "GEMINI_CLI",
)

OFF = {"", "0", "false", "no"}


def kind_of_actor(environment: Mapping[str, str]) -> ActorKind:
    """Return what runs us; an agent within a CI job is an agent."""
    if _any(AGENTS, environment):
        return ActorKind.AGENT
    together = any(all(environment.get(name) for name in names) for names in CI_TOGETHER)
    return ActorKind.CI if together or _any(CI, environment) else ActorKind.PERSON


def attended(environment: Mapping[str, str]) -> bool:
    """Tell whether a person may sit at the terminal, if there is one that can show a question."""
    dumb = environment.get("TERM") == "dumb"
    return not dumb and kind_of_actor(environment) is ActorKind.PERSON


def _any(names: tuple[str, ...], environment: Mapping[str, str]) -> bool:
    return any(environment.get(name, "").lower() not in OFF for name in names)
