"""GitHub as a town's host: a run takes the mood of its stage, and the ledger has each change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.doubles.github import TOKEN, GitHub, Repository
from tests.doubles.github.faults import dropped
from tests.doubles.github.runs import Point, Run, arrived, finished
from tests.doubles.github.world import World, now
from tests.walk.hosts import FAILED, GONE, RUNNING, SUCCEEDED, Moody, Write

OWNER = "acme"
TABLE = """
[stages.{stage}.deploy]
runner = "github"
workflow = "deploy.yml"
inputs = {{key = "{{key}}", stage = "{{stage}}"}}
targets = {targets}
"""


class Runs(World):
    """The runs of the double. One that is not held ends as soon as someone asks for it."""

    def __init__(
        self, repositories: Mapping[str, Repository], has_mood: Moody, write: Write
    ) -> None:
        super().__init__(repositories, now)
        self._has_mood = has_mood
        self._write = write

    def keep(self, run: Run) -> Run:
        """Store a run, and write into the ledger that it begins, runs again or has ended."""
        known, inputs = self.runs.get(run.id), dict(run.start.inputs)
        new = known is None or known.attempt < run.attempt
        if known is None:
            repo = run.repo.removeprefix(f"{OWNER}/")
            self._write("begin", inputs["key"], repo, inputs["stage"], run.sha)
        elif new:
            self._write("again", inputs["key"])
        if run.point.over and (new or not (known and known.point.over)):
            self._write("end", inputs["key"], int(run.point.word != "success"))
        return super().keep(run)

    def poll(self, run: Run) -> Run:
        """Return the run, which has ended by now unless it is held."""
        stage, moment = dict(run.start.inputs)["stage"], self.clock()
        if run.point.over:
            return run
        if self._has_mood(stage, "held"):
            return self.keep(arrived(run, Point("in_progress"), moment))
        word = "failure" if self._has_mood(stage, "badly") else "success"
        return self.keep(finished(run, Point(word), moment))


class GithubHost(GitHub):
    """The double of a town's GitHub, with the colleagues who use its pages."""

    table = TABLE
    env: Mapping[str, str] = {"MULTIGIT_TOKEN": TOKEN}

    def __init__(self, bares: Mapping[str, Path], has_mood: Moody, write: Write) -> None:
        known = {f"{OWNER}/{name}": Repository(bare) for name, bare in bares.items()}
        super().__init__(known, check=False)
        self.world = Runs(known, has_mood, write)

    @property
    def settings(self) -> str:
        """Return the table with the address."""
        return f'\n[github]\napi_url = "{self.api}"\n'

    def about(self, repo: str) -> str:
        """Return what the table of a repository needs."""
        return f'github = "{OWNER}/{repo}"\n'

    def state(self, key: str) -> str:
        """Return how the run of a deployment is."""
        run = self._named(key)
        if run is None or not run.point.over:
            return RUNNING if run else GONE
        return SUCCEEDED if run.point.word == "success" else FAILED

    def run_again(self, key: str) -> None:
        """Rerun the run of a deployment."""
        if run := self._named(key):
            self.rerun(run)

    def remove(self, key: str) -> None:
        """Delete the run of a deployment."""
        if run := self._named(key):
            self.delete(run)

    def cut_next_start(self, *, effect: bool) -> None:
        """Cut the connection of the next start, after it took effect or before."""
        self.inject(dropped(effect=effect), operation="actions/create-workflow-dispatch")

    def end_all(self) -> None:
        """Let every run end that is not held."""
        for run in self.runs():
            self.world.poll(run)

    def _named(self, key: str) -> Run | None:
        runs = (run for run in self.runs() if dict(run.start.inputs)["key"] == key)
        return next(runs, None)
