"""What kind of actor runs multigit, by the variables that CI systems and agents are known to set.

This is what the environment claims, which anyone can change. It proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from multigit.core.values.agreement import ActorKind

# Documented by each CI system among the predefined variables of a job.
CI = (
    "CI",  # GitHub Actions, GitLab, CircleCI, Travis, Bitbucket, Buildkite, Woodpecker and others
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "BITBUCKET_BUILD_NUMBER",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",  # AWS CodeBuild
    "JENKINS_URL",
    "HUDSON_URL",  # Jenkins, too, even if JENKINS_URL is not configured
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

# Names that others may have chosen for something else; only together they count.
CI_TOGETHER = (
    ("JENKINS_HOME", "BUILD_ID"),
    ("TASK_ID", "RUN_ID"),  # Taskcluster
)

# Set for the commands that an agent starts. The first is meant for all agents. The others are their
# own, as in packages/detect-agent of vercel/vercel and lib/cli/util/detect-agent.ts of
# aws/aws-cdk-cli.
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
    """Return what kind of actor runs multigit; an agent within a CI job is an agent."""
    if _any(AGENTS, environment):
        return ActorKind.AGENT
    together = any(all(environment.get(name) for name in names) for names in CI_TOGETHER)
    return ActorKind.CI if together or _any(CI, environment) else ActorKind.PERSON


def attended(environment: Mapping[str, str]) -> bool:
    """Return whether a person may be at the terminal, if there is one that can show a question."""
    dumb = environment.get("TERM") == "dumb"
    return not dumb and kind_of_actor(environment) is ActorKind.PERSON


def _any(names: tuple[str, ...], environment: Mapping[str, str]) -> bool:
    return any(environment.get(name, "").lower() not in OFF for name in names)
