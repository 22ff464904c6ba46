"""Starting multigit in a process of its own, forked from a server that has already loaded it.

A fork is as real as a newly started program, see `fork_server.py`, and costs a quarter of it. With
REAL_PROCESSES in the environment, and on systems other than Linux, multigit is always started
from scratch; so it is if something such as a `sitecustomize` stands between Python and the package.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import IO, Protocol

from tests.support.gitenv import default_environment

MULTIGIT = (sys.executable, "-P", "-m", "multigit")
PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL
Stream = int | IO[bytes]

FORKING = sys.platform == "linux" and "REAL_PROCESSES" not in os.environ
FORKED = Path(__file__).with_name("forked")  # a folder with a `multigit` that is forked
_PROGRAM = Path(__file__).with_name("fork_server.py")
_AT_ONCE = 3
_CHUNK = 65536
_GUARD = threading.Lock()
_OWN = os.environ.get("PYTHONPATH", "")
_SERVERS: dict[str, Server] = {}  # of other packages, the most recently used one last


class Process(Protocol):
    """What `subprocess.Popen` and a fork have in common."""

    @property
    def pid(self) -> int:
        """Return its process id."""

    @property
    def returncode(self) -> int | None:
        """Return its exit code, or minus the signal that killed it; None until it is known."""

    def poll(self) -> int | None:
        """Return its status, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""

    def communicate(self, *, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Read its pipes until they are closed, and wait for its end; raises TimeoutExpired."""

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, unless it has ended."""

    def kill(self) -> None:
        """Send SIGKILL."""


def start(
    *args: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: Stream = DEVNULL,
    stdout: Stream = PIPE,
    stderr: Stream = PIPE,
    under: Sequence[str] = (),
    anew: bool = False,
) -> Process:
    """Start `multigit args` in a session of its own: `under` another program, or else as a fork.

    `stdin` is anything but PIPE. `anew` starts a new Python instead of forking one.
    """
    if FORKING and not under and not anew and _forkable(env):
        return _server(env).fork(args, cwd, env, (stdin, stdout, stderr))
    return subprocess.Popen(
        [*under, *MULTIGIT, *args],
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def start_at(
    terminal: int,
    *argv: str,
    cwd: Path,
    env: Mapping[str, str],
    stdout: Stream | None = None,
) -> Process:
    """Start any program in a session of its own, with this as its terminal."""
    if stdout is None:
        stdout = terminal
    if FORKING and argv[: len(MULTIGIT)] == MULTIGIT and _forkable(env):
        streams = terminal, stdout, terminal
        return _server(env).fork(argv[len(MULTIGIT) :], cwd, env, streams, terminal=True)
    taking_it = 'exec "$@" <"$0" 2>"$0"'  # a session leader gets the first terminal that it opens
    return subprocess.Popen(
        ["sh", "-c", taking_it, os.ttyname(terminal), *argv],
        cwd=cwd,
        env=env,
        stdin=DEVNULL,
        stdout=stdout,
        start_new_session=True,
    )


def for_shells(env: Mapping[str, str], *, anew: bool = False) -> dict[str, str]:
    """Return `env` with a $MULTIGIT for shell scripts, which starts a fork or a new Python.

    A fork has the streams and the environment of the script, but none of its limits and signals.
    """
    if FORKING and not anew and _forkable(env):
        return {**env, "MULTIGIT": str(FORKED / "multigit"), "FORK_SERVER": _server(env).place}
    return {**env, "MULTIGIT": " ".join(MULTIGIT)}


def run(
    *args: str,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    input: bytes = b"",  # noqa: A002 - named as in subprocess
    anew: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Run `multigit args` until it ends; `input` must fit into a pipe.

    If it takes longer than `timeout` seconds it is killed, and this raises TimeoutExpired.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(input)
        process = start(*args, cwd=cwd, env=env, stdin=stdin, anew=anew)
    try:
        outputs = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(args, process.wait(), *outputs)


class Fork:
    """A forked multigit, with the part of `subprocess.Popen` that tests use."""

    def __init__(
        self, args: Sequence[str], told: socket.socket, pipes: Sequence[IO[bytes] | None]
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        self.stdout, self.stderr = pipes or (None, None)
        self._read = {pipe: bytearray() for pipe in pipes if pipe}
        self._told = told
        self._guard = threading.Lock()
        self.pid = _number(told)

    def poll(self) -> int | None:
        """Return its status, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired. Several threads may wait at the same time."""
        left = _countdown(timeout)
        if not self._guard.acquire(timeout=-1 if timeout is None else timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        try:
            if self.returncode is None:
                self._told.settimeout(left())
                self.returncode = _number(self._told)
                self._told.close()
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
        finally:
            self._guard.release()
        return self.returncode

    def communicate(self, *, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Read its pipes until they are closed, and wait for its end; raises TimeoutExpired."""
        left = _countdown(timeout)
        with selectors.DefaultSelector() as selector:
            for pipe in self._read:
                if not pipe.closed:
                    selector.register(pipe, selectors.EVENT_READ, pipe)
            while selector.get_map():
                if not (ready := selector.select(left())):
                    raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    self._read[key.data] += chunk
                    if not chunk:
                        selector.unregister(key.data)
                        key.data.close()
        self.wait(left())
        stdout, stderr = (bytes(self._read[p]) if p else b"" for p in (self.stdout, self.stderr))
        return stdout, stderr

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Server:
    """A fork server, started `under` another program; it ends when it is closed, or with us.

    One that is started `beside` another shares its libraries, and starts in a third of the time.
    """

    def __init__(
        self, env: Mapping[str, str], under: Sequence[str] = (), beside: Server | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="multigit-forks-")
        self.place = f"{self._folder.name}/socket"
        life, self._life = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(self.place)
            listening.listen()
            fds = (listening.fileno(), life)
            self.process: Process = (
                Fork((), beside.ask({"PYTHONPATH": env.get("PYTHONPATH", "")}, fds), ())
                if beside
                else _started(fds, env, under)
            )
        os.close(life)

    def fork(
        self,
        args: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        streams: Sequence[Stream],
        *,
        terminal: bool = False,
    ) -> Fork:
        """Fork a multigit; with `terminal`, its stdin becomes the terminal of its session."""
        wanted = {"args": args, "cwd": str(cwd), "env": dict(env), "terminal": terminal}
        with ExitStack() as stack:
            pairs = [_opened(stream, stack) for stream in streams]
            told = self.ask(wanted, [given for given, _ in pairs])
        return Fork(args, told, [pipe for _, pipe in pairs[1:]])

    def ask(self, wanted: Mapping[str, object], fds: Sequence[int]) -> socket.socket:
        """Send a request, and return the socket that reports on its process."""
        told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told.connect(self.place)
        socket.send_fds(told, [json.dumps(wanted).encode()], fds)
        return told

    def close(self) -> None:
        """End the server."""
        os.close(self._life)
        self.process.wait()
        self._folder.cleanup()


def _started(fds: Sequence[int], env: Mapping[str, str], under: Sequence[str]) -> Process:
    """Start a server that imports everything itself."""
    return subprocess.Popen(
        [*under, sys.executable, "-P", str(_PROGRAM), *map(str, fds), "multigit"],
        cwd=_PROGRAM.parent,
        env=env,
        pass_fds=fds,
        stdin=DEVNULL,
        start_new_session=True,
    )


def _opened(stream: Stream, stack: ExitStack) -> tuple[int, IO[bytes] | None]:
    """Return a fork's descriptor for a stream, open until the stack ends, and our end of a pipe."""
    if stream == PIPE:
        reading, writing = os.pipe()
        stack.callback(os.close, writing)
        return writing, os.fdopen(reading, "rb")
    if stream == DEVNULL:
        nothing = os.open(os.devnull, os.O_RDWR)
        stack.callback(os.close, nothing)
        return nothing, None
    return stream if isinstance(stream, int) else stream.fileno(), None


def _number(told: socket.socket) -> int:
    answer = told.recv(_CHUNK)
    assert answer, "the fork server broke; see its stderr"
    return int(answer)


def _countdown(timeout: float | None) -> Callable[[], float | None]:
    """Return a function that returns the seconds left."""
    end = time.monotonic() + (timeout or 0.0)
    return lambda: None if timeout is None else max(0.0, end - time.monotonic())


def _forkable(env: Mapping[str, str]) -> bool:
    """Return whether Python would start with this environment just as the server did."""
    special = {name for name in env if name.startswith(("PYTHON", "LC_", "COVERAGE_"))}
    path = env.get("PYTHONPATH", "")
    return special <= {"PYTHONPATH"} and os.pathsep not in path and env.get("LANG") == "C.UTF-8"


def _server(env: Mapping[str, str]) -> Server:
    """Return a server for the package in this environment."""
    key = env.get("PYTHONPATH", "")
    with _GUARD:
        if key == _OWN:
            return _first()
        server = _SERVERS.pop(key, None) or Server(env, beside=_first())
        _SERVERS[key] = server
        if len(_SERVERS) > _AT_ONCE:
            _SERVERS.pop(next(iter(_SERVERS))).close()
    return server


@cache
def _first() -> Server:
    """Return the server for the package that the tests themselves import."""
    return Server(default_environment())


@atexit.register
def _close() -> None:
    while _SERVERS:
        _SERVERS.popitem()[1].close()
    if _first.cache_info().currsize:
        _first().close()  # after the servers that it has forked
