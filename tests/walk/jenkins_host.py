"""Jenkins as a town's host: a build takes the mood of its stage, and the ledger has each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.jenkins import API_TOKEN, RESULTS, USER, Build, Jenkins, Job, dropped
from tests.doubles.jenkins import RUNNING as BUILDING
from tests.walk.hosts import FAILED, GONE, RUNNING, SUCCEEDED, Moody, Write

JOB = "deploy"
PARAMS = ("key", "repo", "stage", "sha")
TABLE = """
[stages.{{stage}}.deploy]
runner = "jenkins"
url = "{url}"
job = "{job}"
user = "{user}"
params = {{{{{params}}}}}
targets = {{targets}}
"""


class JenkinsHost(Jenkins):
    """The double of a town's Jenkins, with the colleagues who use its pages."""

    env: Mapping[str, str] = {"JENKINS_TOKEN": API_TOKEN}
    settings = ""

    def __init__(self, has_mood: Moody, write: Write) -> None:
        super().__init__({JOB: Job(frozenset(PARAMS))})
        params = ", ".join(f'{name} = "{{{{{name}}}}}"' for name in PARAMS)
        self.table = TABLE.format(url=self.url, job=JOB, user=USER, params=params)
        self.script(JOB, [BUILDING])
        self._has_mood = has_mood
        self._write = write

    def about(self, repo: str) -> str:  # noqa: ARG002
        """Return what the table of a repository needs."""
        return ""

    def state(self, key: str) -> str:
        """Return how the newest build of a deployment is."""
        builds = self._named(key)
        if not builds or builds[-1].at not in RESULTS:
            return RUNNING if builds else GONE
        return SUCCEEDED if builds[-1].at == "SUCCESS" else FAILED

    def run_again(self, key: str) -> None:
        """Rebuild the build of a deployment: a new one, with its parameters."""
        with self._lock:
            build = Build(next(self._items), self._named(key)[-1].start, "waiting", ())
            self._keep(self._at(build, BUILDING))

    def remove(self, key: str) -> None:  # type: ignore[override]
        """Delete the builds of a deployment."""
        for build in self._named(key):
            super().remove(build.item)

    def cut_next_start(self, *, effect: bool) -> None:
        """Cut the connection of the next start, after it took effect or before."""
        self.inject(dropped(effect=effect), route="build")

    def end_all(self) -> None:
        """Let every build end that is not held."""
        with self._lock:
            for build in self.builds():
                stage = dict(build.start.params)["stage"]
                if build.at == BUILDING and not self._has_mood(stage, "held"):
                    word = "FAILURE" if self._has_mood(stage, "badly") else "SUCCESS"
                    self._keep(self._at(build, word))

    def _answer(self, *args: Any) -> Any:
        self.end_all()  # as soon as someone asks
        return super()._answer(*args)

    def _keep(self, build: Build) -> Build:
        """Store a build, and write into the ledger that it begins, runs again or has ended."""
        known, params = self._builds.get(build.item), dict(build.start.params)
        key = params["key"]
        if known is None and self._named(key):
            self._write("again", key)
        elif known is None:
            self._write("begin", key, params["repo"], params["stage"], params["sha"])
        if build.at in RESULTS and not (known and known.at in RESULTS):
            self._write("end", key, int(build.at != "SUCCESS"))
        return super()._keep(build)

    def _named(self, key: str) -> list[Build]:
        return [each for each in self.builds() if dict(each.start.params)["key"] == key]
