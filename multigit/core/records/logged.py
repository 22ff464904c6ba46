"""An operation's deployments as the log has them, for a workspace that lacks its journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from multigit.core.progress.earlier import Earlier, LastOperation
from multigit.core.records.record import Record
from multigit.core.records.repo_record import DeploymentRecord, RepoRecord
from multigit.core.values.deploy_config import CommandRunner, Deploy, JenkinsRunner
from multigit.core.values.deployment import DeploymentSpec, Run, RunState, deployment_key
from multigit.core.values.start_time import unix_time
from multigit.core.values.workspace import Repo, Stage, Workspace

STATES = {str(state): state for state in RunState}


def logged_operation(
    operation: str, records: Sequence[Record], workspace: Workspace, repo: Repo, stage: Stage
) -> LastOperation:
    """Return what the log says of an operation's deployments of a repository to a stage.

    `records` are its own and those that watched it, newest first. The configuration says where its
    runs are now; what it no longer deploys, and a command on another machine, cannot be looked up.
    """
    rows = tuple(_rows(records, repo.name))
    deploy = workspace.deploy(repo, stage)
    lost = _lost(records, deploy, rows[0][1].deployments if rows else ())
    if lost or deploy is None or not rows:
        return LastOperation(operation, lost=lost or "the log has no details of it.", here=False)
    first, row = rows[-1]

    def earlier(each: DeploymentRecord) -> Earlier:
        spec = DeploymentSpec(
            key=deployment_key(operation, repo.name, each.target, each.attempt),
            repo=repo.name,
            stage=stage.name,
            environment=stage.environment or stage.name,
            branch=repo.branches.get(stage.name, stage.branch),
            sha=row.after,
            tag=row.tag,
            release=first.release or row.tag,
            target=each.target,
            since=unix_time(each.since or operation.partition("-")[0]),
            runner=deploy.runner.of(repo.slug),
        )
        run = Run(each.run, each.url) if each.run else None
        return Earlier(spec, run, STATES.get(each.state, RunState.UNKNOWN))

    return LastOperation(operation, tuple(map(earlier, rows[0][1].deployments)), here=False)


def _rows(records: Sequence[Record], repo: str) -> Iterator[tuple[Record, RepoRecord]]:
    """Yield what the records say about a repository's deployments."""
    for record in records:
        for row in record.repos:
            if row.repo == repo and row.deployments:
                yield record, row


def _lost(
    records: Sequence[Record], deploy: Deploy | None, deployments: Sequence[DeploymentRecord]
) -> str:
    """Return why these deployments cannot be looked up, or empty."""
    if deploy is None:
        return "the configuration does not say any more where it ran."
    if isinstance(deploy.runner, CommandRunner):
        host = next((each.actor.host for each in reversed(records) if each.actor.host), "")
        where = host or "another machine"
        return f"it was a command on {where}; check there whether it is still running."
    if isinstance(deploy.runner, JenkinsRunner):
        known = [each for each in deployments if each.url or each.run]
        if not all(_page_of(deploy.runner, each.url) for each in known):
            return f"it is not a build of {deploy.runner.job}, which the configuration names now."
    return ""


def _page_of(runner: JenkinsRunner, url: str) -> bool:
    """Return whether a page is that of the job or of one of its builds."""
    _, begin, name = unquote(url).partition("/job/")
    return (begin + name).startswith(f"{unquote(runner.path)}/")
