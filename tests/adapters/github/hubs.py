"""GithubRuns against the double, and errors that are searched for the token."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from multigit.adapters.github.client import TIMEOUT, GithubClient
from multigit.adapters.github.runs import GithubRuns
from multigit.core.values.deploy_config import GithubRunner, Trigger
from multigit.core.values.deployment import DeploymentSpec, Run, RunStatus
from multigit.core.values.pushed import Pushed
from multigit.errors import MultigitError
from tests.doubles.conftest import REPO
from tests.doubles.github import TOKEN, GitHub, Point
from tests.support.forge import ForgeRepo

START = "actions/create-workflow-dispatch"
RUN = "actions/get-workflow-run"
JOBS = "actions/list-jobs-for-workflow-run"
LISTING = "actions/list-workflow-runs"
KEY = "promote-7/api/nrt/1"
DISPATCHED = GithubRunner(
    "deploy.yml", ref="branch", inputs={"release": "{release}", "target": "{target}"}, slug=REPO
)
KEYED = replace(DISPATCHED, inputs={"release": "{release}", "token": "{key}"})
PUSHED = GithubRunner("build.yml", trigger=Trigger.PUSH, ref="branch", slug=REPO)
IMPATIENT = 0.6  # seconds


def spec(api: ForgeRepo, runner: GithubRunner = DISPATCHED, **changes: Any) -> DeploymentSpec:
    """Return a spec that deploys the current commit of main."""
    made = DeploymentSpec(
        key=KEY,
        repo="api",
        stage="main",
        environment="production",
        branch="main",
        sha=api.tip("main"),
        tag="deploy-1",
        release="r1",
        target="nrt",
        since=time.time(),
        runner=runner,
    )
    return replace(made, **changes)


@dataclass(frozen=True)
class Clone:
    """A clone of a repository, with this URL of its remote; without a repository it is empty."""

    url: str = ""
    api: ForgeRepo | None = None

    @property
    def full(self) -> ForgeRepo:
        """Return the repository; raise an error if it has no commits here."""
        if self.api is None:
            raise MultigitError("the commit is not here.")
        return self.api

    def remote_urls(self) -> list[str]:
        """Return the URL of the remote."""
        return [self.url]

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """Return the content of the files in a folder of a commit."""
        files = self.full.tree(commit).items()
        return {path: text for path, text in files if path.rpartition("/")[0] == folder}

    def pushed(self, commit: str) -> Pushed:
        """Return what a push of a commit to the branch of its first parent brings."""
        git, since = self.full.remote_git, f"{commit}^1"
        paths = git("diff", "--name-only", "--no-renames", since, commit).split("\n")
        count = int(git("rev-list", "--count", f"^{since}", commit))
        return Pushed(git("log", "-1", "--format=%B", commit), tuple(filter(None, paths)), count)


def runs_at(
    double: GitHub,
    *,
    url: str = "",
    token: str = TOKEN,
    waits: list[float] | None = None,
    timeout: float = TIMEOUT,
    api: ForgeRepo | None = None,
) -> GithubRuns:
    """Return the adapter under test, which records its waits instead of waiting.

    Without `api`, its clone lacks the deployed commit.
    """
    wait = (waits if waits is not None else []).append
    client = GithubClient(api_url=double.api, token=lambda: token, wait=wait, timeout=timeout)
    return GithubRuns(client, lambda _: Clone(url, api))


def started(hub: GitHub, api: ForgeRepo, *steps: str | Point) -> tuple[DeploymentSpec, Run]:
    """Start a run with these steps; return its spec and the run."""
    if steps:
        hub.script(REPO, steps)
    wanted = spec(api)
    return wanted, runs_at(hub).start(wanted)


def settled(runs: GithubRuns, wanted: DeploymentSpec, run: Run) -> RunStatus:
    """Poll until nothing changes without more time."""
    status = runs.poll(wanted, run)
    while status.more:
        status = runs.poll(wanted, run)
    return status


def refused(call: Callable[[], object], kind: type[MultigitError] = MultigitError) -> MultigitError:
    """Return the error that a call raises; neither it nor its causes contain the token."""
    with pytest.raises(kind) as caught:
        call()
    assert TOKEN not in "".join(everything(caught.value))
    return caught.value


def everything(error: BaseException | None) -> Iterator[str]:
    """Yield all text that an error and its causes could show."""
    while error is not None:
        yield from traceback.format_exception(error)
        yield from (repr(error), repr(error.args), repr(vars(error)))
        yield repr({k: vars(v) for k, v in vars(error).items() if hasattr(v, "__dict__")})
        error = error.__cause__ or error.__context__
