"""Roll-backs by GitHub's workflows, against the tests' double: how soon the old release starts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from measure import HERE, JOBS, PROJECT, PROMOTE, Runner
from workspaces import BenchError, Builder, Workspace

sys.path.append(str(PROJECT))  # for the tests' double

from tests.doubles.github import TOKEN, GitHub, Repository
from tests.doubles.loopback import Answer, Request, Silence

OLD = "stg-deploy-20240101-000026"  # a release that every repository has from the beginning
CONFIG = """
[github]
api_url = "%s"

[lock]
repo = "%s"

[stages.stg.deploy]
runner = "github"
workflow = "deploy.yml"
ref = "tag"
"""
BACK = ("rollback", "stg", "--last-good", "--yes", "--no-wait", "--json", "-j", str(JOBS))


@dataclass(frozen=True)
class Starts:
    """What a program cost that starts the old release; in seconds from its beginning."""

    first: float  # until its first start reached GitHub
    last: float
    whole: float
    requests: int
    connections: int


class SlowGitHub(GitHub):
    """GitHub that answers each request after a delay, and notes when starts reach it."""

    def __init__(self, workspace: Workspace) -> None:
        repositories = {f"acme/{repo.name}": Repository(repo.remote) for repo in workspace.repos}
        super().__init__(repositories, check=False)
        self.delay = 0.0
        self.posted: list[float] = []

    def react(self, request: Request) -> Answer | Silence:
        """Note when a start comes, and answer after the delay."""
        if request.method == "POST":
            self.posted.append(time.perf_counter())
        time.sleep(self.delay)
        return super().react(request)


class RolledBack:
    """A stage with a good release and a bad one, which was deployed last."""

    def __init__(self, runner: Runner, workspace: Workspace, hub: SlowGitHub) -> None:
        self._runner = runner
        self._workspace = workspace
        self._hub = hub

    def release(self) -> None:
        """Promote what is on dev, and deploy it."""
        self._runner.multigit_at(self._workspace, [*PROMOTE, str(JOBS)], _token())

    def loop(self, delay: float, jobs: int) -> Starts:
        """Send one POST per repository."""
        address = "/repos/acme/%s/actions/workflows/deploy.yml/dispatches"
        paths = [address % repo.name for repo in self._workspace.repos]
        command = [sys.executable, str(HERE / "posts.py"), self._hub.api, OLD, str(jobs), *paths]
        return self._timed(command, delay)

    def back(self, delay: float) -> Starts:
        """Roll the stage back, as a user does."""
        return self._timed([sys.executable, "-m", "multigit", *BACK], delay)

    def _timed(self, command: Sequence[str], delay: float) -> Starts:
        hub, before = self._hub, len(self._hub.requests)
        self._runner.connections()
        hub.posted, hub.delay = [], delay
        began = time.perf_counter()
        run = self._runner.run(command, self._workspace.root, delay=delay, extra=_token())
        hub.delay = 0.0
        if len(hub.posted) != len(self._workspace.repos):
            raise BenchError(f"{len(hub.posted)} deployments were started: {run.stdout}")
        return Starts(
            first=min(hub.posted) - began,
            last=max(hub.posted) - began,
            whole=run.seconds,
            requests=len(hub.requests) - before,
            connections=self._runner.connections().total(),
        )


@contextmanager
def two_releases(runner: Runner, builder: Builder, count: int) -> Iterator[RolledBack]:
    """A workspace in which two releases were deployed, the newest last."""
    workspace = builder.workspace(count, ssh=True)
    with SlowGitHub(workspace) as hub:
        config = workspace.root / "multigit.toml"
        text = config.read_text()
        for repo in workspace.repos:
            hub.script(f"acme/{repo.name}", ["success"])
            begin = f"[repos.{repo.name}]\n"
            text = text.replace(begin, f'{begin}github = "acme/{repo.name}"\n')
        config.write_text(text + CONFIG % (hub.api, workspace.repos[0].name))
        stage = RolledBack(runner, workspace, hub)
        stage.release()
        builder.commit_to_dev(workspace)
        time.sleep(1)  # the name of a release has its second
        stage.release()
        yield stage
    workspace.delete()


def _token() -> dict[str, str]:
    return {"MULTIGIT_TOKEN": TOKEN}
