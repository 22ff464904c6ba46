"""Examples of GitHub workflows that multigit can start: what `init --workflows` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from multigit.core.deployment import GithubRunner
from multigit.core.workspace import Repo, Stage, Workspace

FOLDER = PurePosixPath(".github/workflows")

# The action is pinned to a commit, since a tag could be moved: actions/checkout v4.2.2.
_WORKFLOW = """\
# Deploys this repository to %(stage)s. multigit starts it with:
#
#   [stages.%(stage)s.deploy]
#   runner = "github"
#   workflow = "%(file)s"
#   inputs = {version = "{release}", key = "{key}"}

name: Deploy to %(environment)s
run-name: Deploy ${{ inputs.version }} to %(environment)s (${{ inputs.key }})

on:
  workflow_dispatch:
    inputs:
      version:
        description: The deploy tag
        required: true
        type: string
      key:
        description: Tells this deployment from others
        default: by hand
        type: string

permissions:
  contents: read

concurrency:
  group: deploy-%(environment)s
  cancel-in-progress: false

jobs:
  deploy:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    environment: %(environment)s
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          ref: ${{ inputs.version }}

      - name: Deploy
        run: ./deploy.sh "$VERSION"
        env:
          VERSION: ${{ inputs.version }}

      - name: Check its health
        if: vars.HEALTH_URL != ''
        run: |
          for try in 1 2 3 4 5 6 7 8 9 10; do
            curl --fail --silent --show-error --max-time 5 "$HEALTH_URL" && exit 0
            sleep 10
          done
          exit 1
        env:
          HEALTH_URL: ${{ vars.HEALTH_URL }}
"""


def workflows(workspace: Workspace) -> Iterator[tuple[Repo, PurePosixPath, str]]:
    """Yield repository, path and text of each workflow that a stage's deployment needs.

    Stages that say nothing of deployments get one, too, when they have deploy tags.
    """
    for repo in workspace.repos:
        for stage in workspace.stages:
            if file := _file(workspace, repo, stage):
                yield repo, FOLDER / file, workflow(stage, file)


def workflow(stage: Stage, file: str) -> str:
    """Return the example for a stage."""
    environment = stage.environment or stage.name
    return _WORKFLOW % {"stage": stage.name, "environment": environment, "file": file}


def _file(workspace: Workspace, repo: Repo, stage: Stage) -> str:
    deploy = workspace.deploy(repo, stage)
    if deploy is None:
        return f"deploy-{stage.name}.yml" if stage.tag else ""
    return deploy.runner.workflow if isinstance(deploy.runner, GithubRunner) else ""
