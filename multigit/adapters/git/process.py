"""The one door to git: a fixed environment, fixed options, a deadline, and a transcript.

Everything goes through `GitDoor.run`, which starts git through GitPython with an argument list.
This module does not know what a command means; those beside it do.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from multigit.adapters.git.faults import clone_fault
from multigit.adapters.git.outcome import Completed, failure
from multigit.adapters.git.settings import NO_HOOKS, OPTIONS
from multigit.adapters.git.watchdog import watched
from multigit.core.values.text import masked
from multigit.errors import GitError, RefusedError
from multigit.phrase import marked

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # the import must not start a git of its own
from git.cmd import Git as GitPython
from git.exc import GitCommandNotFound

if TYPE_CHECKING:
    from multigit.adapters.git.transcript import Transcript

OLDEST_GIT = (2, 38)
POLL_INTERVAL = 0.2  # seconds
_RUNNING: set[subprocess.Popen[bytes]] = set()

ENVIRONMENT = {
    "GIT_ASKPASS": "true",  # answers a password prompt with an empty line instead of waiting
    "GIT_EDITOR": "false",
    "GIT_GRAFT_FILE": f"{os.devnull}/none",  # as with replaced objects: history as others have it
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",  # a command that reads must not refresh the user's index
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
}

SSH_OPTIONS = (
    "-o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
)


@cache
def require_git() -> tuple[int, ...]:
    """Return git's version; raises RefusedError if it is missing or older than 2.38."""
    try:
        answer = subprocess.run(
            ["git", "version"],  # noqa: S607  (the user's git, wherever PATH has it)
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise _no_git() from error
    version = tuple(int(part) for part in re.findall(r"\d+", answer)[:3])
    if version[:2] < OLDEST_GIT:
        raise RefusedError(
            f"multigit needs git 2.38 or newer; this is {answer.strip()}.",
            hint="Install a newer git, and put it first on PATH.",
            code="git_too_old",
        )
    return version


def _no_git() -> RefusedError:
    return RefusedError(
        "git was not found.",
        hint="Install git 2.38 or newer, and make sure that it is on PATH.",
        code="git_missing",
    )


class GitDoor:
    """Starts git for one repository.

    `folder` is the only place where git searches for the repository: no folder above it counts.
    `remote` is the one that errors name. `timeout` is in seconds, for each process.
    """

    def __init__(self, folder: Path, *, timeout: float, transcript: Transcript) -> None:
        self.folder = folder
        self.timeout = timeout
        self.transcript = transcript
        self.environment = {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        self.remote = "origin"
        self.options: tuple[str, ...] = ()

    def run(
        self,
        *arguments: str,
        input: bytes | None = None,  # noqa: A002  (as in subprocess)
        accept: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        hooks: bool = False,
        options: Sequence[str] = (),
        kept: Callable[[Completed], str] | None = None,
        inherits: Sequence[int] = (),
    ) -> Completed:
        """Run one git command and return its result.

        `kept` returns what the transcript keeps of an output that may hold secrets. `inherits` are
        open files that git and everything it starts keep open. Raises GitError if git ends with a
        status that is not in `accept`, or takes too long.
        """
        settings = (*OPTIONS, *self.options, *options, *(() if hooks else (NO_HOOKS,)))
        where = folder or self.folder
        command = [  # -C, since GitPython ignores a folder that does not exist
            *("git", "-C", str(where)),
            *(part for setting in settings for part in ("-c", setting)),
            *arguments,
        ]
        handle = self._start(
            command, where, environment or {}, reads=input is not None, inherits=inherits
        )
        process = cast("subprocess.Popen[bytes]", handle.proc)
        _RUNNING.add(process)
        try:
            with watched(process.pid, self.timeout):
                stdout, stderr = _wait(process, input, self.timeout, lingering=hooks)
        except subprocess.TimeoutExpired:
            _kill(process)
            self.transcript.add(arguments, "", f"ended after {self.timeout:g} s")
            raise GitError(
                f"git {arguments[0]} did not end within {self.timeout:g} seconds.",
                hint="Check the network, or raise timeout in the [git] section.",
                code="timeout",
            ) from None
        except BaseException:
            _kill(process)
            raise
        finally:
            _RUNNING.discard(process)
        done = Completed(process.returncode, stdout, masked(stderr.decode("utf-8", "replace")))
        output = kept(done) if kept else done.text
        self.transcript.add(arguments, output, done.stderr, done.status)
        if done.status not in accept:
            fault = clone_fault(done.stderr, where, self.remote)
            raise fault or failure(arguments[0], done, where, self.remote)
        return done

    def _start(
        self,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        reads: bool,
        inherits: Sequence[int],
    ) -> GitPython.AutoInterrupt:
        """Start the process. Its handle, once dropped, ends it, so it must be kept."""
        try:
            return GitPython(str(folder)).execute(
                command,
                as_process=True,
                env={**self.environment, **environment},
                istream=subprocess.PIPE if reads else subprocess.DEVNULL,
                pass_fds=inherits,
                start_new_session=True,  # multigit handles Ctrl-C at the terminal
            )
        except GitCommandNotFound as error:
            raise _no_git() from error
        except OSError as error:
            raise GitError(
                f"git could not be started: {error.strerror or error}.",
                hint=marked(
                    "Close other programs, or work on fewer repositories at a time: `--jobs 4`"
                ),
                code="not_started",
            ) from error


def _wait(
    process: subprocess.Popen[bytes], data: bytes | None, timeout: float, *, lingering: bool
) -> tuple[bytes, bytes]:
    """Wait for the process and return its output; raises TimeoutExpired.

    With `lingering`, a process that a hook started may keep the pipes open: then the end of git
    counts, not the end of its output.
    """
    if not lingering:
        return process.communicate(data, timeout=timeout)
    deadline = time.monotonic() + timeout
    while True:
        try:
            return process.communicate(data, timeout=POLL_INTERVAL)
        except subprocess.TimeoutExpired as expired:
            if process.poll() is not None:
                return expired.output or b"", expired.stderr or b""
            if time.monotonic() > deadline:
                raise
        data = None  # communicate() remembers what remains to be sent


def end_running() -> None:
    """End every git that is still running, with everything it started."""
    for process in tuple(_RUNNING):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process with everything it started: it leads its own group.

    What ignores the first signal gets the one that cannot be caught, even if git itself has ended.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=2)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(OSError):
                stream.close()


def ssh_command(environment: Mapping[str, str], configured: str) -> str:
    """Return the user's ssh command with timeouts added, or "" to leave it alone.

    Only OpenSSH understands the options, so another program (plink, a script) gets none.
    """
    own = environment.get("GIT_SSH_COMMAND") or configured
    if not own and environment.get("GIT_SSH"):
        return ""
    command = own or "ssh"
    try:
        program = Path(shlex.split(command)[0]).name
    except (ValueError, IndexError):
        return ""
    variant = environment.get("GIT_SSH_VARIANT", "")
    openssh = variant == "ssh" if variant else program in {"ssh", "ssh.exe"}
    return f"{command} {SSH_OPTIONS}" if openssh else ""
