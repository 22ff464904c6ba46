"""Runs a command and measures it: time, memory, git processes, connections."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workspaces import BenchError, Workspace

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
JOBS = 16
TAG = "stg-deploy-20250101-000000"
PATIENCE = 180.0  # seconds; a run that takes longer is stuck

PROMOTE = ("promote", "dev", "stg", "--yes", "--json", "-j")
STATUS = ("status", "--json", "-j", str(JOBS))


@dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float  # the peak resident size of the process itself
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Counts:
    git: Counter[str]  # git processes by subcommand, only those that the program itself started
    connections: Counter[str]  # by "service 'path'"
    repos: int

    @property
    def git_per_repo(self) -> float:
        return self.git.total() / self.repos

    def connections_per_repo(self) -> list[int]:
        """The number of connections for each repository, smallest first; 0 for one without any."""
        seen: Counter[str] = Counter()
        for line, times in self.connections.items():
            seen[line.partition(" ")[2]] += times
        return sorted([*seen.values(), *[0] * (self.repos - len(seen))])


class Runner:
    """Starts every program with the same environment: nothing of the user's, no network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "connections"
        home = folder / "home"
        home.mkdir()
        settings = home / "gitconfig"
        settings.write_text(
            "[user]\n\tname = Bench\n\temail = bench@example.invalid\n"
            "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
        )
        # A copy, so that neither its mode nor the location of the checkout matters.
        stand_in = folder / "ssh"
        shutil.copyfile(HERE / "ssh", stand_in)
        stand_in.chmod(0o755)
        kept = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
        self.env = {name: os.environ[name] for name in kept if name in os.environ} | {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": shlex.quote(str(stand_in)),
            "GIT_SSH_VARIANT": "ssh",
            "PYTHONPATH": str(PROJECT),
            "PYTHONPYCACHEPREFIX": str(folder / "pycache"),  # leaves the checkout unchanged
            "BENCH_TAG": TAG,
            "BENCH_CONNECTIONS": str(self._log),
        }

    def floor(self, workspace: Workspace, delay: float = 0) -> Run:
        command = ["xargs", "-P", str(JOBS), "-I", "{}", "sh", str(HERE / "floor.sh"), "{}"]
        return self.run(command, workspace.root, delay=delay, lines=workspace.clones)

    def old(self, workspace: Workspace, delay: float = 0) -> Run:
        command = ["sh", str(HERE / "old.sh"), *workspace.clones]
        return self.run(command, workspace.root, delay=delay)

    def all_at_once(self, workspace: Workspace, delay: float = 0) -> Run:
        """A promotion with as many jobs as there are repositories."""
        return self.multigit(workspace, delay, jobs=len(workspace.repos))

    def multigit(self, workspace: Workspace, delay: float = 0, *, jobs: int = JOBS) -> Run:
        """A promotion as a user runs it; its own report has to say that it is done."""
        run = self.run(_multigit([*PROMOTE, str(jobs)]), workspace.root, delay=delay)
        try:
            report = json.loads(run.stdout)
        except ValueError as error:
            raise BenchError(f"multigit did not print one JSON document: {error}") from error
        published = [repo["repo"] for repo in report["repos"] if repo["state"] == "published"]
        if report["result"] != "done" or len(published) != len(workspace.repos):
            raise BenchError(
                f"multigit reports {report['result']!r}, {len(published)} published "
                f"of {len(workspace.repos)}: {report.get('message')}"
            )
        return run

    def multigit_at(
        self, workspace: Workspace, arguments: Sequence[str], extra: Mapping[str, str]
    ) -> Run:
        """Any other command of multigit."""
        return self.run(_multigit(arguments), workspace.root, extra=extra)

    def bare(self, workspace: Workspace, delay: float = 0) -> Run:
        """The same promotion without journal, log and lock."""
        command = [sys.executable, str(HERE / "bare.py"), *PROMOTE, str(JOBS)]
        return self.run(command, workspace.root, delay=delay)

    def counted(self, arguments: Sequence[str], workspace: Workspace) -> Counts:
        """One untimed run of multigit, with its git processes and connections counted."""
        self._log.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as events:
            self.run(_multigit(arguments), workspace.root, extra={"GIT_TRACE2_EVENT": events})
            git = _top_level(Path(events))
        return Counts(git, self.connections(), len(workspace.repos))

    def connections(self) -> Counter[str]:
        """The connections since the last call."""
        if not self._log.exists():
            return Counter()
        seen = Counter(self._log.read_text().splitlines())
        self._log.unlink()
        return seen

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        *,
        delay: float = 0,
        lines: Sequence[str] = (),
        extra: Mapping[str, str] | None = None,
    ) -> Run:
        """One fresh process from start to end; an exit status other than 0 is an error."""
        env = self.env | {"BENCH_DELAY": str(delay)} | dict(extra or {})
        with (
            tempfile.TemporaryFile(dir=self._folder) as stdin,
            tempfile.TemporaryFile(dir=self._folder) as stdout,
            tempfile.TemporaryFile(dir=self._folder) as stderr,
        ):
            stdin.write("".join(f"{line}\n" for line in lines).encode())
            stdin.seek(0)
            started = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            watchdog = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
            watchdog.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                watchdog.cancel()
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            stdout.seek(0)
            stderr.seek(0)
            output = stdout.read().decode(errors="replace")
            complaints = stderr.read().decode(errors="replace")
        if process.returncode != 0:
            shown = " ".join(command[:8])
            tail = "\n".join((output + complaints).splitlines()[-20:])
            raise BenchError(f"exit status {process.returncode}: {shown}\n{tail}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(seconds, usage.ru_maxrss * unit / 1e6, output, complaints)

    def python(self, *arguments: str) -> Run:
        return self.run([sys.executable, *arguments], self._folder)


def _multigit(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "multigit", *arguments]


def _top_level(events: Path) -> Counter[str]:
    """The git processes whose session has no parent; git itself started the others."""
    found: Counter[str] = Counter()
    for file in events.iterdir():
        name = ""
        for line in file.read_text(errors="replace").splitlines():
            event = json.loads(line)
            if "/" in event["sid"]:
                break
            if event["event"] == "start":
                name = _subcommand(event["argv"])
            elif event["event"] == "cmd_name" and not event["name"].startswith("_"):
                name = event["name"]
        if name:
            found[name] += 1
    if not found:
        raise BenchError("no git process was seen: GIT_TRACE2_EVENT did not reach git")
    return found


def _subcommand(argv: Sequence[str]) -> str:
    """The subcommand of a git command line, for a process that ended before it named itself."""
    words = iter(argv[1:])
    for word in words:
        if word in ("-c", "-C", "--git-dir", "--work-tree", "--namespace", "--config-env"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return " ".join(argv[1:2]) or "git"
