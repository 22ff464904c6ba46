"""Deployments by GitHub's workflows, against the tests' double of its API: what they cost.

The double answers at once, so only multigit's own requests and pauses are measured.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from measure import PROJECT, Run, Runner
from workspaces import BenchError, Workspace

if TYPE_CHECKING:
    from tests.doubles.github import GitHub

sys.path.append(str(PROJECT))  # for the tests' doubles
PAUSE = 1  # seconds
UNCHANGED = 304
COURSE = (*["queued"] * 3, *["in_progress"] * 15)
ENDS = ("success", "success", "success", "failure")  # the runs take turns
CONFIG = """
[github]
api_url = "%s"

[stages.stg.deploy]
runner = "github"
workflow = "deploy.yml"
ref = "branch"
pause = "%ds"
"""
DEPLOY = ("deploy", "stg", "--yes", "--no-wait", "--json")


@dataclass(frozen=True)
class Watched:
    looks: int  # polls of one run
    soon: int  # of those, made without the usual pause, since the one before left something open
    requests: int
    unchanged: int  # of those, answered with 304, which GitHub does not count


def watched(workspace: Workspace) -> Watched:
    """Start a run for each repository and poll them all, round after round, until they are over."""
    from multigit.adapters.github.client import GithubClient
    from multigit.adapters.github.runs import GithubRuns
    from multigit.core.values.deploy_config import GithubRunner
    from multigit.core.values.deployment import DeploymentSpec
    from tests.adapters.github.hubs import Clone
    from tests.doubles.github import TOKEN

    moment = datetime.now(UTC).replace(microsecond=0)
    # The clock stands still, so that a run in which nothing happens does not change.
    with hub(workspace, lambda: moment) as double:
        client = GithubClient(api_url=double.api, token=lambda: TOKEN)
        runs = GithubRuns(client, lambda _: Clone())
        under_way = []
        for number, repo in enumerate(workspace.repos):
            slug = f"acme/{repo.name}"
            double.script(slug, [*COURSE, ENDS[number % len(ENDS)]])
            spec = DeploymentSpec(
                key=f"bench/{repo.name}/1",
                repo=repo.name,
                stage="stg",
                environment="stg",
                branch="stg",
                sha=repo.seed.target,
                tag="",
                release="",
                target="",
                since=moment.timestamp(),
                runner=GithubRunner("deploy.yml", ref="branch", slug=slug),
            )
            under_way.append((spec, runs.start(spec)))
        before, looks, soon = double.count(), 0, 0
        while under_way:
            looks += len(under_way)
            seen = [(each, runs.poll(*each)) for each in under_way]
            soon += sum(status.more for _, status in seen)
            under_way = [each for each, status in seen if not status.state.over]
        asked = double.requests[before:]
    return Watched(looks, soon, len(asked), sum(each.status == UNCHANGED for each in asked))


@dataclass(frozen=True)
class Started:
    seconds: float  # from the first start to the last, as the double saw them
    run: Run  # the whole command


def started(runner: Runner, workspace: Workspace) -> Started:
    """Start one deployment for each repository, with a pause in between, and time that."""
    from tests.doubles.github import TOKEN

    with hub(workspace, lambda: datetime.now(UTC)) as double:
        config = workspace.root / "multigit.toml"
        text = config.read_text()
        for repo in workspace.repos:
            begin = f"[repos.{repo.name}]\n"
            text = text.replace(begin, f'{begin}github = "acme/{repo.name}"\n')
        config.write_text(text + CONFIG % (double.api, PAUSE))
        run = runner.multigit_at(workspace, DEPLOY, {"MULTIGIT_TOKEN": TOKEN})
        begun = sorted(each.created for each in double.runs())
        counted = Counter(double.starts)
    if sorted(counted.values()) != [1] * len(workspace.repos):
        raise BenchError(f"not each was started once: {counted}")
    return Started((begun[-1] - begun[0]).total_seconds(), run)


@contextmanager
def hub(workspace: Workspace, clock: Callable[[], datetime]) -> Iterator[GitHub]:
    """GitHub with the workspace's remotes."""
    from tests.doubles.github import GitHub, Repository

    repositories = {f"acme/{repo.name}": Repository(repo.remote) for repo in workspace.repos}
    with GitHub(repositories, clock=clock, check=False) as double:
        yield double
