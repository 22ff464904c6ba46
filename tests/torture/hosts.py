"""What deploys the repositories of a scene, GitHub's double or a script, and the health endpoint.

Each of them can kill the running multigit at one chosen request, or line, of a deployment.
"""

from __future__ import annotations

import json
import re
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.doubles.github import TOKEN, GitHub, Repository
from tests.doubles.loopback import Answer, LoopbackServer, Request, Silence
from tests.torture.scenes import COMMAND, GITHUB, TARGETS
from tests.torture.world import World, frozen

FIRST = "db"  # the script's other repositories wait for it
HASTE: Mapping[str, Mapping[str, float]] = {  # shorter waits in seconds, by module
    "engine/throttle.py": {"SHORTEST": 0.1, "PER_RUN": 0.05},
    # As in multigit, a supervisor has half as long to start as its run has to appear.
    "engine/target.py": {"LATE": 8.0},
    "engine/start.py": {"BRIEF": 2.0},
    "adapters/command/folder.py": {"START_LIMIT": 4.0},
}
TABLES = {
    GITHUB: """
runner = "github"
workflow = "deploy.yml"
inputs = {version = "{release}", target = "{target}"}
""",
    COMMAND: """
runner = "command"
command = ["sh", "deploy.sh"]
""",
}
WORDS = {
    "actions/create-workflow-dispatch": "start",
    "actions/list-workflow-runs": "search",
    "actions/get-workflow-run": "look",
    "actions/list-jobs-for-workflow-run": "jobs",
}


class Trap:
    """Kills multigit at one request: `at` is its name and number, as in `start-2`.

    If `when` is before, the request has no effect; if it is after, its answer does not arrive.
    """

    def __init__(self, kill: Callable[[], None]) -> None:
        self.at = self.when = ""
        self._kill = kill
        self._seen: Counter[str] = Counter()
        self._guard = threading.Lock()

    def pass_on(self, what: str, react: Callable[[], Answer | Silence]) -> Answer | Silence:
        """React to a request, unless it is the chosen one."""
        with self._guard:
            self._seen[what] += 1
            chosen = self.at == f"{what}-{self._seen[what]}"
        if not chosen:
            return react()
        if self.when == "after":
            react()
        self._kill()
        return Silence.HANG_UP


class Host(ABC):
    """What runs the deployments."""

    def __init__(self, trap: Trap) -> None:
        self.trap = trap

    @abstractmethod
    def starts(self) -> Counter[str]:
        """Return how often each `repository/target` was started."""

    def complaints(self) -> list[str]:
        """Return the requests of multigit that broke the rules."""
        return []


class _Hub(GitHub):
    """GitHub's double with a trap."""

    def __init__(self, repositories: Mapping[str, Repository], trap: Trap) -> None:
        super().__init__(repositories)
        self._trap = trap

    def react(self, request: Request) -> Answer | Silence:
        match = self._match(request)
        what = WORDS.get(match.operation.id, "") if match else ""
        return self._trap.pass_on(what, lambda: super(_Hub, self).react(request))


class _AtGitHub(Host):
    def __init__(self, trap: Trap, double: GitHub) -> None:
        super().__init__(trap)
        self._double = double

    def starts(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for start, times in self._double.starts.items():
            counted[f"{start.repo.partition('/')[2]}/{dict(start.inputs)['target']}"] += times
        return counted

    def complaints(self) -> list[str]:
        return [f"GitHub: {each.operation}: {each.text}" for each in self._double.violations]


class _ByScript(Host):
    def __init__(self, trap: Trap, runs: Path) -> None:
        super().__init__(trap)
        self._runs = runs

    def starts(self) -> Counter[str]:
        return Counter(self._runs.read_text("utf-8").split())


class _Healthy(LoopbackServer):
    """A health endpoint that calls everything healthy."""

    def __init__(self, trap: Trap) -> None:
        super().__init__()
        self._trap = trap

    def react(self, request: Request) -> Answer | Silence:
        del request
        return self._trap.pass_on("health", lambda: Answer(200, b"ok"))


@contextmanager
def hosting(world: World, package: Callable[[], Path]) -> Iterator[None]:
    """Run the deployments of a world whose scene has some; the multigit in `package` waits less."""
    runner = world.goal.runner
    if not runner:
        yield
        return
    trap = Trap(world.kill)
    with ExitStack() as stack:
        health = stack.enter_context(_Healthy(trap))
        _configure(world, runner, health.url)
        if runner == GITHUB:
            repos = {f"acme/{name}": Repository(one.bare) for name, one in world.repos.items()}
            hub = stack.enter_context(_Hub(repos, trap))
            world.env |= {"GITHUB_API_URL": hub.api, "MULTIGIT_TOKEN": TOKEN}
            world.host = _AtGitHub(trap, hub)
        else:
            runs = world.root / "runs"
            runs.touch()
            world.env |= {"RUNS": str(runs), "FATAL": ""}
            world.host = _ByScript(trap, runs)
        world.env["PYTHONPATH"] = str(package())
        world.began = world.workspace()
        yield


def _configure(world: World, runner: str, health: str) -> None:
    """Add deployments to the configuration, and the health endpoint to ask afterwards."""
    text = world.config.read_text("utf-8")
    for name in world.repos:
        begin = f"[repos.{json.dumps(name)}]\n"
        more = f'github = "acme/{name}"\n'
        if runner == COMMAND:
            more = "" if name == FIRST else f'after = ["{FIRST}"]\n'
        text = text.replace(begin, f"{begin}{more}")
    text += f"\n[stages.stg.deploy]{TABLES[runner]}targets = {json.dumps(TARGETS)}\n"
    text += f'\n[stages.stg.health]\nurl = "{health}/{{repo}}/{{target}}"\ninterval = "1s"\n'
    world.config.write_text(text, encoding="utf-8")


def hasty(package: Path, folder: Path, haste: Mapping[str, Mapping[str, float]] = HASTE) -> Path:
    """Return a copy of multigit that waits less, made at the first call."""
    if not folder.exists():
        frozen(package, folder)
        for module, seconds in haste.items():
            file = folder / "multigit" / module
            code = file.read_text(encoding="utf-8")
            for name, value in seconds.items():
                code, found = re.subn(rf"(?m)^{name}\b.*$", rf"\g<0>\n{name} = {value}", code)
                assert found == 1, f"{module} sets {name} {found} times"
            file.write_text(code, encoding="utf-8")
    return folder
