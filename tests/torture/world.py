"""A copy of a scene in which one case plays: start multigit, let a colleague push, look."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support import launch
from tests.support.forge import Forge, ForgeRepo
from tests.support.launch import Process
from tests.support.snapshot import Snapshot, of_workspace
from tests.torture.objects import Remote
from tests.torture.scenes import ORIGINAL, goal

if TYPE_CHECKING:
    from tests.torture.hosts import Host

PACKAGE = Path(__file__).resolve().parents[2]
PATIENCE = 90.0  # seconds for one multigit
REAL_GIT = shutil.which("git") or "git"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """A multigit that has ended; a negative status is the signal that killed it."""

    args: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def document(self) -> Document | None:
        """Return the one JSON document on stdout, or None."""
        try:
            found = json.loads(self.stdout)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def codes(self) -> list[str]:
        """Return the codes of all problems."""
        document = self.document or {}
        rows = [document, *document.get("repos", [])]
        return [problem["code"] for row in rows for problem in row.get("problems", [])]

    @property
    def states(self) -> dict[str, str]:
        """Return the state of each repository."""
        return {row["repo"]: row["state"] for row in (self.document or {}).get("repos", [])}

    def saying(self, document: Document) -> Ran:
        """Return the same run with another document and its exit code."""
        return replace(self, status=document["exit_code"], stdout=json.dumps(document))

    def told(self) -> str:
        """Summarize in one line how it ended, for a report."""
        document = self.document or {}
        problems = [p["message"] for p in document.get("problems", [])]
        problems += [
            f"{row['repo']} {row['state']}: {'; '.join(p['message'] for p in row['problems'])}"
            for row in document.get("repos", [])
        ]
        said = f"{document.get('message')} {problems}" if document else self.stderr.strip()[-400:]
        return f"multigit {' '.join(self.args)} → {self.status}: {said}"


class Running:
    """A multigit that was started."""

    def __init__(self, process: Process, args: Sequence[str]) -> None:
        self.process = process
        self._args = tuple(args)
        self._since = time.monotonic()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def insist(self, number: signal.Signals) -> Ran:
        """Send a signal until it has ended; signals that arrive together count as one."""
        for _ in range(100):
            self.send(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=1.0)
                break
        return self.finish()

    def finish(self, timeout: float = PATIENCE) -> Ran:
        """Wait for the end; one that does not end is killed, and its status is -SIGALRM."""
        try:
            outputs = self.process.communicate(timeout=timeout)
            status = self.process.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            outputs = self.process.communicate()
            status = -signal.SIGALRM
        seconds = time.monotonic() - self._since
        texts = [output.decode("utf-8", "replace") for output in outputs]
        return Ran(self._args, status, texts[0], texts[1], seconds)


class World:
    """A scene of its own for one case; leaving its `with` block kills whatever still runs in it."""

    def __init__(
        self, template: Path, root: Path, scene: str, *, package: Path = PACKAGE, config: str = ""
    ) -> None:
        known = json.loads((template / ORIGINAL).read_text(encoding="utf-8"))
        self.scene = scene
        self.goal = goal(scene)
        self.thorough = True
        self.host: Host | None = None
        self.in_doubt: frozenset[str] = frozenset()
        self.started: Process | None = None
        self.original: dict[str, Any] = known["original"]
        root.mkdir(parents=True)
        self.root = root.resolve()
        self.forge = Forge(self.root)
        _copy(template, self.root)
        for name in known["repos"]:
            self.forge.repos[name] = ForgeRepo(self.forge, name, name)
        self.config = self.forge.shop / "multigit.toml"
        if config:
            self.config.write_text(f"{self.config.read_text()}\n{config}", encoding="utf-8")
        for folder in ("tmp", "colleagues"):
            (self.root / folder).mkdir()
        self.env = self.forge.env | {
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONPATH": str(package),
        }
        self.open_at_first = self.unfinished()
        self.records_before = len(self.records())
        self.began = self.workspace()
        self.at_first = self.remotes()
        self._folders = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.orphans():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def repos(self) -> dict[str, ForgeRepo]:
        """Return the repositories by name."""
        return self.forge.repos

    @property
    def shop(self) -> Path:
        """Return the workspace folder."""
        return self.forge.shop

    def fresh(self, name: str) -> Path:
        """Return a new folder of the world, outside of the workspace."""
        self._folders += 1
        folder = self.root / f"{name}-{self._folders}"
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def saved(self) -> Iterator[None]:
        """Restore workspace and remotes at the end of the block."""
        kept = self.fresh("kept")
        for name in ("shop", "remotes"):
            subprocess.run(["cp", "-R", "-p", str(self.root / name), str(kept)], check=True)
        try:
            yield
        finally:
            for name in ("shop", "remotes"):
                shutil.rmtree(self.root / name)
                (kept / name).rename(self.root / name)

    # --- Running multigit

    def start(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
        shop: Path | None = None,
    ) -> Running:
        """Start `multigit … --json` in the workspace, or `under` another program."""
        place, environment = shop or self.shop, {**self.env, **(env or {})}
        process = launch.start(*args, "--json", cwd=place, env=environment, under=under)
        self.started = process
        return Running(process, args)

    def run(
        self, *args: str, env: Mapping[str, str] | None = None, under: Sequence[str] = ()
    ) -> Ran:
        """Run multigit until it ends."""
        return self.start(*args, env=env, under=under).finish()

    def kill(self) -> None:
        """Kill the multigit that was started last, and wait until it is dead."""
        if self.started:
            self.started.kill()
            self.started.wait()

    # --- Looking

    def remotes(self) -> dict[str, Remote]:
        """Return the current state of every remote."""
        return {name: Remote(repo.bare) for name, repo in self.repos.items()}

    def workspace(self) -> Snapshot:
        """Return everything that the user has on this machine."""
        return of_workspace(self.shop, [repo.clone for repo in self.repos.values()])

    def records(self) -> list[Document]:
        """Return the complete lines of the deployment log."""
        try:
            lines = (self.forge.shop / "deployment.log").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def new_records(self) -> list[Document]:
        """Return the records that were written in this world."""
        return self.records()[self.records_before :]

    def unfinished(self) -> list[str]:
        """Return the names of the open journals; one without a complete line does not count."""
        folder = self.shop / ".multigit/operations"
        found = {file.name: file.read_bytes() for file in folder.glob("*.jsonl")}
        return sorted(name for name, content in found.items() if b"\n" in content)

    def colleagues(self, repo: str) -> list[tuple[str, str]]:
        """Return the branch and commit of each push that a colleague made."""
        try:
            text = (self.root / "colleagues" / repo).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [(line.split()[0], line.split()[1]) for line in text.splitlines()]

    # --- Others

    def colleague_script(self, repo: str, branch: str) -> str:
        """Return a shell command that commits on the current tip of a remote's branch."""
        bare, notes = self.repos[repo].bare, self.root / "colleagues" / repo
        home = f"HOME={self.env['HOME']} GIT_CONFIG_GLOBAL={self.env['GIT_CONFIG_GLOBAL']}"
        git = f"env -i PATH={os.defpath} {home} {REAL_GIT} --git-dir={bare}"
        return (
            f"tip=$({git} rev-parse refs/heads/{branch}); "
            f"new=$({git} commit-tree -p $tip -m colleague $tip^{{tree}}); "
            f"{git} update-ref refs/heads/{branch} $new $tip && echo {branch} $new >>{notes}"
        )

    def colleague(self, repo: str, branch: str) -> None:
        """Commit on a remote's branch, as a colleague's push would."""
        subprocess.run(["/bin/sh", "-c", self.colleague_script(repo, branch)], check=True)

    def orphans(self) -> list[int]:
        """Return the processes running anywhere below the world's folder."""
        return list(at_work_in(self.root))

    def wait_for_orphans(self, seconds: float = 30.0) -> bool:
        """Wait until nothing is running in the world any longer; return whether that happened."""
        deadline = time.monotonic() + seconds
        while self.orphans():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def frozen(package: Path, folder: Path) -> Path:
    """Copy the package into a folder, out of reach of later edits, and return that folder."""
    ignore = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(package / "multigit", folder / "multigit", ignore=ignore)
    return folder


def _copy(template: Path, root: Path) -> None:
    """Copy workspace and remotes, and let the clones point at their own remotes."""
    for name in ("shop", "remotes"):
        subprocess.run(["cp", "-R", "-p", f"{template / name}/.", str(root / name)], check=True)
    shop = root / "shop"
    places: Iterable[Path] = (
        shop / "multigit.toml",
        *shop.glob("*/.git/config"),
        *shop.glob(".multigit/operations/*.jsonl"),
    )
    for place in places:
        text = place.read_text(encoding="utf-8").replace(str(template.resolve()), str(root))
        place.write_text(text, encoding="utf-8")


def at_work_in(root: Path) -> Iterator[int]:
    """Yield the processes whose working directory is below a folder, except our own."""
    own = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != own:
            with contextlib.suppress(OSError):
                place = (entry / "cwd").readlink()
                if place.is_relative_to(root):
                    yield int(entry.name)
